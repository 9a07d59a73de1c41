"""Trains random networks, exports them, and lets the exports train: the losses must be the same.

Arguments: the command, how many networks, and a folder to work in.
"""

import builtins
import json
import keyword
import math
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

DISTANCE = 1e-10
STEPS = 100


def run(*command):
    """What a command writes to standard output; ends the checks where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def names(clione, flag, table):
    """What the command says that can be chosen for a flag."""
    command = [clione, "train", table, "--target", "y", flag, "nothing"]
    said = subprocess.run(command, capture_output=True, text=True).stderr
    found = re.search(r"(?:one of|there are:) (.*)", said)
    return [name.strip() for name in found[1].split(",") if "(" not in name]


class Table:
    """A made-up table of numbers, words and gaps, and how it is to be read."""

    def __init__(self, dice, path):
        self.task = dice.choice(["number", "two", "three"])
        self.rows = dice.randint(12, 90)
        numbers = dice.randint(1, 4)
        names = [*(f"x{column}" for column in range(numbers)), "day", "area", "a word", "flag", "y"]
        has_header = dice.random() < 0.8
        if not has_header:
            names = [f"c{column}" for column in range(1, len(names) + 1)]
        self.day, self.area, self.word, self.target = names[-5], names[-4], names[-3], names[-1]
        self.flags = [] if has_header else ["--no-header"]
        self.classes = {
            "number": [],
            "two": dice.choice([["no", "yes"], ["0", "1"], ["1.5", "2"]]),
            "three": dice.choice([["low", "middle", "high"], ["1", "2", "10"]]),
        }[self.task]
        gaps = dice.choice([0, 0, 0.05])
        lines = [",".join(f'"{name}"' for name in names)] * has_header
        lines += [",".join(self.row(dice, row, numbers, gaps)) for row in range(self.rows)]
        path.write_text("\n".join(lines) + "\n")

    def row(self, dice, row, numbers, gaps):
        """The cells of a row; every class and every word comes in some row."""
        x = [dice.gauss(3, 2) for _ in range(numbers)]
        words = ["red", "green", '"blue, dark"']
        word = words[row] if row < 3 else dice.choice(words)
        flag = ["yes", "No"][row] if row < 2 else dice.choice(["yes", "No"])
        height = math.sin(x[0]) + 0.3 * x[-1] + (word == "red")
        area = math.exp(dice.gauss(3, 2))
        y = f"{math.exp(height):.6f}"
        if self.classes:
            place = row if row < len(self.classes) else int(height + 0.5)
            y = self.classes[max(0, min(place, len(self.classes) - 1))]
        day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(1960, 2030)
        # No order but that of the day first fits the first row.
        forms = [f"28.{month}.{year} 7:30", f"{year}-{month:02}-{day:02}", f"{day}/{month}/{year}"]
        date = forms[0] if row == 0 else dice.choice(forms)
        cells = [*(f"{number:.4f}" for number in x), date, f"{area:.2f}", word, flag]
        if row > 3:
            empty = ["", "NA", "?"]
            cells = [dice.choice(empty) if dice.random() < gaps else cell for cell in cells]
        return [*cells, y]


def flags(dice, table, known):
    """Everything else that can be chosen, at random."""
    task, rows = table.task, table.rows
    validation = dice.choice([0.2, 0.3])
    test = dice.choice([None, None, 0.2])
    learned = rows - round(rows * (test or 0))
    learned -= round(learned * validation / (1 - (test or 0)))
    batch = dice.choice([rows, rows, 4, 7, 16])
    steps = math.ceil(learned / batch)
    epochs = math.ceil(STEPS / steps)
    initializer = dice.choice(known["initializers"])
    # A network of zeros is soon at its lowest point, where only rounding gives others a direction.
    optimizer = "sgd" if initializer == "zeros" else dice.choice(known["--optimizer"])
    layers = [dice.randint(1, 12) for _ in range(dice.randint(1, 3))]
    chosen = {
        "layers": ",".join(map(str, layers)),
        "activation": dice.choice(known["--activation"]),
        "initializer": initializer,
        "optimizer": optimizer,
        "schedule": dice.choice(known["--schedule"]),
        "batch-size": batch,
        "epochs": epochs,
        "seed": dice.choice([0, 7, 2**32 + 5, dice.getrandbits(63)]),
        "validation": validation,
        "missing": dice.choice(["mean", "median", "mode", "drop", "indicator"]),
        "scaling": dice.choice(["standardise", "min-max", "robust"]),
        "precision": "f64",
        "rare": dice.choice([0, 0, 20]),
    }
    treat = dice.choice([None, f"{table.area}=log", f"{table.word}=ordinal"])
    chosen["treat"] = ",".join(filter(None, [f"{table.day}=date(dmy)", treat]))
    if dice.random() < 0.5:
        area, word = f"`{table.area}`", f"`{table.word}`"
        chosen["derive"] = dice.choice(
            [
                f"more = ln(1 + {area}) / 2",
                f"more = {area} > 20 and {word} = 'red'",
                f"more = weekday(`{table.day}`) + min({area}, 9) ^ 2",
            ]
        )
    if task != "number":
        chosen["task"] = "classification"
    rate = 0.02 if optimizer == "sgd" else 0.003
    if test:
        chosen["test"] = test
    if optimizer == "sgd" and dice.random() < 0.7:
        nesterov = dice.choice([0, 1])
        chosen["optimizer-settings"] = f"momentum={dice.choice([0.5, 0.9])},nesterov={nesterov}"
    if task == "number":
        loss = dice.choice(["mse", "mae", "huber", "sse", None])
        if dice.random() < 0.3:
            chosen["log-target"] = True
    elif task == "two":
        loss = dice.choice(["binary_cross_entropy", "mse", "sse", "mae", "huber", None])
    else:
        loss = dice.choice(["categorical_cross_entropy", "mse", "sse", "mae", "huber", None])
    if loss == "sse":
        rate /= 20
    if loss:
        chosen["loss"] = loss
    chosen["learning-rate"] = rate
    if task != "number" and dice.random() < 0.5:
        weights = f"{table.classes[0]}=2,{table.classes[-1]}=0.25"
        chosen["class-weights"] = dice.choice(["balanced", weights])
    if dice.random() < 0.4:
        chosen["dropout"] = dice.choice([0.1, 0.5])
    if dice.random() < 0.3:
        chosen["no-bias"] = True
    if dice.random() < 0.3:
        chosen["no-shuffle"] = True
    if dice.random() < 0.3:
        chosen["warm-up"] = dice.randint(1, 40)
    if dice.random() < 0.3:
        chosen[dice.choice(["clip-norm", "clip-value"])] = dice.choice([0.1, 1])
    # Neither has a weight a sign that is 0 but for rounding.
    if dice.random() < 0.3 and initializer != "zeros":
        chosen["l1"] = 0.001
    if dice.random() < 0.3:
        chosen["l2"] = 0.01
    if dice.random() < 0.2:
        chosen["patience"] = dice.randint(2, 30)
    if chosen["schedule"] == "plateau":
        chosen["schedule-settings"] = "patience=2,factor=0.5,min_delta=0.01"
    return table.flags + [part for name, value in chosen.items() for part in flag(name, value)]


def flag(name, value):
    """A flag and its value, as the command line takes them."""
    return [f"--{name}"] if value is True else [f"--{name}", str(value)]


def distance(found, expected):
    """How far two numbers are from each other, as a share of the larger one."""
    return abs(found - expected) / max(abs(found), abs(expected), 1e-300)


def check(clione, folder, seed, known):
    """Trains a random network twice, once each way; gives the largest distance of their losses."""
    dice = random.Random(seed)
    table, model, source = folder / "table.csv", folder / "model.clione", folder / "model.py"
    made_up = Table(dice, table)
    chosen = flags(dice, made_up, known)
    common = ["--target", made_up.target, "--output", model, "--force", "--json", "--quiet"]
    told = json.loads(run(clione, "train", table, *common, *chosen))
    wanted = ["--to", "numpy", "--unknown", "other", "--output", source, "--force"]
    run(clione, "export", model, *wanted)
    run(sys.executable, "-W", "error", "-m", "py_compile", source)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff:
        run(ruff, "check", "--quiet", "--select", "E,F,W,I", "--line-length", "100", source)
    run(sys.executable, "-W", "error", source)
    lines = run(sys.executable, "-W", "error", source, "--train", table).splitlines()[1:]
    worst = 0.0
    if len(lines) != len(told["epochs"]):
        sys.exit(f"network {seed}: {len(lines)} epochs, clione has {len(told['epochs'])}: {chosen}")
    for line, epoch in zip(lines, told["epochs"]):
        _, loss, held_back = map(float, line.split(","))
        for found, expected in [(loss, epoch["loss"]), (held_back, epoch["validation_loss"])]:
            worst = max(worst, distance(found, expected))
            if not distance(found, expected) <= DISTANCE:
                said = f"epoch {epoch['epoch']}: {found}, clione says {expected}"
                sys.exit(f"network {seed}: {said}\n{' '.join(chosen)}")
    compare_predictions(clione, folder, seed)
    return worst


def compare_predictions(clione, folder, seed):
    """Ends the checks unless both say the same about the rows of the table."""
    table = folder / "table.csv"
    ours = run(sys.executable, "-W", "error", folder / "model.py", table).splitlines()
    model = folder / "model.clione"
    theirs = run(clione, "predict", model, table, "--unknown", "other", "--digits", "full", "--quiet").splitlines()
    same = len(ours) == len(theirs) and ours[0] == theirs[0]
    for our, their in zip(ours[1:], theirs[1:]):
        for left, right in zip(our.split(","), their.split(",")):
            is_number = re.fullmatch(r"[-0-9.]+", left) and re.fullmatch(r"[-0-9.]+", right)
            near = is_number and abs(float(left) - float(right)) <= 1e-9 * max(1, abs(float(right)))
            same &= bool(left == right or near)
    if not same:
        sys.exit(f"network {seed}: other predictions than those of clione")


def check_keywords(clione, folder):
    """Exports a model whose formula reads columns that are called as every word that this Python keeps or knows."""
    table, model, source = folder / "words.csv", folder / "words.clione", folder / "words.py"
    known = [word for word in dir(builtins) if word.isidentifier()]
    # Columns differ in more than the case of their letters.
    words = list({word.lower(): word for word in [*keyword.kwlist, *keyword.softkwlist, "np", "row", *known]}.values())
    lines = [",".join([*words, "y"])]
    for row in range(8):
        numbers = [(row * 7 + column * 3) % 11 for column in range(len(words))]
        lines.append(",".join(map(str, [*numbers, row])))
    table.write_text("\n".join(lines) + "\n")
    formula = "total = " + " + ".join(f"`{word}`" for word in words)
    common = ["--target", "y", "--epochs", "2", "--header", "--quiet", "--output", model, "--force"]
    run(clione, "train", table, *common, "--derive", formula)
    run(clione, "export", model, "--to", "numpy", "--output", source, "--force")
    run(sys.executable, "-W", "error", source)
    run(sys.executable, "-W", "error", source, table)
    print(f"{len(words)} words of Python do as names of columns")


def main():
    """Checks as many networks as were asked for."""
    clione, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    table = folder / "table.csv"
    table.write_text("x,y\n1,2\n2,3.5\n")
    listed = ["--activation", "--optimizer", "--schedule"]
    known = {flag: names(clione, flag, table) for flag in listed}
    # An optimizer that sees all rows at once has no loop in the source.
    known["--optimizer"] = [name for name in known["--optimizer"] if name != "lbfgs"]
    known["initializers"] = [*names(clione, "--initializer", table), "constant(0.1)"]
    check_keywords(clione, folder)
    worst = [check(clione, folder, seed, known) for seed in range(count)]
    print(f"{count} networks repeat their losses under NumPy, to within {max(worst):.1e}")


if __name__ == "__main__":
    main()
