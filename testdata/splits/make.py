"""Writes the frozen numbers of this folder, as scikit-learn computes them.

    python testdata/splits/make.py

splits.json: sizes of the folds of groups (GroupKFold), and where the folds in time begin and end (TimeSeriesSplit).
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.model_selection import GroupKFold, TimeSeriesSplit

HERE = pathlib.Path(__file__).parent


def group_case(sizes, folds):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    held = [len(test) for _, test in GroupKFold(folds).split(groups, groups=groups)]
    return {"sizes": sizes, "folds": folds, "held": sorted(held, reverse=True)}


def time_case(rows, folds):
    parts = TimeSeriesSplit(folds).split(np.arange(rows))
    return {"rows": rows, "folds": folds, "parts": [[len(train), int(test[0]), int(test[-1]) + 1] for train, test in parts]}


def main():
    rng = np.random.default_rng(5)
    random = [(rng.integers(1, 30, size=int(rng.integers(8, 60))).tolist(), int(rng.integers(2, 8))) for _ in range(12)]
    groups = [([20, 1, 1, 1, 1, 1, 1], 3), ([5, 5, 5, 5, 5, 5, 5], 2), ([13, 8, 8, 7, 2, 2, 1, 1], 4), *random]
    times = [(12, 3), (14, 5), (100, 4), (7, 2), (1000, 10), (43, 6)]
    content = {
        "what": "folds that keep groups whole, and folds that go forward in time",
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "groups": [group_case(*case) for case in groups],
        "times": [time_case(*case) for case in times],
    }
    (HERE / "splits.json").write_text(json.dumps(content, indent=1) + "\n")


main()
