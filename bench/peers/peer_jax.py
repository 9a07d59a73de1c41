"""JAX on the CPU: a whole run compiled as one loop (scan), and one compiled call a step (jit)."""

import os

import measure

ARGUMENTS = measure.arguments()
# XLA sizes its thread pool by the cores that this process may use, and has no setting that covers all of its runtime.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-ARGUMENTS.threads :])
if ARGUMENTS.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"
try:
    import jax
    import jax.numpy as jnp
except ImportError as error:
    measure.absent("jax", ARGUMENTS.workload, str(error))
    raise SystemExit
import numpy as np
import workloads as w


def article_step(weights, x, y):
    def loss_of(weights):
        output = jax.nn.sigmoid(jax.nn.sigmoid(x @ weights[0]) @ weights[1])
        return ((y - output) ** 2).sum()

    loss, slopes = jax.value_and_grad(loss_of)(weights)
    return jax.tree.map(lambda p, g: p - g, weights, slopes), loss


def article(report):
    jax.config.update("jax_enable_x64", True)
    x, y = jnp.asarray(w.ARTICLE_INPUTS), jnp.asarray(w.ARTICLE_TARGETS)
    start = tuple(jnp.asarray(part) for part in w.article_weights())

    @jax.jit
    def loop(weights):
        return jax.lax.scan(lambda weights, _: article_step(weights, x, y), weights, length=w.ARTICLE_ITERATIONS)

    if report is None:
        jax.block_until_ready(loop(start))
        return

    step = jax.jit(article_step)

    def steps():
        weights, losses = start, []
        for _ in range(w.ARTICLE_ITERATIONS):
            weights, loss = step(weights, x, y)
            losses.append(loss)
        jax.block_until_ready((weights, losses))

        return losses

    if report.is_check:
        for variant, losses in (("scan", loop(start)[1]), ("jit", steps())):
            report.results([losses[0], losses[-1]], variant)
        return
    for variant, run in (("scan", lambda: jax.block_until_ready(loop(start))), ("jit", steps)):
        samples = measure.seconds_per_call(run)
        report.figure([taken / w.ARTICLE_ITERATIONS * 1e6 for taken in samples], "us/iteration", variant)


def forward(layers, x):
    x = x * np.float32(1 / 255) if x.dtype == jnp.uint8 else x.astype(jnp.float32)
    for weights, bias in layers[:-1]:
        x = jax.nn.relu(x @ weights + bias)
    weights, bias = layers[-1]
    return x @ weights + bias


def binary_cross_entropy(layers, x, y):
    logits = forward(layers, x)
    return (jnp.logaddexp(0.0, logits) - y * logits).mean()


def cross_entropy(layers, x, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(forward(layers, x)), y[:, None], axis=1).mean()


def adam_step(loss_of, state, x, y):
    """The state is (parameters, means, squares, step)."""
    p, mean, square, step = state
    loss, g = jax.value_and_grad(loss_of)(p, x, y)
    step += 1
    mean = jax.tree.map(lambda m, g: w.BETA1 * m + (1 - w.BETA1) * g, mean, g)
    square = jax.tree.map(lambda v, g: w.BETA2 * v + (1 - w.BETA2) * g * g, square, g)
    rate = w.LEARNING_RATE / (1 - w.BETA1**step)
    root = jnp.sqrt(1 - w.BETA2**step)
    p = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + w.EPSILON), p, mean, square)
    return (p, mean, square, step), loss


def fresh_state(widths):
    layers = jax.tree.map(jnp.asarray, w.dense_parameters(widths))
    zeros = lambda: jax.tree.map(jnp.zeros_like, layers)
    return layers, zeros(), zeros(), jnp.float32(0)


def epoch_by_scan(loss_of, batch):
    """One epoch: the full batches in a loop, then the last partial one."""

    def epoch(state, key, x, y):
        order = jax.random.permutation(key, len(x))
        full = len(x) // batch * batch
        step = lambda state, rows: adam_step(loss_of, state, x[rows], y[rows])
        state, _ = jax.lax.scan(step, state, order[:full].reshape(-1, batch))
        return step(state, order[full:])[0] if full < len(x) else state

    return epoch


def epoch_by_steps(loss_of, batch):
    """One epoch, a compiled call a step; the rows are picked inside it, the order is drawn outside."""
    step = jax.jit(lambda state, x, y, rows: adam_step(loss_of, state, x[rows], y[rows]), donate_argnums=0)

    def epoch(state, key, x, y):
        order = jax.device_get(jax.random.permutation(key, len(x)))
        for start in range(0, len(x), batch):
            state, _ = step(state, x, y, order[start : start + batch])
        return state

    return epoch


