"""Random numbers as clione draws them; an exported network holds those that it uses."""

import math
from statistics import NormalDist

import numpy as np

SEED, PRECISION = 0, np.float64

WORD_MASK = 0xFFFFFFFF

PURPOSES = {"initialize": 0, "shuffle": 1, "dropout": 2, "split": 3}


def philox(counter, key):
    """Four random words of 32 bits for each counter of four (Philox4x32-10, Salmon et al. 2011)."""
    a, b, c, d = counter
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b = (right >> 32) ^ b ^ key[0], right & WORD_MASK
        c, d = (left >> 32) ^ d ^ key[1], left & WORD_MASK
        key = (key[0] + 0x9E3779B9) & WORD_MASK, (key[1] + 0xBB67AE85) & WORD_MASK
    return a, b, c, d


def random_words(purpose, width, place, first, count):
    """Blocks of four words from the `first` on: count x 4.

    They follow from the seed and from what they are for, so nothing is drawn in any order.
    """
    block = first + np.arange(count, dtype=np.uint64)
    head = (block >> np.uint64(32)) | np.uint64(width << 24 | PURPOSES[purpose] << 28)
    place = [np.full(count, number, np.uint64) for number in place]
    counter = (block & np.uint64(WORD_MASK), head, *place)
    return np.stack(philox(counter, (SEED & WORD_MASK, SEED >> 32)), axis=-1)


def random_integers(purpose, width, place, count):
    """`count` random numbers of 64 bits."""
    words = random_words(purpose, width, place, 0, (count + 1) // 2)
    return (words[:, [0, 2]] | words[:, [1, 3]] << np.uint64(32)).ravel()[:count]


def permutation(purpose, place, count):
    """0 to count - 1 in a random order: each, from the last, trades places with one before it."""
    order = list(range(count))
    draws = random_integers(purpose, 2, place, max(count - 1, 0)).tolist()
    for last, draw in zip(range(count - 1, 0, -1), draws):
        chosen = draw * (last + 1) >> 64
        order[last], order[chosen] = order[chosen], order[last]
    return order


def uniform(position, inputs, outputs):
    """Numbers from -1 to below 1 for the parameter at this position: inputs x outputs."""
    draws = random_integers("initialize", 1, (position, 0), inputs * outputs)
    return (2 * ((draws >> np.uint64(11)) * 2.0**-53) - 1).reshape(inputs, outputs)


def normal(position, inputs, outputs):
    """Normal numbers of mean 0 and variance 1 for the parameter at this position."""
    draws = random_integers("initialize", 1, (position, 0), inputs * outputs)
    shares = ((draws >> np.uint64(12)) + 0.5) * 2.0**-52
    numbers = [NormalDist().inv_cdf(share) for share in shares.tolist()]
    return np.array(numbers).reshape(inputs, outputs)


def glorot_uniform(position, inputs, outputs):
    """Uniform up to ±√(6 / (inputs + outputs)) (Glorot and Bengio 2010)."""
    return uniform(position, inputs, outputs) * math.sqrt(6 / (inputs + outputs))


def glorot_normal(position, inputs, outputs):
    """Normal with the deviation √(2 / (inputs + outputs)) (Glorot and Bengio 2010)."""
    return normal(position, inputs, outputs) * math.sqrt(2 / (inputs + outputs))


def he_uniform(position, inputs, outputs):
    """Uniform up to ±√(6 / inputs) (He et al. 2015)."""
    return uniform(position, inputs, outputs) * math.sqrt(6 / inputs)


def he_normal(position, inputs, outputs):
    """Normal with the deviation √(2 / inputs) (He et al. 2015)."""
    return normal(position, inputs, outputs) * math.sqrt(2 / inputs)


def fan_in_uniform(position, inputs, outputs):
    """Uniform up to ±1 / √inputs."""
    return uniform(position, inputs, outputs) / math.sqrt(inputs)


def orthogonal(position, inputs, outputs):
    """Rows or columns, the fewer, of length 1 and at right angles (Saxe et al. 2014)."""
    count, length = min(inputs, outputs), max(inputs, outputs)
    vectors = normal(position, count, length)
    for this, vector in enumerate(vectors):
        for earlier in vectors[:this]:
            vector -= (earlier @ vector) * earlier
        vector /= math.sqrt(vector @ vector)
    return vectors if inputs <= outputs else vectors.T


def dropout_mask(rate, number, shape, place):
    """0 with the probability `rate`, else 1 / (1 - rate); outside of a training just 1."""
    if place is None:
        return 1
    count = math.prod(shape)
    bits = random_words("dropout", 0, place, np.uint64(number << 38), (count + 3) // 4)
    is_dropped = bits.ravel()[:count].reshape(shape) < int(rate * 2**32)
    return np.where(is_dropped, 0, 1 / (1 - rate)).astype(PRECISION)


def split(classes, share):
    """Which rows are learned from, and which are held back: this share, of each class alike."""
    count, sizes = len(classes), np.bincount(classes)
    wanted = math.floor(count * share + 0.5)
    can_be_divided = sizes > 1
    least = int(can_be_divided.sum() <= min(wanted, count - wanted))
    low = np.where(can_be_divided, least, 0)
    high = np.where(can_be_divided, sizes - least, 0)
    left = np.clip(np.floor(sizes * share).astype(int), low, high)
    while left.sum() != wanted:
        step = 1 if left.sum() < wanted else -1
        is_open = left < high if step == 1 else left > low
        if not is_open.any():
            break
        distance = np.where(is_open, step * (left - sizes * share), np.inf)
        left[np.argmin(distance)] += step
    learned, held_back = [], []
    for row in permutation("split", (0, 0), count):
        (held_back if left[classes[row]] > 0 else learned).append(row)
        left[classes[row]] -= 1
    return sorted(learned), sorted(held_back)
