"""The functions of layers and losses; an exported network holds those that it uses."""

import math

import numpy as np


def sigmoid(x):
    """1 / (1 + e^-x): between 0 and 1. The power is never above 1, so nothing overflows."""
    power = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, power) / (1 + power)


def sigmoid_derivative(y):
    """The slope of sigmoid where it gives y."""
    return y * (1 - y)


def tanh(x):
    """(e^x - e^-x) / (e^x + e^-x): between -1 and 1."""
    return np.tanh(x)


def tanh_derivative(y):
    """The slope of tanh where it gives y."""
    return 1 - y * y


def relu(x):
    """x where it is positive, 0 elsewhere."""
    return np.maximum(x, 0)


def relu_derivative(y):
    """The slope of relu where it gives y."""
    return (y > 0).astype(y.dtype)


def leaky_relu(x):
    """x where it is positive, a hundredth of it elsewhere."""
    return np.where(x > 0, x, 0.01 * x)


def leaky_relu_derivative(y):
    """The slope of leaky_relu where it gives y."""
    return np.where(y > 0, 1, 0.01).astype(y.dtype)


def elu(x):
    """x where it is positive, e^x - 1 elsewhere."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def elu_derivative(y):
    """The slope of elu where it gives y."""
    return np.where(y > 0, 1, y + 1)


def gelu(x):
    """x times the probability that a normal number is below x."""
    return x * normal_distribution(x)


def gelu_derivative(x):
    """The slope of gelu at x."""
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return normal_distribution(x) + x * density


def normal_distribution(x):
    """The probability that a normal number is below x."""
    error_function = np.vectorize(math.erf, otypes=[x.dtype])
    return (1 + error_function(x * math.sqrt(0.5))) / 2


def silu(x):
    """x times sigmoid(x)."""
    return x * sigmoid(x)


def silu_derivative(x):
    """The slope of silu at x."""
    share = sigmoid(x)
    return share * (1 + x * (1 - share))


def softplus(x):
    """ln(1 + e^x): a smooth relu."""
    return np.logaddexp(0, x)


def softplus_derivative(x):
    """The slope of softplus at x."""
    return sigmoid(x)


def softmax(x):
    """e^x over its sum along each row, which becomes probabilities."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_cross_entropy(z, y):
    """-sum(y * ln(softmax(z))) along each row: rows x 1. No logarithm of 0 is ever taken."""
    z = z - z.max(axis=-1, keepdims=True)
    logarithm = np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return np.sum(y * (logarithm - z), axis=-1, keepdims=True)


def sigmoid_cross_entropy(z, y):
    """-(y * ln(p) + (1 - y) * ln(1 - p)) for p = sigmoid(z), without a logarithm of 0."""
    return np.logaddexp(0, z) - y * z


def huber(error, limit):
    """error² / 2 up to the limit, and a straight line beyond it."""
    near = np.clip(error, -limit, limit)
    return near * (error - near / 2)


def within(x, limit):
    """1 where |x| is below the limit, 0 elsewhere."""
    return (np.abs(x) < limit).astype(x.dtype)


def pad(x, start, width):
    """x as the columns from `start` on of rows of `width` numbers that are 0 elsewhere."""
    after = width - start - x.shape[-1]
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(start, after)])


def clip_by_norm(gradients, limit):
    """The gradients, scaled down together so that the root of the sum of their squares is small."""
    norm = math.sqrt(sum(float(np.sum(np.square(g, dtype=np.float64))) for g in gradients))
    scale = min(1.0, limit / (norm + 1e-6))
    return [scale * g for g in gradients]
