"""Writes what NumPy's old generator draws: on each line a seed and its draws 0 to 7, 623 and 1000, as bits in hex.

    pip install numpy && python make.py
"""

import numpy as np

with open("random_sample.txt", "w") as file:
    for seed in (0, 1, 9, 42, 67, 4294967295):
        np.random.seed(seed)
        draws = np.random.random_sample(1001)[[0, 1, 2, 3, 4, 5, 6, 7, 623, 1000]]
        file.write(" ".join([str(seed)] + [f"{bits:016x}" for bits in draws.view(np.uint64)]) + "\n")
