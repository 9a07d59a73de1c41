"""From cells and bytes to numbers; an exported network holds those functions that it uses."""

import csv
import gzip
import math
import re

import numpy as np

PRECISION, COLUMNS, NEEDED, WORDS, CLASSES, TARGET, inputs = np.float64, [], [], {}, [], "", list
ENCODING, DELIMITERS, MARKS, DECIMAL = "utf-8-sig", ",;\t|", {}, "."

SKIP_ROWS, COMMENT, QUOTING, MISSING, MAPS, NUMBERS = 0, "", {"quotechar": '"'}, (), {}, {}

USUAL_MISSING = ("", "na", "n/a", "null", "nan", "-nan", "-", "?", "\\n")

YEAR_FIRST = r"(?P<year>\d{4})(?:([-/.])(?P<month>\d\d?)\2(?P<day>\d\d?)|[-/](?P<only_month>\d\d))"

DATES = {
    "ymd": r"(?P<year>\d\d)([-/.])(?P<month>\d\d?)\2(?P<day>\d\d?)",
    "dmy": r"(?P<day>\d\d?)([-/.])(?P<month>\d\d?)\2(?P<year>\d\d|\d{4})",
    "mdy": r"(?P<month>\d\d?)([-/.])(?P<day>\d\d?)\2(?P<year>\d\d|\d{4})",
}

CLOCK = (
    r"(\d{1,4}):(\d{1,4})(?::(\d+\.?\d*|\.\d+))?"
    r"\s*([AP]M|[ap]m)?\s*(?:UTC|GMT|Z)?\s*([+-][\d:]*)?"
)

MONTHS = "january february march april may june july august september october november december"

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"


def cells(path):
    """The rows of a CSV file, gzipped or not; of the delimiters the one that its start has most."""
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding=ENCODING, newline="") as file:
        lines = [without_comment(line) for line in file]  # with COMMENT
        lines = file.readlines()  # without COMMENT
    lines = lines[SKIP_ROWS:]  # with SKIP_ROWS
    lines = [line for line in lines if line is not None]  # with COMMENT
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    if delimiter == " " or (delimiter not in first and len(first.split()) > 1):
        lines, delimiter = [line.replace("\t", " ").strip() + "\n" for line in lines], " "
    usual = {"delimiter": delimiter, "skipinitialspace": True}
    usual |= QUOTING  # with QUOTING
    return [row for row in csv.reader(lines, **usual) if row]


def without_comment(line):
    """A line up to a comment behind a blank, None where nothing is left; all if it has quotes."""
    if line.lstrip().startswith(COMMENT):
        return None
    quote = QUOTING.get("quotechar", "")  # with QUOTING
    quote = '"'  # without QUOTING
    return line if quote and quote in line else re.sub(rf"\s{re.escape(COMMENT)}[^\r\n]*", "", line)


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
    text = MAPS.get(name, {}).get(text, text)  # with MAPS
    text = "" if text in MISSING else text  # with MISSING
    return None if text.lower() in USUAL_MISSING else text


def number(row, name, zero_is_missing=False):
    """The number in a cell, None where there is no value."""
    text = word(row, name)
    if text is None:
        return None
    try:
        value = float(text.translate(MARKS))
    except ValueError:
        value = number_beside(text, *NUMBERS[name]) if name in NUMBERS else math.nan  # with NUMBERS
        value = math.nan  # without NUMBERS
    if not math.isfinite(value):
        raise ValueError(f'column "{name}": cannot read "{text}" as a finite number')
    return None if zero_is_missing and value == 0 else value


def number_beside(text, sign, decimal, thousands):
    """The number beside a currency, percent sign or unit: $1,297.50, ($3), 5 kg; else nan."""
    plain = text.replace(sign, "", 1).replace(thousands, "").replace(decimal, ".")
    plain = plain.replace("\u2212", "-").replace(" ", "")
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    is_number = re.fullmatch(r"[+-]?\d*\.?\d*(?:\d|\.)", plain, re.ASCII)
    return float(plain) if is_number else math.nan


def day_number(year, month, day):
    """Days since 1970 began; None for no day. Of two digits, 69 is 1969, 68 is 2068."""
    if len(year) == 2:
        year = f"{20 if int(year) < 69 else 19}{year}"
    try:
        return int(np.datetime64(f"{year}-{int(month):02}-{int(day):02}", "D").astype(int))
    except ValueError:
        return None


def clock_seconds(text):
    """The seconds of 20:42:59, 7:30 PM or 20:42:59.25Z, without their zone; None for others."""
    found = re.fullmatch(CLOCK, text.strip(), re.ASCII)
    if found is None:
        return None
    hour, minute, seconds = int(found[1]), int(found[2]), float(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4].lower() == "pm" else 0)
    fits = hour < 24 and minute < 60 and seconds < 60
    return hour * 3600 + minute * 60 + seconds if fits else None


def number_among(names, word):
    """The number of a name, from 1, by its three first letters or all; None for other words."""
    word = word.lower()
    known = [number for number, name in enumerate(names.split(), 1) if word in (name, name[:3])]
    return known[0] if known else None


