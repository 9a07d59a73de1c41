"""Writes the frozen numbers of this folder, as PyTorch computes them on the CPU.

    python testdata/pytorch/make.py

One JSON file per topic; each starts with what it holds and the versions that made it. Everything that goes in (inputs,
parameters, targets) is a number that f32 holds exactly, so one copy serves both precisions; what comes out is given twice,
under "f64" and "f32" (an f32 is written as the f64 of the same value). Every number is written so that reading it gives
the same bits. Weight matrices are written inputs x outputs, row by row: PyTorch's, transposed.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
PRECISIONS = {"f64": torch.float64, "f32": torch.float32}


def plain(value):
    """Tensors and floats as nested lists of exact f64."""
    if isinstance(value, torch.Tensor):
        return value.detach().double().tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def write(name, about, header, entries):
    """The header's fields, then one entry a line."""
    header = {"about": about, "torch": torch.__version__, "numpy": np.__version__, **header}
    dump = lambda value: json.dumps(plain(value), separators=(",", ":"), allow_nan=False)
    text = dump(header)[:-1] + ',"entries":[\n' + ",\n".join(dump(entry) for entry in entries) + "\n]}\n"
    (HERE / name).write_text(text)


def draw(seed, *shape, scale=1.0):
    """Uniform in [-scale, scale), on a grid of 1/1024; NumPy's legacy stream is the same in every version."""
    numbers = np.random.RandomState(seed).uniform(-scale, scale, size=shape)
    return torch.from_numpy(np.round(numbers * 1024) / 1024)


def leaf(tensor, dtype):
    """A copy of its own: `.to` alone would hand out the f64 original, and the runs would share gradients and updates."""
    return tensor.detach().clone().to(dtype).requires_grad_()


def in_each_precision(compute):
    return {name: compute(dtype) for name, dtype in PRECISIONS.items()}


# --- activations ------------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "linear": ({}, lambda x: x * 1),
    "sigmoid": ({}, torch.sigmoid),
    "tanh": ({}, torch.tanh),
    "relu": ({}, F.relu),
    "leaky_relu": ({"slope": 0.01}, lambda x: F.leaky_relu(x, 0.01)),
    "elu": ({"alpha": 1.0}, F.elu),
    "gelu": ({}, F.gelu),
    "silu": ({}, F.silu),
    # F.softplus turns into the identity above 20; this is the same function without that jump.
    "softplus": ({}, lambda x: -F.logsigmoid(-x)),
}


def activation_inputs():
    sizes = [1e-30, 1e-8, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 9, 12, 16, 20, 30, 50, 88, 100]
    on_both_sides = [sign * size for size in sizes for sign in (1, -1)]
    numbers = torch.tensor([0.0] + on_both_sides, dtype=torch.float64)
    return torch.cat([numbers, draw(1, 9, scale=4.0)]).float().double()


def activations():
    inputs = activation_inputs()

    def run(function, dtype):
        x = leaf(inputs, dtype)
        y = function(x)
        y.sum().backward()
        return {"value": y, "slope": x.grad}

    entries = [
        {"name": name, **settings, **in_each_precision(lambda dtype: run(function, dtype))}
        for name, (settings, function) in ACTIVATIONS.items()
    ]

    rows, upstream = draw(2, 5, 7, scale=3.0), draw(3, 5, 7)
    rows[3] *= 32.0

    def run_softmax(dtype):
        x = leaf(rows, dtype)
        y = torch.softmax(x, dim=1)
        y.backward(upstream.to(dtype))
        return {"value": y, "dx": x.grad}

    entries.append({"name": "softmax", "x": rows, "dy": upstream, **in_each_precision(run_softmax)})
    write(
        "activations.json",
        "value and slope of each activation at the inputs; softmax runs over each row of its own x and takes the "
        "upstream gradient dy to dx",
        {"inputs": inputs},
        entries,
    )


# --- losses -----------------------------------------------------------------------------------------------------------


