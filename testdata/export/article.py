"""A neural network for the column "y" of a table, in NumPy and nothing else.

Its lines are those of the graph that clione trained: forward, and back by the chain rule.

    python article.py                   compares its answers with those of clione
    python article.py rows.csv          predicts each row
    python article.py --train rows.csv  trains from the first weights as clione did
"""

import argparse
import csv
import gzip
import math
import sys

import numpy as np

PRECISION = np.float64
SEED = 42
EPOCHS = 1500
LEARNING_RATE = 1
CLASSES = ["0", "1"]


# The functions of its layers and of its loss.


def sigmoid(x):
    """1 / (1 + e^-x): between 0 and 1. The power is never above 1, so nothing overflows."""
    power = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, power) / (1 + power)


def sigmoid_derivative(y):
    """The slope of sigmoid where it gives y."""
    return y * (1 - y)


# The network.


class NeuralNetwork:
    """The network, its loss, and the slope of its loss along each of its parameters.

    weights1  3 x 4      hidden1.weights
    weights2  4 x 1      output.weights
    """

    def __init__(self):
        """The parameters as they are before the training: they follow from the seed."""
        random = np.random.RandomState(SEED % 2**32)
        self.weights1 = random.random_sample((3, 4)).astype(PRECISION)
        self.weights2 = random.random_sample((4, 1)).astype(PRECISION)

    def parameters(self):
        """All that is learned, in the order of backprop."""
        return [self.weights1, self.weights2]

    def feedforward(self, x):
        """From x, rows x 3, to the output, rows x 1."""
        self.x = x
        self.layer1 = sigmoid(x @ self.weights1)
        self.output = sigmoid(self.layer1 @ self.weights2)
        return self.output

    def loss(self, y):
        """How far the last output ŷ is from y. L = Σ (ŷ - y)²: the article's loss."""
        return np.sum((self.output - y) ** 2)

    def backprop(self, y):
        """The slope of the loss along each parameter: the chain rule, from the last line back."""
        # forward: loss = np.sum((output - y) ** 2)
        d_output = 2 * (self.output - y)
        # forward: output = sigmoid(layer1 @ weights2)
        d_z2 = d_output * sigmoid_derivative(self.output)
        d_weights2 = self.layer1.T @ d_z2
        d_layer1 = d_z2 @ self.weights2.T
        # forward: layer1 = sigmoid(x @ weights1)
        d_z1 = d_layer1 * sigmoid_derivative(self.layer1)
        d_weights1 = self.x.T @ d_z1
        return [d_weights1, d_weights2]

    def update(self, gradients, rate):
        """Gradient descent: w ← w - rate · g."""
        for w, g in zip(self.parameters(), gradients):
            w -= rate * g


# Its training.


def train(network, x, y):
    """Learns from rows x and targets y; gives the loss of each epoch on them."""
    for epoch in range(EPOCHS):
        network.feedforward(x)
        loss = float(network.loss(y))
        network.update(network.backprop(y), LEARNING_RATE)
        yield epoch + 1, loss


# From what is read to numbers.


NEEDED = ["x1", "x2", "x3"]
ENCODING = "utf-8-sig"
DELIMITERS = ",;\t|"
MARKS = str.maketrans({})


def inputs(row):
    """The 3 numbers that go into the network for a row of the table, column name -> text."""
    return [
        *scaled(row, "x1", 0, 1),
        *scaled(row, "x2", 0, 1),
        *scaled(row, "x3", 0, 1),
    ]


def target(row):
    """What the network should say of a row: the place of its class."""
    names = [float(name) for name in CLASSES]
    place = names.index(number(row, "y"))
    return [float(place)]


USUAL_MISSING = ("", "na", "n/a", "null", "nan", "-nan", "-", "?", "\\n")


def cells(path):
    """The rows of a CSV file, gzipped or not; of the delimiters the one that its start has most."""
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding=ENCODING, newline="") as file:
        lines = file.readlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    if delimiter == " " or (delimiter not in first and len(first.split()) > 1):
        lines, delimiter = [line.replace("\t", " ").strip() + "\n" for line in lines], " "
    usual = {"delimiter": delimiter, "skipinitialspace": True}
    return [row for row in csv.reader(lines, **usual) if row]


def read_table(path):
    """The rows of a table whose first line names its columns, each as column name -> text."""
    header, *rows = cells(path)
    header = [name.strip() or f"c{place}" for place, name in enumerate(header, 1)]
    absent = [name for name in NEEDED if name not in header]
    if absent:
        raise ValueError(f'no column "{absent[0]}", which the model needs')
    return [dict(zip(header, row)) for row in rows]