def first_losses(loss_of, widths, data, batch):
    """The mean loss of the first three steps by either variant's step, rows in their order."""
    x, y = (jnp.asarray(part) for part in data)
    state, losses = fresh_state(widths), []
    step = jax.jit(lambda state, x, y: adam_step(loss_of, state, x, y))
    for start in range(0, len(x), batch):
        state, loss = step(state, x[start : start + batch], y[start : start + batch])
        losses.append(float(loss))
    return [sum(losses) / len(losses)]


def table(report):
    if report.is_check:
        losses = first_losses(binary_cross_entropy, w.TABLE_WIDTHS, w.table(3 * w.TABLE_BATCH), w.TABLE_BATCH)
        for variant in ("scan", "jit"):
            report.results(losses, variant)
        return
    x, y = (jnp.asarray(part) for part in w.table())
    keys = jax.random.split(jax.random.key(0), w.TABLE_EPOCHS)
    one_epoch = epoch_by_scan(binary_cross_entropy, w.TABLE_BATCH)

    @jax.jit
    def loop(state):
        return jax.lax.scan(lambda state, key: (one_epoch(state, key, x, y), None), state, keys)[0]

    step_epoch = epoch_by_steps(binary_cross_entropy, w.TABLE_BATCH)

    def steps(state):
        for key in keys:
            state = step_epoch(state, key, x, y)
        return state

    for variant, run in (("scan", loop), ("jit", steps)):
        samples = measure.seconds_per_call(lambda: jax.block_until_ready(run(fresh_state(w.TABLE_WIDTHS))))
        report.figure([taken / w.TABLE_STEPS * 1e6 for taken in samples], "us/step", variant)


def digits(report):
    if report.is_check:
        losses = first_losses(cross_entropy, w.DIGITS_WIDTHS, w.digits(3 * w.DIGITS_BATCH), w.DIGITS_BATCH)
        for variant in ("scan", "jit"):
            report.results(losses, variant)
        return
    x, y = (jnp.asarray(part) for part in w.digits())
    keys = jax.random.split(jax.random.key(0), w.DIGITS_EPOCHS + 1)
    by_scan = jax.jit(epoch_by_scan(cross_entropy, w.DIGITS_BATCH), donate_argnums=0)
    for variant, epoch in (("scan", by_scan), ("jit", epoch_by_steps(cross_entropy, w.DIGITS_BATCH))):
        state = jax.block_until_ready(epoch(fresh_state(w.DIGITS_WIDTHS), keys[0], x, y))
        samples = []
        for key in keys[1:]:

            def one_epoch():
                nonlocal state
                state = jax.block_until_ready(epoch(state, key, x, y))

            samples.append(measure.seconds(one_epoch))
        report.figure(samples, "s/epoch", variant)
        if variant == "scan":
            report.figure([measure.peak_memory_mib()], "MiB", variant, "peak memory")


def many_classes(report):
    for classes in w.MANY_CLASSES:
        widths, batch, case = [64, 64, classes], w.MANY_CLASSES_BATCH, f"{classes} classes"
        if report.is_check:
            report.results(first_losses(cross_entropy, widths, w.images(3 * batch, 64, classes), batch), "scan", case)
            continue
        x, y = (jnp.asarray(part) for part in w.images(w.MANY_CLASSES_ROWS, 64, classes))
        epoch, key = jax.jit(epoch_by_scan(cross_entropy, batch)), jax.random.key(0)
        state = fresh_state(widths)
        samples = measure.seconds_per_call(lambda: jax.block_until_ready(epoch(state, key, x, y)))
        report.figure([taken / (len(x) // batch) * 1e6 for taken in samples], "us/step", "scan", case)


def predict(report):
    layers = jax.tree.map(jnp.asarray, w.dense_parameters(w.DIGITS_WIDTHS))
    probabilities = jax.jit(lambda layers, x: jax.nn.softmax(forward(layers, x)))
    for batch in w.PREDICTED_BATCHES:
        x = jnp.asarray(w.digit_rows(batch))
        if report.is_check:
            report.results(probabilities(layers, x)[-1], "jit", f"batch {batch}")
            continue
        measure.latencies(report, lambda: probabilities(layers, x).block_until_ready(), batch, "jit")


def products(report):
    for shape in w.PRODUCTS:
        left, right = w.factors(*shape)
        # Stored as it lies in memory, and turned inside the compiled call: XLA folds that into the product.
        transposed = shape[-1]
        stored, right = jnp.asarray(left.T if transposed else left), jnp.asarray(right)
        product = jax.jit(lambda a, b: (a.T if transposed else a) @ b)
        if report.is_check:
            report.results(w.some_of(product(stored, right)), "jit", w.product_case(*shape))
            continue
        samples = measure.seconds_per_call(lambda: product(stored, right).block_until_ready())
        w.report_product(report, samples, *shape, "jit")


measure.Report("jax", jax.__version__, ARGUMENTS).run(
    {"W1": article, "W2": table, "W3": digits, "W7": predict, "W8": products, "W11": many_classes}
)
