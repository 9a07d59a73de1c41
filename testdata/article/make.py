"""Writes article.json: the article's network, trained by NumPy, seed by seed.

    python testdata/article/make.py

The network is 3-4-1 with a sigmoid on both layers and no biases; the loss is the sum of squared errors; plain gradient
descent on the full batch. Weights come from NumPy's legacy generator (MT19937), first the 3x4 matrix row by row, then the
4x1. Everything is f64 and every number is written so that reading it gives the same bits.

Source of the network: James Loy, "How to build your own Neural Network from scratch in Python" (2018).
"""

import json
import pathlib

import numpy as np

ITERATIONS = 1500
LOSSES_AT = [0, 1, 10, 100, 500, 1000, 1499]
RUNS = [(seed, 1.0) for seed in (0, 1, 9, 42, 67, 123, 2024)] + [(0, 0.1)]

INPUTS = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=np.float64)
TARGETS = np.array([[0], [1], [1], [0]], dtype=np.float64)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def train(seed, learning_rate):
    np.random.seed(seed)
    weights1 = np.random.rand(3, 4)
    weights2 = np.random.rand(4, 1)
    run = {
        "seed": seed,
        "learning_rate": learning_rate,
        "initial_weights1": weights1.tolist(),
        "initial_weights2": weights2.tolist(),
        "losses": [],
    }
    for iteration in range(ITERATIONS):
        hidden = sigmoid(INPUTS @ weights1)
        output = sigmoid(hidden @ weights2)
        if iteration in LOSSES_AT:
            run["losses"].append(float(np.sum((TARGETS - output) ** 2)))

        d_output = 2.0 * (output - TARGETS) * output * (1.0 - output)
        d_hidden = (d_output @ weights2.T) * hidden * (1.0 - hidden)
        weights2 = weights2 - learning_rate * (hidden.T @ d_output)
        weights1 = weights1 - learning_rate * (INPUTS.T @ d_hidden)
    # The last forward pass came before the last update, as the article prints it.
    run["predictions"] = output[:, 0].tolist()
    run["weights1"] = weights1.tolist()
    run["weights2"] = weights2.tolist()
    return run


def main():
    header = {
        "about": "3-4-1 sigmoid, no biases, sum of squares, full batch; losses[i] is the loss of the forward pass of "
        "iteration losses_at[i], counted from 0; predictions are those of the last forward pass; weights1 (3x4) and "
        "weights2 (4x1) are those after the last update",
        "numpy": np.__version__,
        "iterations": ITERATIONS,
        "losses_at": LOSSES_AT,
        "inputs": INPUTS.tolist(),
        "targets": TARGETS.tolist(),
    }
    lines = [json.dumps(train(*run), separators=(",", ":"), allow_nan=False) for run in RUNS]
    head = json.dumps(header, separators=(",", ":"))[:-1]
    path = pathlib.Path(__file__).with_name("article.json")
    path.write_text(head + ',"runs":[\n' + ",\n".join(lines) + "\n]}\n")


main()
