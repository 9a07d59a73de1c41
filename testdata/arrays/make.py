"""Arrays as NumPy writes them, for the reader of .npy and .npz: python3 make.py writes them beside this file."""

import io
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

HERE = Path(__file__).parent
ROWS = np.array([[1.5, -2.0, 300.0], [0.25, np.nan, 7.0]])


def save(name, array, version=None):
    with open(HERE / name, "wb") as file:
        npy.write_array(file, array, version=version, allow_pickle=True)


save("f8.npy", ROWS)
save("f4_fortran.npy", np.asfortranarray(ROWS.astype("<f4")))
save("f2_big.npy", ROWS.astype(">f2"))
save("f8_version_2.npy", ROWS, (2, 0))
save("f8_version_3.npy", ROWS, (3, 0))
for kind in ["<i1", "<i2", "<i4", "<i8", ">i8"]:
    save(f"{kind.replace('<', '').replace('>', 'big_')}.npy", np.array([[1, -2, 3], [-100, 50, 7]], kind))
for kind in ["<u1", "<u2", "<u4", "<u8"]:
    save(f"{kind[1:]}.npy", np.array([[1, 2, 3], [200, 50, 7]], kind))
save("bool.npy", np.array([[True, False], [False, True]]))
save("one_dimension.npy", np.array([4.0, 5.0, 6.0]))
save("no_dimension.npy", np.array(4.0))
save("three_dimensions.npy", np.zeros((2, 2, 2)))
save("objects.npy", np.array([["a", 1]], dtype=object))
save("texts.npy", np.array([["a", "b"]]))
save("records.npy", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]))
save("empty.npy", np.zeros((0, 3)))
np.savez(HERE / "x_and_y.npz", x=ROWS, y=np.array([0, 1]), other=np.zeros((9, 9)))
np.savez_compressed(HERE / "packed.npz", numbers=np.array([3.0, 4.0]), rows=ROWS)
np.savez(HERE / "unclear.npz", a=ROWS, b=ROWS)