def losses():
    entries = []

    def add(name, reduction, function, predictions, targets, **settings):
        def run(dtype):
            p = leaf(predictions, dtype)
            loss = function(p, targets.to(dtype))
            loss.backward()
            return {"value": loss, "gradient": p.grad}

        entry = {"name": name, "reduction": reduction, **settings, "predictions": predictions, "targets": targets}
        entries.append({**entry, **in_each_precision(run)})

    for columns in (3, 1):
        predictions, targets = draw(10 + columns, 5, columns, scale=3.0), draw(20 + columns, 5, columns, scale=3.0)
        targets[0, 0] = predictions[0, 0]  # the corner of |d|
        targets[1, 0] = predictions[1, 0] - 1.0  # the seam of huber with delta 1
        targets[2, 0] = predictions[2, 0] + 0.5  # and with delta 0.5
        add("sum_of_squares", "sum", lambda p, t: ((p - t) ** 2).sum(), predictions, targets)
        add("mse", "mean over all elements", F.mse_loss, predictions, targets)
        add("mae", "mean over all elements", F.l1_loss, predictions, targets)
        for delta in (1.0, 0.5):
            huber = lambda p, t: F.huber_loss(p, t, delta=delta)
            add("huber", "mean over all elements", huber, predictions, targets, delta=delta)

        bce = F.binary_cross_entropy_with_logits
        hard = (draw(30 + columns, 5, columns) > 0).double()
        soft = draw(40 + columns, 5, columns).abs()
        extreme = predictions * 1.0
        extreme[0, 0], extreme[1, 0], extreme[2, 0] = 100.0, -100.0, 30.0
        for logits, labels in ((predictions, hard), (predictions, soft), (extreme, hard)):
            add("binary_cross_entropy", "mean over all elements, from logits", bce, logits, labels)

    logits = draw(50, 5, 3, scale=3.0)
    extreme = logits * 1.0
    extreme[0], extreme[1, 2] = torch.tensor([100.0, -100.0, 0.0]), 50.0
    one_hot = F.one_hot(torch.tensor([2, 0, 1, 1, 2]), 3).double()
    for rows in (logits, extreme):
        add("categorical_cross_entropy", "mean over rows, from logits", F.cross_entropy, rows, one_hot)
    write("losses.json", "value of each loss and its gradient with respect to the predictions", {}, entries)


# --- optimizers -------------------------------------------------------------------------------------------------------

RECORDED_STEPS = [1, 2, 3, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]


