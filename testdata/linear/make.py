"""Writes linear.json: linear models of made-up rows, as scikit-learn works them out.

    python testdata/linear/make.py

LogisticRegression(C=1) for classes, with and without weights of theirs, Ridge(alpha=1) for numbers, each to the last digits. For each output its weights, then its
intercept.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge

HERE = pathlib.Path(__file__).parent


def case(name, x, y, model):
    model.fit(x, y)
    weights, intercepts = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    entry = {
        "name": name,
        "inputs": x.tolist(),
        "targets": y.tolist(),
        "coefficients": np.column_stack([weights, intercepts]).ravel().tolist(),
    }
    if isinstance(model, LogisticRegression):
        entry["classes"] = len(model.classes_)
        entry["probabilities"] = model.predict_proba(x).ravel().tolist()
        if model.class_weight is not None:
            entry["class_weights"] = [model.class_weight[c] for c in model.classes_]
    else:
        entry["predictions"] = model.predict(x).tolist()
    return entry


def main():
    rng = np.random.default_rng(11)
    x = np.round(rng.standard_normal((50, 3)), 3)
    noise = rng.standard_normal(50)
    z = 1.2 * x[:, 0] - 0.7 * x[:, 1] + 0.4
    binary = (z + noise > 0).astype(int)
    three = np.digitize(z + noise, [-0.5, 0.9])
    logistic = dict(C=1.0, tol=1e-14, max_iter=10_000)
    wide = np.round(rng.standard_normal((20, 30)), 3)
    entries = [
        case("two classes", x, binary, LogisticRegression(solver="newton-cholesky", **logistic)),
        case("two classes that a line parts", x, (x[:, 2] > 0.2).astype(int), LogisticRegression(solver="newton-cholesky", **logistic)),
        case("three classes", x, three, LogisticRegression(solver="newton-cholesky", **logistic)),
        case("two classes, weighted", x, binary, LogisticRegression(solver="newton-cholesky", class_weight={0: 0.5, 1: 3.0}, **logistic)),
        case("three classes, weighted", x, three, LogisticRegression(solver="newton-cholesky", class_weight={0: 2.0, 1: 1.0, 2: 0.25}, **logistic)),
        case("numbers", x, np.round(250 + 40 * (z + noise), 2), Ridge(alpha=1.0, solver="cholesky")),
        case("more columns than rows", wide, np.round(wide[:, 0] - wide[:, 5], 3), Ridge(alpha=1.0, solver="cholesky")),
        case("inputs far from 0", x * [1.0, 100.0, 0.01] + [10.0, -3000.0, 5.0], np.round(z, 3), Ridge(alpha=1.0, solver="cholesky")),
    ]
    content = {"what": "linear models", "versions": {"scikit-learn": sklearn.__version__}, "entries": entries}
    (HERE / "linear.json").write_text(json.dumps(content, indent=1) + "\n")


main()
