"""NumPy: the workloads written out by hand, as the article does, with its BLAS for the products."""

import measure

ARGUMENTS = measure.arguments()
try:
    import numpy as np
except ImportError as error:
    measure.absent("numpy", ARGUMENTS.workload, str(error))
    raise SystemExit
import workloads as w


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def train_article():
    weights1, weights2 = w.article_weights()
    x, y = w.ARTICLE_INPUTS, w.ARTICLE_TARGETS
    losses = []
    for _ in range(w.ARTICLE_ITERATIONS):
        hidden = sigmoid(x @ weights1)
        output = sigmoid(hidden @ weights2)
        error = output - y
        losses.append((error * error).sum())
        d_output = 2.0 * error * output * (1.0 - output)
        d_hidden = (d_output @ weights2.T) * hidden * (1.0 - hidden)
        weights2 -= hidden.T @ d_output
        weights1 -= x.T @ d_hidden
    return losses


class Dense:
    """A relu network with Adam; all parameters lie in one array, so that the update is one pass over it."""

    def __init__(self, widths):
        layers = w.dense_parameters(widths)
        self.flat = np.concatenate([part.ravel() for layer in layers for part in layer])
        self.d_flat, self.mean, self.square = (np.zeros_like(self.flat) for _ in range(3))
        self.scratch = np.empty_like(self.flat)
        self.layers, self.d_layers, self.step = self.views(self.flat, widths), self.views(self.d_flat, widths), 0

    @staticmethod
    def views(flat, widths):
        views, start = [], 0
        for inputs, outputs in zip(widths, widths[1:]):
            middle, end = start + inputs * outputs, start + inputs * outputs + outputs
            views.append((flat[start:middle].reshape(inputs, outputs), flat[middle:end]))
            start = end
        return views

    def forward(self, x):
        """The values of every layer, inputs first; the last are logits."""
        values = [x]
        for index, (weights, bias) in enumerate(self.layers):
            y = values[-1] @ weights
            y += bias
            if index + 1 < len(self.layers):
                np.maximum(y, 0, out=y)
            values.append(y)
        return values

    def backward(self, values, d_y):
        for index in reversed(range(len(self.layers))):
            d_weights, d_bias = self.d_layers[index]
            np.matmul(values[index].T, d_y, out=d_weights)
            d_y.sum(axis=0, out=d_bias)
            if index > 0:
                d_y = d_y @ self.layers[index][0].T
                d_y *= values[index] > 0

    def adam(self):
        self.step += 1
        scratch = self.scratch
        self.mean *= w.BETA1
        np.multiply(self.d_flat, 1 - w.BETA1, out=scratch)
        self.mean += scratch
        self.square *= w.BETA2
        np.multiply(self.d_flat, self.d_flat, out=scratch)
        scratch *= 1 - w.BETA2
        self.square += scratch
        np.sqrt(self.square, out=scratch)
        scratch /= (1 - w.BETA2**self.step) ** 0.5
        scratch += w.EPSILON
        np.divide(self.mean, scratch, out=scratch)
        scratch *= w.LEARNING_RATE / (1 - w.BETA1**self.step)
        self.flat -= scratch


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials


def binary_step(network, x, y):
    values = network.forward(x)
    logits = values[-1]
    loss = (np.logaddexp(0, logits) - y * logits).mean()
    network.backward(values, (sigmoid(logits) - y) / np.float32(len(x)))
    network.adam()
    return loss


def class_step(network, x, y):
    values = network.forward(x)
    d_logits = softmax(values[-1])
    rows = np.arange(len(x))
    loss = -np.log(d_logits[rows, y]).mean()
    d_logits[rows, y] -= 1
    d_logits /= len(x)
    network.backward(values, d_logits)
    network.adam()
    return loss


def epoch(network, step, x, y, batch, generator):
    order = generator.permutation(len(x))
    batches = [order[i : i + batch] for i in range(0, len(x), batch)]
    return [step(network, w.as_inputs(x[rows]), y[rows]) for rows in batches]