def optimizers():
    root = draw(60, 6, 6)
    # Rounded to a grid so that f32 holds it exactly; the 0.5 on the diagonal keeps it positive definite.
    a = torch.round((root @ root.T) * 256) / 256 + 0.5 * torch.eye(6, dtype=torch.float64)
    assert torch.linalg.eigvalsh(a).min() > 0.25
    c, d, w0 = draw(61, 6, scale=2.0), draw(62, 6).abs(), draw(63, 6, scale=2.0)

    def sgd(w, s):
        return torch.optim.SGD(
            [w], s["learning_rate"], momentum=s["momentum"], nesterov=s["nesterov"], weight_decay=s["weight_decay"], foreach=False
        )

    def rmsprop(w, s):
        return torch.optim.RMSprop([w], s["learning_rate"], alpha=s["rho"], eps=s["epsilon"], foreach=False)

    def adam(w, s):
        kind = torch.optim.AdamW if s["decoupled_weight_decay"] else torch.optim.Adam
        return kind(
            [w],
            s["learning_rate"],
            betas=(s["beta1"], s["beta2"]),
            eps=s["epsilon"],
            weight_decay=s["weight_decay"],
            foreach=False,
        )

    def trajectory(make, settings, dtype):
        w = leaf(w0, dtype)
        optimizer = make(w, settings)
        recorded = []
        for step in range(1, max(RECORDED_STEPS) + 1):
            at = w.detach()
            w.grad = a.to(dtype) @ (at - c.to(dtype)) + d.to(dtype) * at * at * at
            if settings["clip_norm"] is not None:
                torch.nn.utils.clip_grad_norm_([w], settings["clip_norm"])
            if settings["clip_value"] is not None:
                torch.nn.utils.clip_grad_value_([w], settings["clip_value"])
            optimizer.step()
            if step in RECORDED_STEPS:
                recorded.append(plain(w))
        return recorded

    no_clip = {"clip_norm": None, "clip_value": None}
    sgd_plain = {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0, **no_clip}
    rmsprop_plain = {"learning_rate": 0.01, "rho": 0.99, "epsilon": 1e-8, **no_clip}
    adam_plain = {
        "learning_rate": 1e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 1e-8,
        "weight_decay": 0.0,
        "decoupled_weight_decay": False,
        **no_clip,
    }
    variants = [
        ("sgd", sgd, sgd_plain),
        ("sgd", sgd, {**sgd_plain, "momentum": 0.9}),
        ("sgd", sgd, {**sgd_plain, "momentum": 0.9, "nesterov": True}),
        ("sgd", sgd, {**sgd_plain, "weight_decay": 0.1}),
        ("sgd", sgd, {**sgd_plain, "momentum": 0.9, "weight_decay": 0.1}),
        ("sgd", sgd, {**sgd_plain, "clip_norm": 1.0}),
        ("sgd", sgd, {**sgd_plain, "clip_value": 0.5}),
        # At this rate the gradient soon becomes small enough that clipping ends.
        ("sgd", sgd, {**sgd_plain, "learning_rate": 0.1, "clip_norm": 1.0}),
        ("sgd", sgd, {**sgd_plain, "learning_rate": 0.1, "clip_value": 0.5}),
        ("rmsprop", rmsprop, rmsprop_plain),
        ("rmsprop", rmsprop, {**rmsprop_plain, "learning_rate": 1e-3, "rho": 0.9, "epsilon": 1e-7}),
        # An epsilon that no test can overlook, here and for Adam.
        ("rmsprop", rmsprop, {**rmsprop_plain, "epsilon": 0.1}),
        ("adam", adam, adam_plain),
        ("adam", adam, {**adam_plain, "learning_rate": 0.05}),
        ("adam", adam, {**adam_plain, "epsilon": 1e-7}),
        ("adam", adam, {**adam_plain, "learning_rate": 0.05, "epsilon": 1e-7}),
        ("adam", adam, {**adam_plain, "learning_rate": 0.05, "epsilon": 0.1}),
        ("adam", adam, {**adam_plain, "learning_rate": 0.01, "weight_decay": 0.1}),
        ("adamw", adam, {**adam_plain, "learning_rate": 0.01, "weight_decay": 0.01, "decoupled_weight_decay": True}),
        ("adamw", adam, {**adam_plain, "learning_rate": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ]
    entries = [
        {"name": name, **settings, **in_each_precision(lambda dtype: trajectory(make, settings, dtype))}
        for name, make, settings in variants
    ]
    write(
        "optimizers.json",
        "w after each step of `steps` while minimising f(w) = (w-c)'A(w-c)/2 + sum(d w^4)/4, whose gradient is "
        "A(w-c) + d w^3. weight_decay adds decay*w to the (clipped) gradient; decoupled_weight_decay takes "
        "learning_rate*decay*w off w instead. Momentum: v = momentum*v + g, w -= rate*v; Nesterov: w -= rate*(g + "
        "momentum*v). RMSprop: w -= rate*g/(sqrt(s) + epsilon). Adam: epsilon is added after the bias-corrected root. "
        "clip_norm scales g by min(1, clip_norm/(|g| + 1e-6)); clip_value clamps each element",
        {"steps": RECORDED_STEPS, "A": a, "c": c, "d": d, "w0": w0, "gradient_at_w0": a @ (w0 - c) + d * w0**3},
        entries,
    )


# --- schedules --------------------------------------------------------------------------------------------------------


def schedules():
    base, steps = 0.1, 30
    kinds = torch.optim.lr_scheduler
    warm_up = {"start_factor": 0.1, "end_factor": 1.0, "total_iters": 9}
    variants = [
        ("step", kinds.StepLR, {"step_size": 10, "gamma": 0.5}),
        ("exponential", kinds.ExponentialLR, {"gamma": 0.95}),
        ("cosine", kinds.CosineAnnealingLR, {"T_max": 30, "eta_min": 0.0}),
        ("linear_warm_up", kinds.LinearLR, warm_up),
        ("one_cycle", kinds.OneCycleLR, {"max_lr": base, "total_steps": steps, "cycle_momentum": False}),
        ("one_cycle", kinds.OneCycleLR, {"max_lr": base, "total_steps": steps, "cycle_momentum": False, "pct_start": 0.5, "div_factor": 10.0, "final_div_factor": 100.0}),
        ("inverse_time", kinds.LambdaLR, {"decay": 0.1}),
    ]
    entries = []
    for name, kind, settings in variants:
        optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], base)
        if name == "inverse_time":
            scheduler = kind(optimizer, lambda t: 1.0 / (1.0 + 0.1 * t))
        else:
            scheduler = kind(optimizer, **settings)
        rates = []
        for _ in range(steps):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            scheduler.step()
        entries.append({"name": name, **settings, "rates": rates})
    # Falls, stands still, jumps, and falls again by too little.
    losses = [1.0, 0.8, 0.7, 0.7, 0.71, 0.7, 0.72, 0.69, 0.6, 0.65, 0.6, 0.61, 0.6, 0.62, 0.6, 0.59999, 0.59998, 0.5]
    losses += [0.9, 0.8, 0.7, 0.6, 0.55, 0.51, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    for settings in (
        {"factor": 0.5, "patience": 2, "threshold": 1e-4, "min_lr": 0.01},
        {"factor": 0.1, "patience": 0, "threshold": 0.05, "min_lr": 0.0},
    ):
        optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], base)
        scheduler = kinds.ReduceLROnPlateau(optimizer, threshold_mode="abs", eps=0.0, **settings)
        rates = []
        for loss in losses:
            rates.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            scheduler.step(loss)
        entries.append({"name": "plateau", **settings, "losses": losses, "rates": rates})
    write(
        "schedules.json",
        "the learning rate that steps 0 to 29 use. step: base*gamma^floor(t/step_size); exponential: base*gamma^t; "
        "cosine: eta_min + (base-eta_min)*(1+cos(pi t/T_max))/2; linear_warm_up: base*(start_factor + "
        "(end_factor-start_factor)*min(t, total_iters)/total_iters); one_cycle: OneCycleLR; inverse_time: base/(1+decay t); "
        "plateau: ReduceLROnPlateau with an absolute threshold, one step an epoch, after which it is told the loss",
        {"base": base},
        entries,
    )


