"""The data and the shapes of the workloads, the same for every peer."""

import numpy as np

ARTICLE_INPUTS = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=np.float64)
ARTICLE_TARGETS = np.array([[0], [1], [1], [0]], dtype=np.float64)
ARTICLE_ITERATIONS = 1500

TABLE_WIDTHS = [8, 32, 16, 1]
TABLE_ROWS, TABLE_BATCH, TABLE_EPOCHS = 768, 32, 100
TABLE_STEPS = TABLE_EPOCHS * (TABLE_ROWS // TABLE_BATCH)

DIGITS_WIDTHS = [784, 512, 512, 10]
DIGITS_ROWS, DIGITS_BATCH, DIGITS_EPOCHS = 60000, 128, 3

LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8

PREDICTED_BATCHES = [1, 256]

# rows x columns x depth of the product, and whether the left factor is stored transposed (depth x rows).
PRODUCTS = [(n, n, n, False) for n in (64, 128, 256, 512, 1024, 2048)] + [
    (128, 512, 784, False),
    (784, 512, 128, True),
    (64, 128, 9216, False),
    (32, 32, 8, False),
    (4, 4, 3, False),
]


def article_weights(seed=0):
    generator = np.random.RandomState(seed)
    return generator.rand(3, 4), generator.rand(4, 1)


def table():
    """Rows of 8 numbers and a column of zeros and ones."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((TABLE_ROWS, TABLE_WIDTHS[0]), dtype=np.float32)
    y = (generator.random((TABLE_ROWS, 1), dtype=np.float32) < 0.35).astype(np.float32)
    return x, y


def digits():
    """Rows of 784 numbers in [0, 1) and a class from 0 to 9 for each."""
    generator = np.random.default_rng(0)
    x = generator.random((DIGITS_ROWS, DIGITS_WIDTHS[0]), dtype=np.float32)
    y = generator.integers(0, DIGITS_WIDTHS[-1], DIGITS_ROWS)
    return x, y


def dense_parameters(widths):
    """A weight matrix (inputs x outputs) and a bias per layer, uniform within 1/sqrt(inputs)."""
    generator = np.random.default_rng(1)
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        bound = inputs**-0.5
        w = generator.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
        b = generator.uniform(-bound, bound, outputs).astype(np.float32)
        layers.append((w, b))
    return layers


def digit_rows(batch):
    return np.random.default_rng(2).random((batch, DIGITS_WIDTHS[0]), dtype=np.float32)


def factors(rows, columns, depth, transposed):
    """The two factors of a product; the left one as a view when it is stored transposed."""
    generator = np.random.default_rng(3)
    left = generator.standard_normal((depth, rows) if transposed else (rows, depth), dtype=np.float32)
    right = generator.standard_normal((depth, columns), dtype=np.float32)
    return (left.T if transposed else left), right


def report_product(report, seconds_per_call, rows, columns, depth, transposed, variant):
    """GFLOP/s for every shape; nanoseconds too where the call costs more than the arithmetic."""
    case = f"{rows}x{columns}x{depth}" + (" transposed left" if transposed else "")
    operations = 2 * rows * columns * depth
    report.figure([operations / taken / 1e9 for taken in seconds_per_call], "GFLOP/s", variant, case)
    if operations < 100_000:
        report.figure([taken * 1e9 for taken in seconds_per_call], "ns", variant, case)
