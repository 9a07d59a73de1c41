"""Writes the frozen numbers of this folder, as scikit-learn and SciPy compute them.

    python testdata/metrics/make.py

metrics.json: predictions, some with many ties and with rare or absent classes, and what each metric makes of them.
intervals.json: quantiles of Student's t distribution, and the 95 % intervals of means and shares.
"""

import json
import pathlib

import numpy as np
import scipy
import scipy.stats
import sklearn
from sklearn import calibration, metrics

HERE = pathlib.Path(__file__).parent
VERSIONS = {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__}


def write(name, what, **content):
    text = json.dumps({"what": what, "versions": VERSIONS, **content}, indent=1)
    (HERE / name).write_text(text + "\n")


def class_case(name, probabilities, truth):
    """Every metric of probabilities (rows x classes) for classes 0 … k-1."""
    classes = probabilities.shape[1]
    said = probabilities.argmax(axis=1)
    labels = list(range(classes))
    present = [c for c in labels if 0 < (truth == c).sum() < len(truth)]
    values = {
        "accuracy": metrics.accuracy_score(truth, said),
        "balanced_accuracy": np.mean([(said[truth == c] == c).mean() for c in labels if (truth == c).any()]),
        "macro_f1": np.mean([metrics.f1_score(truth == c, said == c) for c in labels if (truth == c).any()]),
        "mcc": metrics.matthews_corrcoef(truth, said),
        "log_loss": metrics.log_loss(truth, probabilities, labels=labels),
        "calibration_error": calibration_error(probabilities, truth),
    }
    if classes == 2:
        p = probabilities[:, 1]
        values["brier"] = metrics.brier_score_loss(truth, p)
        if present:
            values["roc_auc"] = metrics.roc_auc_score(truth, p)
            values["pr_auc"] = metrics.average_precision_score(truth, p)
    else:
        values["brier"] = metrics.brier_score_loss(truth, probabilities, labels=labels, scale_by_half=False)
        if present:
            values["roc_auc"] = np.mean([metrics.roc_auc_score(truth == c, probabilities[:, c]) for c in present])
            values["pr_auc"] = np.mean(
                [metrics.average_precision_score(truth == c, probabilities[:, c]) for c in present]
            )
            if len(present) == classes:
                ours = values["roc_auc"]
                assert abs(metrics.roc_auc_score(truth, probabilities, multi_class="ovr") - ours) < 1e-12
    case = {
        "name": name,
        "classes": classes,
        "probabilities": probabilities.ravel().tolist(),
        "truth": truth.tolist(),
        "values": {key: float(value) for key, value in values.items() if value is not None},
    }
    if classes == 2 and present:
        false, true, thresholds = metrics.roc_curve(truth, probabilities[:, 1], drop_intermediate=False)
        case["roc"] = [[float(x), float(y)] for x, y in zip(false, true)]
        youden = np.argmax(true - false)
        # Where no threshold is better than none, scikit-learn's is infinite.
        at = float(thresholds[youden]) if np.isfinite(thresholds[youden]) else None
        case["best_balanced"] = {"at": at, "balanced": float((1 + (true - false)[youden]) / 2)}
        scores = {t: metrics.f1_score(truth, probabilities[:, 1] >= t) for t in sorted(set(probabilities[:, 1]))}
        best = max(scores.values())
        case["best_f1"] = {"at": float(max(t for t, f1 in scores.items() if f1 == best)), "f1": float(best)}
    return case


def calibration_error(probabilities, truth):
    if probabilities.shape[1] == 2:
        p, y = probabilities[:, 1], truth == 1
        observed, predicted = calibration.calibration_curve(y, p, n_bins=10) if len(set(y)) == 2 else (None, None)
    else:
        p, y = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
        observed = None
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], p)
    used = [b for b in range(10) if (bins == b).any()]
    if observed is not None:
        assert np.allclose(observed, [y[bins == b].mean() for b in used])
        assert np.allclose(predicted, [p[bins == b].mean() for b in used])
    # The mean of r_i * r_j over all pairs of different rows of a bin (Kumar, Liang and Ma 2019), by brute force.
    total, rows = 0.0, 0
    for b in used:
        r = (y - p)[bins == b]
        if len(r) > 1:
            total += len(r) * np.mean([r[i] * r[j] for i in range(len(r)) for j in range(len(r)) if i != j])
            rows += len(r)
    return max(total / rows, 0.0) ** 0.5 if rows else None


