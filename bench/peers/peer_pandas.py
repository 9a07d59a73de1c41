"""pandas and scikit-learn: a table of text read, split, filled, scaled and encoded (W10)."""

import time
from pathlib import Path

import measure

ARGUMENTS = measure.arguments()
try:
    import pandas
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
except ImportError as error:
    measure.absent("pandas", ARGUMENTS.workload, str(error))
    raise SystemExit

# clione's side writes it where it is not there yet.
PATH = Path(__file__).parents[2] / "target/bench/w10.csv"
VARIANT = "read_csv, ColumnTransformer"


def table(report):
    if not PATH.exists():
        report.absent(f"{PATH} is not there: `clione-bench w10` writes it")
        return
    if report.is_check:
        rows = pandas.read_csv(PATH)
        for name in ("f0", "i1"):
            report.results([rows[name].mean()], VARIANT, f"mean of {name}")
        report.results([len(rows)], VARIANT, "rows")
        return
    start = time.perf_counter()
    rows = pandas.read_csv(PATH)
    read = time.perf_counter() - start
    cells = rows.size
    targets = rows.pop("f0")
    training, validation, _, _ = train_test_split(rows, targets, test_size=0.2, random_state=0)
    words = ["colour", "place"]
    numbers = [name for name in rows.columns if name not in words]
    prepare = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
        ]
    )
    inputs = prepare.fit_transform(training), prepare.transform(validation)
    taken = time.perf_counter() - start
    assert len(inputs[0]) + len(inputs[1]) == len(rows)
    report.figure([read], "s", VARIANT, "read")
    report.figure([taken], "s", VARIANT, "read and prepare")
    report.figure([measure.peak_memory_mib() * 2**20 / (8 * cells)], "x the numbers", VARIANT, "peak memory")


measure.Report("pandas", pandas.__version__, ARGUMENTS).run({"W10": table})