# --- networks ---------------------------------------------------------------------------------------------------------


def softmax_classifier(p, inputs):
    hidden = torch.relu(inputs["x"] @ p["w1"] + p["b1"])
    return hidden @ p["w2"] + p["b2"]


def residual(p, inputs):
    h1 = torch.tanh(inputs["x"] @ p["w1"] + p["b1"])
    h2 = torch.tanh(h1 @ p["w2"] + p["b2"]) + h1
    return h2 @ p["w3"] + p["b3"]


def two_inputs(p, inputs):
    joined = torch.cat([inputs["left"], inputs["right"]], dim=1)
    return F.silu(joined @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]


def shared_weights(p, inputs):
    once = torch.tanh(inputs["x"] @ p["w1"] + p["b1"])
    twice = torch.tanh(once @ p["w1"] + p["b1"])
    return twice @ p["w2"] + p["b2"]


NETWORKS = [
    {
        "name": "softmax_classifier",
        "formula": "relu(x w1 + b1) w2 + b2",
        "loss": "categorical_cross_entropy",
        "shapes": {"w1": (4, 5), "b1": (5,), "w2": (5, 3), "b2": (3,)},
        "inputs": {"x": draw(70, 8, 4, scale=2.0)},
        "targets": F.one_hot(torch.tensor([0, 2, 1, 1, 0, 2, 2, 1]), 3).double(),
        "forward": softmax_classifier,
        "loss_of": F.cross_entropy,
    },
    {
        "name": "residual",
        "formula": "h1 = tanh(x w1 + b1), h2 = tanh(h1 w2 + b2) + h1, h2 w3 + b3",
        "loss": "binary_cross_entropy",
        "shapes": {"w1": (3, 4), "b1": (4,), "w2": (4, 4), "b2": (4,), "w3": (4, 1), "b3": (1,)},
        "inputs": {"x": draw(71, 8, 3, scale=2.0)},
        "targets": torch.tensor([[0.0], [1], [1], [0], [1], [0], [0], [1]], dtype=torch.float64),
        "forward": residual,
        "loss_of": F.binary_cross_entropy_with_logits,
    },
    {
        "name": "two_inputs",
        "formula": "silu([left right] w1 + b1) w2 + b2",
        "loss": "huber",
        "delta": 1.0,
        "shapes": {"w1": (5, 6), "b1": (6,), "w2": (6, 2), "b2": (2,)},
        "inputs": {"left": draw(72, 8, 2, scale=2.0), "right": draw(73, 8, 3, scale=2.0)},
        "targets": draw(74, 8, 2, scale=3.0),
        "forward": two_inputs,
        "loss_of": F.huber_loss,
    },
    {
        "name": "shared_weights",
        "formula": "tanh(tanh(x w1 + b1) w1 + b1) w2 + b2",
        "loss": "mse",
        "shapes": {"w1": (4, 4), "b1": (4,), "w2": (4, 2), "b2": (2,)},
        "inputs": {"x": draw(75, 8, 4, scale=2.0)},
        "targets": draw(76, 8, 2),
        "forward": shared_weights,
        "loss_of": F.mse_loss,
    },
]


