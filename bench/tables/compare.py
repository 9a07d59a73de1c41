"""How good `clione train` is on tables beside scikit-learn, on the same splits: a Markdown table, and JSON lines.

    python bench/tables/compare.py --data DATA --clione target/release/clione --results results.jsonl

Both get the same two files of each split: rows to learn from and rows to measure on. What scikit-learn got stays in the
results and is not computed again.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tables import TABLES, is_words, words_of

warnings.filterwarnings("ignore", category=ConvergenceWarning)

PEERS = ["MLP", "MLP long", "linear"]
HELD_BACK = 0.2
HIDDEN = (32, 16)


def peer(name, task, seed):
    """A model of scikit-learn by the name of its column."""
    stopping = {"early_stopping": True, "max_iter": 1000, "n_iter_no_change": 30}
    settings = {"MLP": stopping, "MLP long": {"max_iter": 400, "alpha": 0.01}}.get(name)
    if task == "classification":
        if settings is None:
            return LogisticRegression(max_iter=5000)
        return MLPClassifier(hidden_layer_sizes=HIDDEN, random_state=seed, **settings)
    if settings is None:
        return Ridge()
    return TransformedTargetRegressor(
        MLPRegressor(hidden_layer_sizes=HIDDEN, random_state=seed, **settings), transformer=StandardScaler()
    )


def pipeline(inputs, model):
    """Imputes, scales and one-hot encodes by what the training rows say."""
    words = [name for name in inputs if is_words(inputs[name])]
    numbers = [name for name in inputs if name not in words]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
        ]
    )
    return make_pipeline(columns, model)


def score_of_peer(name, table, training, test, seed):
    """Accuracy or R² on the test rows."""
    inputs, target = table.numbers_and_words(training)
    test_inputs, test_target = table.numbers_and_words(test)
    for column in inputs:
        # A column is what its training rows are.
        if is_words(inputs[column]) or is_words(test_inputs[column]):
            inputs[column] = words_of(training[column])
            test_inputs[column] = words_of(test[column])
    return pipeline(inputs, peer(name, table.task, seed)).fit(inputs, target).score(test_inputs, test_target)


def score_of_clione(arguments, table, files, seed):
    """Accuracy or R² on the test rows, of a model that `clione train` made with nothing but the flags of the table."""
    training, test = files
    model = training.with_suffix(".clione")
    fixed = ["--quiet", "--json", "--threads", "1", "--header" if table.written_header() else "--no-header"]
    # The epoch is chosen on a part of the training rows, never on the test rows.
    run([arguments.clione, "train", training, *table.flags(), "-o", model, "--force", "--seed", seed, *fixed])
    result = run([arguments.clione, "evaluate", model, test, "--unknown", "other", *fixed])
    measure = "accuracy" if table.task == "classification" else "r2"
    return json.loads(result)["metrics"][measure]


def run(command):
    """What a command writes; its own words when it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def parts(table, data, split):
    """The rows to learn from and those to measure on."""
    rows = table.read(data)
    if table.test:
        return rows, table.read(data, table.test)
    strata = rows[table.target] if table.task == "classification" else None
    return train_test_split(rows, test_size=HELD_BACK, random_state=split, stratify=strata)


def measure(arguments, results):
    """Fills in what is missing of every table and split; clione is always measured anew."""
    with open(arguments.results, "a", encoding="utf-8") as log, tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / name for name in ("train.csv", "test.csv")]
        for table in chosen(arguments):
            for split in range(arguments.first_split, arguments.first_split + (arguments.splits or table.splits)):
                training, test = parts(table, arguments.data, split)
                for rows, path in zip((training, test), files):
                    rows.to_csv(path, index=False, header=table.written_header())
                scores = {"clione": lambda: score_of_clione(arguments, table, files, split)}
                for name in PEERS:
                    scores[name] = lambda name=name: score_of_peer(name, table, training, test, split)
                for who, score in scores.items():
                    key = (table.name, split, who)
                    if who != "clione" and key in results:
                        continue
                    results[key] = {"table": table.name, "split": split, "who": who, "score": round(score(), 6),
                                    "rows": len(training), "test_rows": len(test), "task": table.task}
                    log.write(json.dumps(results[key]) + "\n")
                    log.flush()


def chosen(arguments):
    """The tables that the command line names, or all."""
    names = arguments.tables and arguments.tables.split(",")
    return [table for table in TABLES if not names or table.name in names]


def difference(ours, theirs, rows, test_rows):
    """The mean difference over the splits and its standard error.

    Splits share training rows, so their results lean on each other: s² · (1/splits + test rows / training rows), as
    Nadeau and Bengio correct it (2003).
    """
    pairs = [a - b for a, b in zip(ours, theirs)]
    variance = statistics.variance(pairs) if len(pairs) > 1 else 0.0
    return statistics.fmean(pairs), (variance * (1 / len(pairs) + test_rows / rows)) ** 0.5


def verdict(mean, error):
    """In one word; within one standard error nobody is better."""
    if abs(mean) <= error:
        return "as good"
    return "better" if mean > 0 else "worse"


def markdown(arguments, results):
    """The table for the documentation."""
    print("| table | rows | measure | " + " | ".join(PEERS) + " | clione | clione − best peer | verdict |")
    print("|---|---|---|" + "---|" * (len(PEERS) + 3))
    for table in chosen(arguments):
        lines = [line for (name, _, _), line in results.items() if name == table.name]
        splits = sorted({line["split"] for line in lines if line["who"] == "clione"})
        if not splits:
            continue
        scores = {who: [results[table.name, split, who]["score"] for split in splits] for who in [*PEERS, "clione"]}
        best = max(PEERS, key=lambda who: statistics.fmean(scores[who]))
        first = lines[0]
        mean, error = difference(scores["clione"], scores[best], first["rows"], first["test_rows"])
        measured = "accuracy" if table.task == "classification" else "R²"
        cells = [table.name, str(first["rows"] + first["test_rows"]), measured]
        for who in [*PEERS, "clione"]:
            text = f"{statistics.fmean(scores[who]):.3f} ± {statistics.pstdev(scores[who]):.3f}"
            cells.append(f"**{text}**" if who == best else text)
        print("| " + " | ".join([*cells, f"{mean:+.3f} ± {error:.3f}", verdict(mean, error)]) + " |")


def main():
    """Measures, then prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="the folder with tabular, messy and taxi")
    parser.add_argument("--clione", default="target/release/clione", help="the built command")
    parser.add_argument("--results", default="results.jsonl", help="JSON lines: read at the beginning, added to")
    parser.add_argument("--tables", help="names of tables, separated by commas; all if not given")
    parser.add_argument("--splits", type=int, help="how many splits of each table instead of its own number")
    parser.add_argument("--first-split", type=int, default=0, help="the seed of the first split")
    arguments = parser.parse_args()
    results = {}
    if os.path.exists(arguments.results):
        with open(arguments.results, encoding="utf-8") as log:
            for line in map(json.loads, log):
                results[line["table"], line["split"], line["who"]] = line
    measure(arguments, results)
    markdown(arguments, results)


if __name__ == "__main__":
    main()