def word(row, name):
    """What a cell says, None where it says nothing."""
    text = row.get(name, "").strip()
    return None if text.lower() in USUAL_MISSING else text


def number(row, name, zero_is_missing=False):
    """The number in a cell, None where there is no value."""
    text = word(row, name)
    if text is None:
        return None
    try:
        value = float(text.translate(MARKS))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f'column "{name}": cannot read "{text}" as a finite number')
    return None if zero_is_missing and value == 0 else value


def filled(value, name, fill):
    """The value, or what stands in for a missing one."""
    if value is None and fill is None:
        raise ValueError(f'column "{name}": no value, and nothing stands in for it')
    return fill if value is None else value


def scaled(row, name, shift, scale, fill=None, indicator=False, zero_is_missing=False):
    """(x - shift) / scale, and 1 where the value was missing if an indicator is asked for."""
    value = number(row, name, zero_is_missing)
    numbers = [(filled(value, name, fill) - shift) / scale]
    return numbers + [float(value is None)] * indicator


def encoded(rows, *choices):
    """The numbers of all rows; an error says in which row it is."""
    numbers = []
    for place_of_row, row in enumerate(rows, 1):
        try:
            numbers.append(inputs(row, *choices))
        except ValueError as error:
            raise ValueError(f"row {place_of_row}: {error}") from None
    return numbers


# From numbers to answers.


def show(answers):
    """Writes answers as CSV: classes with their probabilities, or numbers; None leaves a gap."""
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["prediction", *(f"p({name})" for name in CLASSES)])
    for numbers in answers:
        if numbers is None:
            table.writerow([""] * (1 + len(CLASSES)))
            continue
        digits = [np.format_float_positional(value, trim="-") for value in numbers]
        table.writerow([CLASSES[np.argmax(numbers)], *digits] if CLASSES else digits)


def check_answers(found):
    """Fails unless answers are those that clione gave when it wrote this file."""
    expected = np.array(CHECK_ANSWERS)
    distance = np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)))
    if not distance <= TOLERANCE:
        sys.exit(f"answers are off by {distance:.1e}: at most {TOLERANCE:.0e} was expected")
    print(f"{len(found)} rows are answered as by clione, to within {distance:.1e}")


def trained():
    """The network as its training left it."""
    network = NeuralNetwork()
    network.weights1[:] = [
        [2.903508275436671, 6.881478328984159, -2.545272163543045, 5.124274995391038],
        [2.2894216675393757, -4.875695987716635, 6.361630067385357, 4.6211774901180735],
        [1.2741515423392524, 1.910765257517344, -0.16104647792387436, -0.7080613382442205],
    ]
    network.weights2[:] = [
        [4.25480142610628],
        [-7.857139412142544],
        [-7.812333544533582],
        [7.755020014727675],
    ]
    return network


def answer(x):
    """The probability of each class for each row of inputs."""
    x = np.array(x, PRECISION).reshape(len(x), 3)
    output = trained().feedforward(x).astype(float)
    return np.hstack([1 - output, output])


def predict(path):
    """Writes what the network says about each row of a table."""
    rows = read_table(path)
    show(answer(encoded(rows)))


def train_on(path):
    """Trains on the rows of a table as clione did, and writes the losses of each epoch."""
    rows = read_table(path)
    x = np.array(encoded(rows), PRECISION)
    y = np.array([target(row) for row in rows], PRECISION)
    print("epoch,loss")
    for losses in train(NeuralNetwork(), x, y):
        print(*losses, sep=",")


def check():
    """Fails unless the rows at the end of this file are answered as clione answered them."""
    rows = [dict(zip(NEEDED, cells)) for cells in CHECK_ROWS]
    check_answers(answer(encoded(rows)))


def main():
    """Does what the command line asks for."""
    style = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=style)
    parser.add_argument("file", nargs="?", help="a table (CSV)")
    parser.add_argument("--train", action="store_true", help="train on it instead")
    arguments = parser.parse_args()
    try:
        if arguments.file is None:
            check()
        elif arguments.train:
            train_on(arguments.file)
        else:
            predict(arguments.file)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


CHECK_ROWS = [
    ["0.25", "0.25", "0.25"],
    ["0.75", "0.75", "0.75"],
    ["-0.5", "-0.5", "-0.5"],
]
CHECK_ANSWERS = [
    [0.6717589804585999, 0.32824101954140006],
    [0.9444244792359897, 0.055575520764010254],
    [0.8592066980132528, 0.1407933019867472],
]
TOLERANCE = 1e-9


if __name__ == "__main__":
    main()