def networks():
    training = {
        "adam": lambda p: torch.optim.Adam(p, 1e-3, betas=(0.9, 0.999), eps=1e-8, foreach=False),
        "sgd_momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, foreach=False),
    }

    def run(network, initial, dtype):
        inputs = {name: x.to(dtype) for name, x in network["inputs"].items()}
        targets = network["targets"].to(dtype)

        def start():
            return {name: leaf(tensor, dtype) for name, tensor in initial.items()}

        def forward(p):
            output = network["forward"](p, inputs)
            return output, network["loss_of"](output, targets)

        p = start()
        output, loss = forward(p)
        loss.backward()
        results = {"output": output, "loss": loss, "gradients": {name: t.grad for name, t in p.items()}}
        for kind, make in training.items():
            p = start()
            optimizer = make(list(p.values()))
            for _ in range(100):
                optimizer.zero_grad()
                forward(p)[1].backward()
                optimizer.step()
            results[f"after_{kind}"] = {"loss": forward(p)[1], "parameters": p}
        return results

    entries = []
    for index, network in enumerate(NETWORKS):
        initial = {name: draw(80 + 10 * index + i, *shape) for i, (name, shape) in enumerate(network["shapes"].items())}
        written = {key: value for key, value in network.items() if key not in ("shapes", "forward", "loss_of")}
        entry = {**written, "parameters": initial}
        entries.append({**entry, **in_each_precision(lambda dtype: run(network, initial, dtype))})
    write(
        "networks.json",
        "small networks: the output and loss of the batch, the gradient of every parameter, and the parameters (with the "
        "loss they give) after 100 full-batch steps of Adam (1e-3, 0.9, 0.999, epsilon 1e-8) and of SGD (0.1, momentum "
        "0.9), each from the same start. Losses are means, from logits, as in losses.json",
        {},
        entries,
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    activations()
    losses()
    optimizers()
    schedules()
    networks()