def number_case(name, predictions, truth):
    values = {
        "rmse": metrics.root_mean_squared_error(truth, predictions),
        "mae": metrics.mean_absolute_error(truth, predictions),
        "median_absolute_error": metrics.median_absolute_error(truth, predictions),
        "r2": metrics.r2_score(truth, predictions),
    }
    return {
        "name": name,
        "predictions": predictions.tolist(),
        "truth": truth.tolist(),
        "values": {key: float(value) for key, value in values.items()},
    }


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def two(p):
    return np.column_stack([1 - p, p])


def metric_cases():
    rng = np.random.default_rng(7)
    truth = (rng.random(60) < 0.35).astype(int)
    p = np.clip(0.3 + 0.3 * truth + 0.25 * rng.standard_normal(60), 0.01, 0.99)
    classes = [
        class_case("two classes", two(p), truth),
        class_case("two classes, many ties", two(np.round(p * 8) / 8 * 0.9 + 0.05), truth),
        class_case("all alike", two(np.full(12, 0.25)), truth[:12]),
        class_case("one class alone", two(p[:9]), np.ones(9, dtype=int)),
    ]
    truth = rng.choice(4, size=80, p=[0.5, 0.3, 0.15, 0.05])
    z = rng.standard_normal((80, 4)) + 1.5 * np.eye(4)[truth]
    classes.append(class_case("four classes", softmax(z), truth))
    classes.append(class_case("four classes, many ties", softmax(np.round(z)), truth))
    few = truth < 3
    classes.append(class_case("a class without rows", softmax(z[few]), truth[few]))
    y = 40 + 12 * rng.standard_normal(31)
    numbers = [
        number_case("numbers", y + 5 * rng.standard_normal(31), y),
        number_case("an even count", y[:10] + rng.standard_normal(10), y[:10]),
        number_case("worse than the mean", -y, y),
    ]
    write("metrics.json", "predictions and what each metric makes of them", classes=classes, numbers=numbers)


def interval_cases():
    quantiles = [
        {"p": p, "freedom": freedom, "t": float(scipy.stats.t.ppf(p, freedom))}
        for freedom in [1, 2, 3, 4, 9, 14, 29, 49, 99, 999]
        for p in [0.55, 0.75, 0.9, 0.95, 0.975, 0.995, 0.9995]
    ]
    beta = [
        {"a": a, "b": b, "x": x, "share": float(scipy.special.betainc(a, b, x))}
        for a, b in [(0.5, 0.5), (1, 0.5), (2, 0.5), (7, 0.5), (24.5, 0.5), (3, 4), (499.5, 0.5)]
        for x in [1e-6, 0.1, 0.5, 0.9, 0.999]
    ]
    rng = np.random.default_rng(3)
    means = []
    for folds, repeats, ratio in [(5, 1, 1 / 4), (5, 3, 1 / 4), (10, 10, 1 / 9), (2, 1, 1.0)]:
        values = 0.8 + 0.03 * rng.standard_normal(folds * repeats)
        # Nadeau and Bengio 2003: the variance of the mean is (1/J + test rows / training rows) times that of the values.
        spread = np.sqrt((1 / len(values) + ratio) * values.var(ddof=1))
        half = scipy.stats.t.ppf(0.975, len(values) - 1) * spread
        means.append({"values": values.tolist(), "ratio": ratio, "low": values.mean() - half, "high": values.mean() + half})
    shares = []
    for right, rows in [(0, 10), (10, 10), (113, 154), (1, 3), (9_000, 10_000)]:
        low, high = scipy.stats.binomtest(right, rows).proportion_ci(0.95, method="wilson")
        shares.append({"right": right, "rows": rows, "low": float(low), "high": float(high)})
    write(
        "intervals.json",
        "quantiles of Student's t, the regularised incomplete beta function, and 95 % intervals: corrected resampled t for "
        "the mean over folds, Wilson's for shares",
        quantiles=quantiles,
        beta=beta,
        means=means,
        shares=shares,
    )


metric_cases()
interval_cases()
