"""Writes weighted.json: losses whose rows weigh what their class does, and their slopes, as PyTorch computes them.

    python testdata/weights/make.py

`CrossEntropyLoss(weight=…)` divides by the sum of the weights of the rows; "value" and "gradient" are multiplied by that sum and
divided by the number of rows, which is what clione divides by. `BCEWithLogitsLoss(weight=…)` divides by the number of rows itself.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
torch.manual_seed(5)


def entry(name, logits, classes, weights):
    logits = logits.clone().requires_grad_(True)
    rows = weights[classes]
    if name == "categorical_cross_entropy":
        plain = F.cross_entropy(logits, classes, weight=weights)
        loss = plain * rows.sum() / len(classes)
        targets = F.one_hot(classes, logits.shape[1]).double()
    else:
        targets = classes.double()[:, None]
        loss = F.binary_cross_entropy_with_logits(logits, targets, weight=rows[:, None])
    loss.backward()
    return {
        "name": name,
        "logits": logits.tolist(),
        "targets": targets.tolist(),
        "weights": rows.tolist(),
        "value": loss.item(),
        "gradient": logits.grad.tolist(),
    }


def main():
    several, two = torch.tensor([0, 2, 1, 0, 0, 2, 0]), torch.tensor([0, 1, 0, 0, 1, 0, 0])
    draw = lambda columns: torch.randn(7, columns, dtype=torch.float64) * 2
    entries = [
        entry("categorical_cross_entropy", draw(3), several, torch.tensor([0.5, 4.0, 1.25], dtype=torch.float64)),
        entry("binary_cross_entropy", draw(1), two, torch.tensor([0.75, 3.0], dtype=torch.float64)),
    ]
    content = {"what": "weighted losses", "versions": {"torch": torch.__version__}, "entries": entries}
    (HERE / "weighted.json").write_text(json.dumps(content, indent=1) + "\n")


main()
