"""Writes `sessions.json`: whole training runs as PyTorch takes them, with validation rows, epoch by epoch.

    python testdata/pytorch/sessions.py

Rows are not shuffled, so that every batch is known. There are more than 256 validation rows and a last batch that is not
full, in training and in validation; the losses of an epoch are means over rows, whatever the batches. Early stopping, which
PyTorch leaves to others: better is what is lower by more than `min_delta`, and `patience` epochs without it are the end; the
parameters that are kept are those of the lowest loss. What a mistake would change is asserted to be changed by it.
"""

import torch
import torch.nn.functional as F

from make import draw, in_each_precision, leaf, write

TRAINING, VALIDATION, BATCH, EPOCHS = 40, 300, 16, 40


def one_input(p, x):
    return torch.tanh(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]


def two_inputs(p, x):
    """The first two columns are one input, the other three another."""
    left, right = torch.tanh(x[:, :2] @ p["w1"] + p["b1"]), torch.tanh(x[:, 2:] @ p["w2"] + p["b2"])
    return torch.cat([left, right], dim=1) @ p["w3"] + p["b3"]


ONE = {"w1": (5, 6), "b1": (6,), "w2": (6, 1), "b2": (1,)}
TWO = {"w1": (2, 3), "b1": (3,), "w2": (3, 4), "b2": (4,), "w3": (7, 1), "b3": (1,)}
CLASSES = {"w1": (5, 6), "b1": (6,), "w2": (6, 3), "b2": (3,)}


def truth(x):
    return (x[:, :1] * x[:, 1:2] + 0.5 * x[:, 2:3]) / 2


def numbers_with(noise):
    """Rows to learn from with wrong targets, so that the validation loss stands still long before the other one."""
    x, v = draw(200, TRAINING, 5, scale=2.0), draw(201, VALIDATION, 5, scale=2.0)
    grid = lambda t: torch.round(t * 1024) / 1024
    return x, grid(truth(x)) + draw(202, TRAINING, 1, scale=noise), v, grid(truth(v)) + draw(203, VALIDATION, 1, scale=0.25)


def classes():
    x, y, v, w = numbers_with(0.5)
    number = lambda t: (t[:, 0] > -0.3).long() + (t[:, 0] > 0.3).long()
    return x, number(y), v, number(w)


def run(settings, shapes, forward, loss_of, rows, initial, dtype):
    """One run; settings may name a plateau, early stopping and a way to clip."""
    x, y, v, w = (t.to(dtype) if t.is_floating_point() else t for t in rows)
    p = {name: leaf(tensor, dtype) for name, tensor in initial.items()}
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[settings["optimizer"]]
    optimizer = kind(list(p.values()), settings["learning_rate"], foreach=False)
    plateau = settings.get("plateau")
    scheduler = plateau and torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, threshold_mode="abs", eps=0.0, factor=plateau["factor"], patience=plateau["patience"],
        threshold=plateau["min_delta"], min_lr=plateau["floor"] * settings["learning_rate"],
    )
    stopping = settings.get("stopping")
    lowest, best_epoch, best = float("inf"), 0, None
    to_beat, since = float("inf"), 0
    told = {"loss": [], "validation_loss": [], "learning_rate": []}
    for epoch in range(1, EPOCHS + 1):
        total = 0.0
        for start in range(0, TRAINING, BATCH):
            batch = slice(start, start + BATCH)
            optimizer.zero_grad()
            loss = loss_of(forward(p, x[batch]), y[batch])
            loss.backward()
            total += loss.item() * len(x[batch]) / TRAINING
            if "clip_value" in settings:
                torch.nn.utils.clip_grad_value_(list(p.values()), settings["clip_value"])
            if "clip_norm" in settings:
                torch.nn.utils.clip_grad_norm_(list(p.values()), settings["clip_norm"])
            optimizer.step()
        with torch.no_grad():
            measured = loss_of(forward(p, v), w).item()
        told["loss"].append(total)
        told["validation_loss"].append(measured)
        told["learning_rate"].append(float(optimizer.param_groups[0]["lr"]))
        if plateau:
            scheduler.step({"validation": measured, "training": total}[plateau.get("watches", "validation")])
        if stopping:
            if measured < lowest:
                lowest, best_epoch = measured, epoch
                best = {name: tensor.detach().clone() for name, tensor in p.items()}
            if measured < to_beat - stopping["min_delta"]:
                to_beat, since = measured, epoch
            if epoch - since >= stopping["patience"]:
                break
    return {**told, "best_epoch": best_epoch if stopping else None, "parameters": best if stopping else p}


