"""Writes the correctly rounded values that crates/clione/src/base/real is tested against.

    pip install mpmath && python make.py

One file for each function and kind of number; on each line an argument and its value, as the bits in hexadecimal.
"""

import random
import struct

from mpmath import asin, cos, erf, exp, floor, frexp, isinf, ldexp, log, log1p, mp, mpf, sin, tanh

mp.prec = 1500  # so that 1 + e^-745 keeps its digits

KINDS = {"f32": (24, -149, 128, "<f", "<I", 8), "f64": (53, -1074, 1024, "<d", "<Q", 16)}


def rounded(value, kind):
    """The nearest number of this kind, ties to even; Python's own conversion rounds twice below the normal numbers."""
    digits, lowest, highest = KINDS[kind][:3]
    if isinf(value) or value == 0:
        return float(value)
    unit = max(frexp(value)[1] - digits, lowest)
    scaled = ldexp(abs(value), -unit)
    whole = floor(scaled)
    if scaled - whole > 0.5 or (scaled - whole == 0.5 and whole % 2 == 1):
        whole += 1
    result = ldexp(whole, unit)
    result = float("inf") if result >= ldexp(1, highest) else float(result)
    return result if value > 0 else -result


def bits(value, kind):
    _, _, _, number, whole, width = KINDS[kind]
    return f"{struct.unpack(whole, struct.pack(number, value))[0]:0{width}x}"


def sigmoid(x):
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def softplus(x):
    return x + log1p(exp(-x)) if x > 0 else log1p(exp(x))


def arguments(name, kind):
    _, lowest, highest = KINDS[kind][:3]
    chance = random.Random(f"{name} {kind}")
    # Where the result leaves the numbers, or sticks to one.
    end = {"exp": 1, "sigmoid": 1, "softplus": 1, "tanh": 0.035, "erf": 0.0095, "ln": 1}[name] * -lowest
    points = [0.25, 0.5, 0.7071, 0.70711, 1.0, 1.4142, 1.41422, 2.0, 3.0, 0.17328, 0.17329, 0.34657, 0.34658, 1.0397]
    points += [chance.uniform(0, 1) for _ in range(80)]
    points += [chance.uniform(0, 10) for _ in range(60)]
    points += [chance.uniform(0, end) for _ in range(50)]
    points += [2 ** chance.uniform(lowest, highest) * 0.999 for _ in range(40)]
    points += [2.0**lowest, 3 * 2.0**lowest, 2.0 ** (lowest // 2), 2.0 ** (highest - 1)]
    if name == "ln":
        points += [1 + chance.uniform(-1, 1) * 2 ** -chance.uniform(0, 30) for _ in range(150)]
    else:
        # About the last argument before infinity and the first that does not round to 0.
        for edge in (highest, -lowest, -lowest + 1):
            points += [edge * float(log(2)) * (1 + i * 1e-3) for i in range(-5, 6)]
        points += [-x for x in points]
    return sorted({rounded(mpf(x), kind) for x in points})


for name, function in {
    "exp": exp, "ln": log, "tanh": tanh, "sigmoid": sigmoid, "softplus": softplus, "erf": erf,
}.items():
    for kind in KINDS:
        with open(f"{name}.{kind}.txt", "w") as file:
            for x in arguments(name, kind):
                if x == float("inf") or x == -float("inf"):
                    continue
                if abs(x) > 3000 and name != "ln":
                    # Beyond what needs to be worked out: the limit, which mpmath would take forever to reach.
                    y = {"exp": float("inf"), "softplus": x}.get(name, 1.0) if x > 0 else \
                        {"tanh": -1.0, "erf": -1.0}.get(name, 0.0)
                else:
                    y = rounded(function(mpf(x)), kind)
                file.write(f"{bits(x, kind)} {bits(y, kind)}\n")


def angles(name):
    chance = random.Random(name)
    points = [0.0, 1e-300, 1e-12, 1e-4, 0.098, 0.25, 0.5, 0.7071067811865476, 0.785398163397448, 0.999999999, 1.0]
    points += [chance.uniform(0, 1) for _ in range(100)]
    if name != "arcsin":
        points += [k * float(mp.pi) / 2 for k in range(1, 9)] + [999999999.5]
        points += [chance.uniform(0, 10 ** chance.uniform(0, 8)) for _ in range(80)]
    return sorted({x for point in points for x in (point, -point)})


for name, function in {"sin": sin, "cos": cos, "arcsin": asin}.items():
    with open(f"{name}.f64.txt", "w") as file:
        for x in angles(name):
            file.write(f"{bits(x, 'f64')} {bits(rounded(function(mpf(x)), 'f64'), 'f64')}\n")