def day_in_numbers(text, order):
    """The number of a day that is written in numbers: the year first if it has four digits."""
    found = re.fullmatch(YEAR_FIRST, text, re.ASCII) or re.fullmatch(DATES[order], text, re.ASCII)
    if found is None:
        return None
    parts = found.groupdict()
    return day_number(parts["year"], parts["month"] or parts["only_month"], parts["day"] or "1")


def day_in_words(text):
    """The number of a day whose month is an English word: 1 January 2020, Jan 1, 2020, 1-Jan-20."""
    parts = [part for part in re.split(r"[ ,\-/.]", text.rstrip("T")) if part not in ("", "of")]
    if parts and number_among(WEEKDAYS, parts[0]):
        parts = parts[1:]
    months = [number_among(MONTHS, "sep" if part == "Sept" else part) for part in parts]
    is_year = [re.fullmatch(r"\d{4}", part, re.ASCII) is not None for part in parts]
    is_short = re.fullmatch(r"\d\d", parts[-1], re.ASCII) if parts else None
    if len(parts) == 3 and months[1] and not is_year[0]:
        (day, _, year), month, is_known = parts, months[1], is_year[2] or is_short
    elif len(parts) == 3 and months[1]:
        (year, _, day), month, is_known = parts, months[1], True
    elif len(parts) == 3:
        (_, day, year), month, is_known = parts, months[0], is_year[2]
    elif len(parts) == 2:
        day, year, month, is_known = "1", parts[1], months[0], is_year[1]
    else:
        return None
    day = re.fullmatch(r"(\d{1,4})(?:st|nd|rd|th)?", day, re.ASCII)
    return day_number(year, month, day[1]) if is_known and month and day else None


def seconds_of(text, order):
    """The seconds since 1970 began; a time alone is one of the first day. None for others."""
    day, gap, clock = re.fullmatch(r"([^ T]*)([ T]?)(.*)", text, re.DOTALL).groups()
    if ":" in day or (not gap and ":" in text):
        day, clock = "", text
    days = day_in_numbers(day.rstrip("Z"), order) if day else 0
    seconds = clock_seconds(clock) if clock.strip() else 0
    if None in (days, seconds) and len(text.encode()) <= 40:
        colon = text.find(":")
        start = 1 + max(text.rfind(sign, 0, colon) for sign in " T,") if colon >= 0 else len(text)
        days = day_in_words(text[:start])
        seconds = clock_seconds(text[start:]) if colon >= 0 else 0
    return None if None in (days, seconds) else np.float64(days * 86400 + seconds)


def moment(row, name, order):
    """The date in a cell as seconds since 1970 began, None where there is no value."""
    text = word(row, name)
    if text is None:
        return None
    seconds = seconds_of(text, order)
    if seconds is None:
        raise ValueError(f'column "{name}": cannot read "{text}" as a date or a time ({order})')
    return seconds


def date_part(moment, name):
    """The year, the month, ... of a date that is given in seconds since 1970 began; Monday is 0."""
    days, seconds = divmod(float(moment), 86400)
    day = np.datetime64(int(days), "D")
    month = day.astype("datetime64[M]")
    parts = {
        "year": month.astype("datetime64[Y]").astype(int) + 1970,
        "month": month.astype(int) % 12 + 1,
        "day": (day - month).astype(int) + 1,
        "weekday": (days + 3) % 7,
        "hour": seconds // 3600,
        "minute": seconds // 60 % 60,
    }
    return np.float64(parts[name])


def operand(row, name):
    """The number in a cell as NumPy has it: divided by 0 it is infinite. None for no value."""
    value = number(row, name)
    return None if value is None else np.float64(value)


def truth(condition):
    """1 for what is true, else 0."""
    return np.float64(bool(condition))


def conjunction(left, right):
    """1 where neither is 0, 0 where one is, even if the other is missing."""
    if left == 0 or right == 0:
        return np.float64(0)
    return None if None in (left, right) else np.float64(1)


def disjunction(left, right):
    """0 where both are, 1 where one is not, even if the other is missing."""
    if left or right:
        return np.float64(1)
    return None if None in (left, right) else np.float64(0)


def distance(latitude, longitude, to_latitude, to_longitude):
    """Kilometres along the globe between two places in degrees, by the haversine formula."""
    north = np.sin(np.radians(to_latitude - latitude) / 2) ** 2
    east = np.sin(np.radians(to_longitude - longitude) / 2) ** 2
    haversine = north + np.cos(np.radians(latitude)) * np.cos(np.radians(to_latitude)) * east
    return 2 * 6371.0088 * np.arcsin(np.sqrt(np.fmin(haversine, 1)))


def written(value, name):
    """What a formula gave, as the text of a cell."""
    if value is None:
        return ""
    if not math.isfinite(value):
        raise ValueError(f'column "{name}" cannot be worked out from such values')
    return np.format_float_positional(float(value), trim="-").replace(".", DECIMAL)


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


def dated(row, name, order, parts, fill=None, indicator=False):
    """(part - shift) / scale for parts of a date, and an indicator if one is asked for."""
    value = moment(row, name, order)
    date = filled(value, name, fill)
    numbers = [(date_part(date, part) - shift) / scale for part, shift, scale in parts]
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
