"""From cells and bytes to numbers; an exported network holds those functions that it uses."""

import csv
import gzip
import math

import numpy as np

PRECISION, COLUMNS, NEEDED, WORDS, CLASSES, TARGET, inputs = np.float64, [], [], {}, [], "", list
ENCODING, DELIMITERS, MARKS = "utf-8-sig", ",;\t|", {}


def cells(path):
    """The rows of a CSV file, gzipped or not; of the delimiters the one that its start has most."""
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding=ENCODING, newline="") as file:
        first = file.readline()
        file.seek(0)
        delimiter = max(DELIMITERS, key=first.count)
        return [row for row in csv.reader(file, delimiter=delimiter) if row]


def read_table(path):
    """The rows of a table whose first line names its columns, each as column name -> text."""
    header, *rows = cells(path)
    header = [name.strip() or f"c{place}" for place, name in enumerate(header, 1)]
    absent = [name for name in NEEDED if name not in header]
    if absent:
        raise ValueError(f'no column "{absent[0]}", which the model needs')
    return [dict(zip(header, row)) for row in rows]


def read_columns(path):
    """The rows of a table without a header, each as column name -> text, found by place."""
    rows = cells(path)
    inputs = [name for name in COLUMNS if name != TARGET]
    names = {len(COLUMNS): COLUMNS, len(inputs): inputs}
    if any(len(row) not in names for row in rows):
        raise ValueError(f"expected {len(COLUMNS)} columns, or {len(inputs)} without the target")
    return [dict(zip(names[len(row)], row)) for row in rows]


def word(row, name):
    """What a cell says, None where it says nothing."""
    text = row.get(name, "").strip()
    return None if text.lower() in ("", "na", "n/a", "null", "nan", "-", "?") else text


def number(row, name, zero_is_missing=False):
    """The number in a cell, None where there is no value."""
    text = word(row, name)
    if text is None:
        return None
    try:
        value = float(text.translate(MARKS))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f'column "{name}": cannot read "{text}" as a finite number')
    return None if zero_is_missing and value == 0 else value


def place(row, name, unknown, fold=str):
    """The place of a cell's word among those of its column; None for no value, -1 for a new one."""
    text, words = word(row, name), [fold(known) for known in WORDS[name]]
    if text is None or fold(text) in words:
        return None if text is None else words.index(fold(text))
    if unknown == "refuse":
        raise ValueError(f'column "{name}": "{text}" was not there in training')
    return -1


def filled(value, name, fill):
    """The value, or what stands in for a missing one."""
    if value is None and fill is None:
        raise ValueError(f'column "{name}": no value, and nothing stands in for it')
    return fill if value is None else value


def scaled(row, name, shift, scale, fill=None, indicator=False, zero_is_missing=False):
    """(x - shift) / scale, and 1 where the value was missing if an indicator is asked for."""
    value = number(row, name, zero_is_missing)
    numbers = [(filled(value, name, fill) - shift) / scale]
    return numbers + [float(value is None)] * indicator


def scaled_logarithm(row, name, shift, scale, fill=None, indicator=False, zero_is_missing=False):
    """(ln(1 + x) - shift) / scale, and an indicator if one is asked for."""
    value = number(row, name, zero_is_missing)
    numbers = [(math.log1p(filled(value, name, fill)) - shift) / scale]
    return numbers + [float(value is None)] * indicator


def boolean(row, name, unknown, fill=None, indicator=False):
    """0 or 1 for the first or the second word, in any case."""
    value = place(row, name, unknown, str.lower)
    numbers = [float(max(filled(value, name, fill), 0))]
    return numbers + [float(value is None)] * indicator


def ordinal(row, name, shift, scale, unknown, fill=None, indicator=False):
    """(place - shift) / scale for the place of a word in its order."""
    value = place(row, name, unknown)
    numbers = [0.0 if value == -1 else (filled(value, name, fill) - shift) / scale]
    return numbers + [float(value is None)] * indicator


def one_hot(row, name, unknown, fill=None, indicator=False, is_required=False):
    """1 in the place of the word, 0 in the others; 0 everywhere where there is none."""
    value = place(row, name, unknown)
    at = filled(value, name, fill) if is_required else (fill if value is None else value)
    numbers = [float(at == other) for other in range(len(WORDS[name]))]
    return numbers + [float(value is None)] * indicator


def one_hot_with_others(row, name, fill=None, indicator=False, is_required=False):
    """As one_hot, with one more place for all words that were rare or are new."""
    value = place(row, name, "other")
    value = len(WORDS[name]) if value == -1 else value
    at = filled(value, name, fill) if is_required else (fill if value is None else value)
    numbers = [float(at == other) for other in range(len(WORDS[name]) + 1)]
    return numbers + [float(value is None)] * indicator


def read_idx(path):
    """The bytes of an IDX file, as MNIST has them, in the shape that its header says."""
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rb") as file:
        data = file.read()
    sizes = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sizes)


def pixels(images):
    """Bytes as numbers from 0 to 1."""
    return (images * (1 / 255)).astype(PRECISION)


def encoded(rows, *choices):
    """The numbers of all rows; an error says in which row it is."""
    numbers = []
    for place_of_row, row in enumerate(rows, 1):
        try:
            numbers.append(inputs(row, *choices))
        except ValueError as error:
            raise ValueError(f"row {place_of_row}: {error}") from None
    return numbers