class InOrder:
    """In place of a generator: rows in their order, for results that can be compared."""

    @staticmethod
    def permutation(count):
        return np.arange(count)


def first_losses(widths, step, data, batch):
    """The mean loss of the first three steps, rows in their order."""
    return [np.mean(epoch(Dense(widths), step, *data, batch, InOrder))]


def article(report):
    if report is None:
        train_article()
        return
    if report.is_check:
        losses = train_article()
        report.results([losses[0], losses[-1]], "plain")
        return
    samples = measure.seconds_per_call(train_article)
    report.figure([taken / w.ARTICLE_ITERATIONS * 1e6 for taken in samples], "us/iteration", "plain")


def table(report):
    if report.is_check:
        losses = first_losses(w.TABLE_WIDTHS, binary_step, w.table(3 * w.TABLE_BATCH), w.TABLE_BATCH)
        report.results(losses, "plain")
        return
    x, y = w.table()
    generator = np.random.default_rng(4)

    def train():
        network = Dense(w.TABLE_WIDTHS)
        for _ in range(w.TABLE_EPOCHS):
            epoch(network, binary_step, x, y, w.TABLE_BATCH, generator)

    samples = measure.seconds_per_call(train)
    report.figure([taken / w.TABLE_STEPS * 1e6 for taken in samples], "us/step", "plain")


def digits(report):
    if report.is_check:
        losses = first_losses(w.DIGITS_WIDTHS, class_step, w.digits(3 * w.DIGITS_BATCH), w.DIGITS_BATCH)
        report.results(losses, "plain")
        return
    x, y = w.digits()
    generator = np.random.default_rng(4)
    network = Dense(w.DIGITS_WIDTHS)
    epoch(network, class_step, x[:2000], y[:2000], w.DIGITS_BATCH, generator)
    one_epoch = lambda: epoch(network, class_step, x, y, w.DIGITS_BATCH, generator)
    report.figure([measure.seconds(one_epoch) for _ in range(w.DIGITS_EPOCHS)], "s/epoch", "plain")
    report.figure([measure.peak_memory_mib()], "MiB", "plain", "peak memory")


def many_classes(report):
    for classes in w.MANY_CLASSES:
        widths, batch, case = [64, 64, classes], w.MANY_CLASSES_BATCH, f"{classes} classes"
        if report.is_check:
            report.results(first_losses(widths, class_step, w.images(3 * batch, 64, classes), batch), "plain", case)
            continue
        x, y = w.images(w.MANY_CLASSES_ROWS, 64, classes)
        network, generator = Dense(widths), np.random.default_rng(4)
        samples = measure.seconds_per_call(lambda: epoch(network, class_step, x, y, batch, generator))
        report.figure([taken / (len(x) // batch) * 1e6 for taken in samples], "us/step", "plain", case)


def predict(report):
    network = Dense(w.DIGITS_WIDTHS)
    for batch in w.PREDICTED_BATCHES:
        x = w.digit_rows(batch)
        if report.is_check:
            report.results(softmax(network.forward(x)[-1])[-1], "plain", f"batch {batch}")
            continue
        measure.latencies(report, lambda: softmax(network.forward(x)[-1]), batch, "plain")


def products(report):
    for shape in w.PRODUCTS:
        left, right = w.factors(*shape)
        out = np.empty((shape[0], shape[1]), dtype=np.float32)
        if report.is_check:
            report.results(w.some_of(np.matmul(left, right)), "OpenBLAS", w.product_case(*shape))
            continue
        samples = measure.seconds_per_call(lambda: np.matmul(left, right, out=out))
        w.report_product(report, samples, *shape, "OpenBLAS")


def version():
    """The version with that of the BLAS behind the products."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{np.__version__} ({blas['name']} {blas['version']})"


measure.Report("numpy", version(), ARGUMENTS).run(
    {"W1": article, "W2": table, "W3": digits, "W7": predict, "W8": products, "W11": many_classes}
)
