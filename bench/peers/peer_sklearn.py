"""scikit-learn: its MLPClassifier, which has Adam, relu and both cross-entropies."""

import warnings

import measure

ARGUMENTS = measure.arguments()
try:
    import sklearn
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
except ImportError as error:
    measure.absent("sklearn", ARGUMENTS.workload, str(error))
    raise SystemExit
import numpy as np
import workloads as w

warnings.filterwarnings("ignore", category=ConvergenceWarning)


def classifier(widths, batch, epochs, **settings):
    """Stops after the given epochs and never before; no weight decay."""
    return MLPClassifier(
        hidden_layer_sizes=widths[1:-1],
        solver="adam",
        alpha=0.0,
        batch_size=batch,
        learning_rate_init=w.LEARNING_RATE,
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=10**9,
        random_state=0,
        **settings,
    )


# It draws its first weights itself, and takes none.
OWN_WEIGHTS = "it draws its own first weights: its losses are not compared"


def table(report):
    if report.is_check:
        report.unchecked(OWN_WEIGHTS)
        return
    x, y = w.table()
    x = x.astype(np.float32)
    train = lambda: classifier(w.TABLE_WIDTHS, w.TABLE_BATCH, w.TABLE_EPOCHS).fit(x, y[:, 0])
    samples = measure.seconds_per_call(train)
    report.figure([taken / w.TABLE_STEPS * 1e6 for taken in samples], "us/step", "MLPClassifier")


def digits(report):
    if report.is_check:
        report.unchecked(OWN_WEIGHTS)
        return
    x, y = w.digits()
    x = w.as_inputs(x)  # it has no way to turn bytes into numbers batch by batch
    # With warm_start, each fit goes on from the last: one epoch.
    network = classifier(w.DIGITS_WIDTHS, w.DIGITS_BATCH, 1, warm_start=True)
    network.fit(x[:2000], y[:2000])
    samples = [measure.seconds(lambda: network.fit(x, y)) for _ in range(w.DIGITS_EPOCHS)]
    report.figure(samples, "s/epoch", "MLPClassifier")
    report.figure([measure.peak_memory_mib()], "MiB", "MLPClassifier", "peak memory")


def predict(report):
    x, y = w.digits(1000)
    network = classifier(w.DIGITS_WIDTHS, w.DIGITS_BATCH, 1).fit(w.as_inputs(x), y)
    layers = w.dense_parameters(w.DIGITS_WIDTHS)
    network.coefs_, network.intercepts_ = [list(parts) for parts in zip(*layers)]
    for batch in w.PREDICTED_BATCHES:
        rows = w.digit_rows(batch)
        if report.is_check:
            report.results(network.predict_proba(rows)[-1], "MLPClassifier", f"batch {batch}")
            continue
        measure.latencies(report, lambda: network.predict_proba(rows), batch, "MLPClassifier")


report = measure.Report("sklearn", sklearn.__version__, ARGUMENTS)
if ARGUMENTS.workload == "W1":
    report.absent("MLPRegressor has no sigmoid on its output and no network without biases")
else:
    report.run({"W2": table, "W3": digits, "W7": predict})
