"""Prints the polynomial coefficients of crates/clione/src/base/real: weighted minimax fits by Remez' exchange.

    pip install mpmath numpy && python fit.py

The coefficients are rounded one after the other, lowest power first, and the rest is fitted again each time, so that
the rounding of the important ones is made good by the others.
"""

from mpmath import cos, erf, erfc, exp, log, lu_solve, matrix, mp, mpf, nstr, pi, sqrt
from numpy import float32

mp.prec = 240


def minimax(f, weight, low, high, powers):
    """The c that minimise max |weight(x) (f(x) - sum of c_p x^p)| on [low, high], and that maximum."""
    grid = 601
    xs = [low + (high - low) * (1 - cos(pi * mpf(i) / grid)) / 2 for i in range(grid + 1)]
    xs = [x if abs(x) > mpf(10) ** -6 else mpf(10) ** -6 for x in xs]
    values, weights = [f(x) for x in xs], [weight(x) for x in xs]
    count = len(powers)
    chosen = [round(i * grid / count) for i in range(count + 1)]
    for _ in range(15):
        system, right = matrix(count + 1, count + 1), matrix(count + 1, 1)
        for row, i in enumerate(chosen):
            for column, power in enumerate(powers):
                system[row, column] = xs[i] ** power
            system[row, count] = (-1) ** row / weights[i]
            right[row] = values[i]
        c = list(lu_solve(system, right))[:count]
        errors = [w * (v - sum(q * x**p for q, p in zip(c, powers))) for x, v, w in zip(xs, values, weights)]
        peaks = []
        for i, error in enumerate(errors):
            if not peaks or (errors[peaks[-1]] > 0) != (error > 0):
                peaks.append(i)
            elif abs(error) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        while len(peaks) > count + 1:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        if len(peaks) <= count or peaks == chosen:
            break
        chosen = peaks
    return c, max(abs(error) for error in errors)


def fit(name, f, weight, low, high, degree, kind):
    low, high = mpf(low), mpf(high)
    fixed = []
    for power in range(degree + 1):
        rest = lambda x: f(x) - sum(q * x**p for p, q in enumerate(fixed))
        if power <= 4:
            c, error = minimax(rest, weight, low, high, list(range(power, degree + 1)))
            ideal = error if power == 0 else ideal
        fixed.append(mpf(float(c[0]) if kind == "f64" else float(float32(float(c[0])))))
        c = c[1:]
    points = [low + (high - low) * mpf(2 * i + 1) / 2000 for i in range(1000)]
    error = max(abs(weight(x) * (f(x) - sum(q * x**p for p, q in enumerate(fixed)))) for x in points)
    print(f"// {name}, {kind}: {nstr(error, 3)} (before rounding {nstr(ideal, 3)})")
    for q in reversed(fixed):
        print(f"    {float(q)!r}," if kind == "f64" else f"    {float32(float(q))!s},")


def exp_tail(r):
    return mpf(1) / 2 + r / 6 if abs(r) < mpf(10) ** -20 else (exp(r) - 1 - r) / r**2


def ln_tail(z):
    s = sqrt(z)
    return (log((1 + s) / (1 - s)) - 2 * s) / (s * z)


def erf_near(z):
    return erf(sqrt(z)) / sqrt(z) - 1


half = log(2) / 2 * mpf("1.001")
for kind, degrees in (("f64", (10, 9, 11, 17)), ("f32", (4, 3, 6, 6))):
    fit("(e^r - 1 - r) / r^2", exp_tail, lambda r: r * r / exp(r), -half, half, degrees[0], kind)
    fit("(ln((1+s)/(1-s)) - 2s) / s^3 over s^2", ln_tail, lambda z: z, 0, mpf(1) / 9, degrees[1], kind)
    fit("erf(x)/x - 1 over x^2", erf_near, lambda z: mpf(1), 0, 1, degrees[2], kind)
    fit("-ln(1 - erf(x))", lambda a: -log(erfc(a)), erfc, 1, 6 if kind == "f64" else 4, degrees[3], kind)