def sessions():
    sgd = {"optimizer": "sgd", "learning_rate": 0.1}
    adam = {"optimizer": "adam", "learning_rate": 0.02}
    plateau = {"factor": 0.5, "patience": 1, "min_delta": 1e-3, "floor": 0.05}
    stopping = {"patience": 8, "min_delta": 5e-3}
    mse, entropy = F.mse_loss, F.cross_entropy
    variants = [
        ("plain", sgd, ONE, one_input, "mse", mse, numbers_with(0.5)),
        ("plateau", {**sgd, "learning_rate": 0.3, "plateau": plateau}, ONE, one_input, "mse", mse, numbers_with(1.5)),
        ("stopping", {**adam, "stopping": stopping}, ONE, one_input, "mse", mse, numbers_with(0.5)),
        ("plateau and stopping", {**adam, "plateau": plateau, "stopping": {"patience": 9, "min_delta": 1e-4}}, ONE, one_input, "mse", mse, numbers_with(1.5)),
        ("clip_value", {**sgd, "clip_value": 0.02}, ONE, one_input, "mse", mse, numbers_with(0.5)),
        ("clip_norm", {**sgd, "clip_norm": 0.05}, ONE, one_input, "mse", mse, numbers_with(0.5)),
        ("two inputs", sgd, TWO, two_inputs, "mse", mse, numbers_with(0.5)),
        ("classes", {**adam, "stopping": {"patience": 4, "min_delta": 0.0}}, CLASSES, one_input, "categorical_cross_entropy", entropy, classes()),
    ]
    entries, seen = [], {}
    for name, settings, shapes, forward, loss, loss_of, rows in variants:
        initial = {part: draw(220 + at, *shape) for at, (part, shape) in enumerate(shapes.items())}
        for precision, found in in_each_precision(lambda dtype: run(settings, shapes, forward, loss_of, rows, initial, dtype)).items():
            seen[name, precision] = found
        entry = {"name": name, "loss_name": loss, **settings, "targets": rows[1], "validation_targets": rows[3], "start": initial}
        entries.append({**entry, **{precision: seen[name, precision] for precision in ("f64", "f32")}})

        # Each mistake that these runs are there to find would show.
        again = lambda changed, forward=forward: run({**settings, **changed}, shapes, forward, loss_of, rows, initial, torch.float64)
        found = seen[name, "f64"]
        assert len(found["loss"]) == len(seen[name, "f32"]["loss"]), f"{name}: both precisions end alike"
        differs = lambda other, key: max(abs(a - b) for a, b in zip(found[key], other[key])) > 1e-3 or len(found[key]) != len(other[key])
        if "plateau" in settings:
            assert len(set(found["learning_rate"])) > 3, f"{name}: the rate falls"
            assert differs(again({"plateau": {**plateau, "watches": "training"}}), "learning_rate"), name
        if settings.get("stopping", {}).get("min_delta", 0) > 1e-3:
            other = {**settings["stopping"], "min_delta": -settings["stopping"]["min_delta"]}
            assert len(again({"stopping": other})["loss"]) != len(found["loss"]), name
            other["min_delta"] = 0.0
            assert len(again({"stopping": other})["loss"]) != len(found["loss"]), name
            assert found["best_epoch"] < len(found["loss"]), f"{name}: the best epoch is not the last"
        if "stopping" in settings:
            assert len(found["loss"]) < EPOCHS, f"{name}: it stops"
        if "clip_value" in settings:
            assert differs(again({"clip_value": 1e9}), "loss"), name
    write(
        "sessions.json",
        "whole runs: the mean loss of each epoch over its batches of 16 rows in their order (40 rows, so the last batch has 8), "
        "the loss on 300 validation rows after it, the learning rate in it, and the parameters at the end; where it stops early, "
        "those of the best epoch. two inputs: tanh(x[:2] w1 + b1) beside tanh(x[2:] w2 + b2), then w3 and b3; all others: "
        "tanh(x w1 + b1) w2 + b2. clip_value clamps each gradient; min_delta of plateau and stopping is absolute",
        {"batch_size": BATCH, "epochs": EPOCHS, "inputs": rows[0], "validation_inputs": rows[2]},
        entries,
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    sessions()
