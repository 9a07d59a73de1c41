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

MANY_CLASSES = [10, 100, 1000, 10000]
MANY_CLASSES_ROWS, MANY_CLASSES_BATCH = 4096, 128

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


def uniform(count, sequence):
    """Multiples of 2^-24 from 0 to below 1: functions of their place alone, the same in bench/src/data.rs."""
    with np.errstate(over="ignore"):
        mixed = np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed += np.uint64(sequence) * np.uint64(0xD1B54A32D192ED03)
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return ((mixed ^ (mixed >> np.uint64(32))) >> np.uint64(40)).astype(np.float64) / 2**24


def table(rows=TABLE_ROWS):
    """Rows of 8 numbers (f64, as a table has them), and a column of zeros and ones."""
    x = 2 * uniform(rows * 8, 1).reshape(rows, 8) - 1
    y = (uniform(rows, 2) < 0.35).astype(np.float32).reshape(rows, 1)
    return x, y


def images(rows, columns, classes):
    """Rows of bytes, as images are, and a class for each; a network takes byte / 255."""
    x = (uniform(rows * columns, 3) * 256).astype(np.uint8).reshape(rows, columns)
    return x, (uniform(rows, 4) * classes).astype(np.int64)


def digits(rows=DIGITS_ROWS):
    return images(rows, DIGITS_WIDTHS[0], DIGITS_WIDTHS[-1])


def as_inputs(x):
    """What a network takes, from bytes or from the numbers of a table: f32."""
    return x.astype(np.float32) * np.float32(1 / 255) if x.dtype == np.uint8 else x.astype(np.float32)


def dense_parameters(widths):
    """A weight matrix (inputs x outputs) and a bias per layer, uniform within 1/sqrt(inputs)."""
    layers = []
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        bound = 1 / np.sqrt(float(inputs))
        part = lambda count, sequence: (bound * (2 * uniform(count, sequence) - 1)).astype(np.float32)
        layers.append((part(inputs * outputs, 10 + 2 * layer).reshape(inputs, outputs), part(outputs, 11 + 2 * layer)))
    return layers


def digit_rows(batch):
    return uniform(batch * DIGITS_WIDTHS[0], 5).astype(np.float32).reshape(batch, -1)


def factors(rows, columns, depth, transposed):
    """The two factors of a product; the left one as a view when it is stored transposed."""
    left = (2 * uniform(rows * depth, 7) - 1).astype(np.float32)
    right = (2 * uniform(depth * columns, 8) - 1).astype(np.float32).reshape(depth, columns)
    return (left.reshape(depth, rows).T if transposed else left.reshape(rows, depth)), right


def product_case(rows, columns, depth, transposed):
    return f"{rows}x{columns}x{depth}" + (" transposed left" if transposed else "")


def some_of(product):
    """Eight numbers of a product, spread evenly."""
    flat = np.asarray(product).ravel()
    return [float(flat[part * (len(flat) - 1) // 7]) for part in range(8)]


def report_product(report, seconds_per_call, rows, columns, depth, transposed, variant):
    """GFLOP/s for every shape; nanoseconds too where the call costs more than the arithmetic."""
    case = product_case(rows, columns, depth, transposed)
    operations = 2 * rows * columns * depth
    report.figure([operations / taken / 1e9 for taken in seconds_per_call], "GFLOP/s", variant, case)
    if operations < 100_000:
        report.figure([taken * 1e9 for taken in seconds_per_call], "ns", variant, case)
