"""PyTorch: eager, and through torch.compile where a C++ compiler is there; Adam and SGD are its fused ones."""

import measure

ARGUMENTS = measure.arguments()
try:
    import torch
    import torch.nn.functional as F
except (ImportError, OSError, ValueError) as error:  # a broken install fails in more ways than a missing one
    measure.absent("pytorch", ARGUMENTS.workload, str(error))
    raise SystemExit
import workloads as w

torch.set_num_threads(ARGUMENTS.threads)


def dense(widths):
    layers = []
    for weights, bias in w.dense_parameters(widths):
        layer = torch.nn.Linear(*weights.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias))
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def adam(network):
    return torch.optim.Adam(network.parameters(), w.LEARNING_RATE, betas=(w.BETA1, w.BETA2), eps=w.EPSILON, fused=True)


def inputs(x):
    """What a network takes, from bytes or from the numbers of a table: f32."""
    return x.float() * (1 / 255) if x.dtype == torch.uint8 else x.float()


def each_variant(report, measure_one):
    """Eager first; then with `compiled` around the function that the variant is about."""
    measure_one(lambda function: function, "eager")
    try:
        measure_one(lambda function: torch.compile(function, dynamic=False), "compile")
    except Exception as error:
        report.absent(f"torch.compile: {type(error).__name__}: {str(error)[:200]}", "compile")


def train_article(loss_of):
    weights1, weights2 = (torch.from_numpy(part).requires_grad_() for part in w.article_weights())
    x, y = torch.from_numpy(w.ARTICLE_INPUTS), torch.from_numpy(w.ARTICLE_TARGETS)
    optimizer = torch.optim.SGD([weights1, weights2], 1.0, fused=True)
    losses = []
    for _ in range(w.ARTICLE_ITERATIONS):
        loss = loss_of(weights1, weights2, x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


def article_loss(weights1, weights2, x, y):
    output = torch.sigmoid(torch.sigmoid(x @ weights1) @ weights2)
    return ((y - output) ** 2).sum()


def article(report):
    if report is None:
        train_article(article_loss)
        return

    def measure_one(compiled, variant):
        loss_of = compiled(article_loss)
        if report.is_check:
            losses = train_article(loss_of)
            report.results([losses[0], losses[-1]], variant)
            return
        samples = measure.seconds_per_call(lambda: train_article(loss_of))
        report.figure([taken / w.ARTICLE_ITERATIONS * 1e6 for taken in samples], "us/iteration", variant)

    each_variant(report, measure_one)


def epoch(loss_of, optimizer, x, y, batch, order=None):
    losses = []
    for rows in (torch.randperm(len(x)) if order is None else order).split(batch):
        loss = loss_of(inputs(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


def first_losses(loss_of, optimizer, data, batch):
    """The mean loss of the first three steps, rows in their order."""
    x, y = (torch.from_numpy(part) for part in data)
    return [torch.stack(epoch(loss_of, optimizer, x, y, batch, torch.arange(len(x)))).mean()]


def table(report):
    x, y = (torch.from_numpy(part) for part in w.table())

    def measure_one(compiled, variant):
        network = dense(w.TABLE_WIDTHS)
        loss_of = compiled(lambda x, y: F.binary_cross_entropy_with_logits(network(x), y))
        optimizer = adam(network)
        if report.is_check:
            losses = first_losses(loss_of, optimizer, w.table(3 * w.TABLE_BATCH), w.TABLE_BATCH)
            report.results(losses, variant)
            return

        def train():
            for _ in range(w.TABLE_EPOCHS):
                epoch(loss_of, optimizer, x, y, w.TABLE_BATCH)

        samples = measure.seconds_per_call(train)
        report.figure([taken / w.TABLE_STEPS * 1e6 for taken in samples], "us/step", variant)

    each_variant(report, measure_one)


def digits(report):
    x, y = (torch.from_numpy(part) for part in w.digits())

    def measure_one(compiled, variant):
        network = dense(w.DIGITS_WIDTHS)
        loss_of = compiled(lambda x, y: F.cross_entropy(network(x), y))
        optimizer = adam(network)
        if report.is_check:
            losses = first_losses(loss_of, optimizer, w.digits(3 * w.DIGITS_BATCH), w.DIGITS_BATCH)
            report.results(losses, variant)
            return
        # Both batch sizes of an epoch, the full one and the last, are seen before the clock starts.
        last = w.DIGITS_ROWS % w.DIGITS_BATCH
        warm_up = 10 * w.DIGITS_BATCH + last
        epoch(loss_of, optimizer, x[:warm_up], y[:warm_up], w.DIGITS_BATCH)
        one_epoch = lambda: epoch(loss_of, optimizer, x, y, w.DIGITS_BATCH)
        report.figure([measure.seconds(one_epoch) for _ in range(w.DIGITS_EPOCHS)], "s/epoch", variant)
        if variant == "eager":
            report.figure([measure.peak_memory_mib()], "MiB", variant, "peak memory")

    each_variant(report, measure_one)


def many_classes(report):
    def measure_one(compiled, variant):
        for classes in w.MANY_CLASSES:
            batch, case = w.MANY_CLASSES_BATCH, f"{classes} classes"
            network = dense([64, 64, classes])
            loss_of = compiled(lambda x, y: F.cross_entropy(network(x), y))
            optimizer = adam(network)
            if report.is_check:
                losses = first_losses(loss_of, optimizer, w.images(3 * batch, 64, classes), batch)
                report.results(losses, variant, case)
                continue
            x, y = (torch.from_numpy(part) for part in w.images(w.MANY_CLASSES_ROWS, 64, classes))
            samples = measure.seconds_per_call(lambda: epoch(loss_of, optimizer, x, y, batch))
            report.figure([taken / (len(x) // batch) * 1e6 for taken in samples], "us/step", variant, case)

    each_variant(report, measure_one)


def predict(report):
    network = dense(w.DIGITS_WIDTHS)

    def measure_one(compiled, variant):
        probabilities = compiled(lambda x: torch.softmax(network(x), dim=1))
        with torch.inference_mode():
            for batch in w.PREDICTED_BATCHES:
                x = torch.from_numpy(w.digit_rows(batch))
                if report.is_check:
                    report.results(probabilities(x)[-1], variant, f"batch {batch}")
                    continue
                measure.latencies(report, lambda: probabilities(x), batch, variant)

    each_variant(report, measure_one)


def products(report):
    for shape in w.PRODUCTS:
        left, right = (torch.from_numpy(factor) for factor in w.factors(*shape))
        if report.is_check:
            report.results(w.some_of(torch.mm(left, right)), "eager", w.product_case(*shape))
            continue
        out = torch.empty(shape[0], shape[1])
        samples = measure.seconds_per_call(lambda: torch.mm(left, right, out=out))
        w.report_product(report, samples, *shape, "eager")


measure.Report("pytorch", torch.__version__, ARGUMENTS).run(
    {"W1": article, "W2": table, "W3": digits, "W7": predict, "W8": products, "W11": many_classes}
)
