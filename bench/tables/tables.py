"""The tables: where each lies, what is predicted, what is left out, and what is done to it before anybody reads it."""

import dataclasses
from typing import Callable

import numpy
import pandas

# What stands for "no value" in these files.
MISSING = ["", "NA", "?"]


@dataclasses.dataclass(frozen=True)
class Table:
    """One table. Columns are named as `clione train` names them: by header, or from 1 where there is none."""

    name: str
    path: str
    target: str
    task: str
    ignore: tuple[str, ...] = ()
    zero_is_missing: tuple[str, ...] = ()
    has_missing: bool = False
    header: bool = True
    separator: str = ","
    splits: int = 10
    prepare: Callable[[pandas.DataFrame], pandas.DataFrame] | None = None
    # Rows of a file of their own to measure on, where the table comes with one; there are no splits then, only seeds.
    test: str | None = None

    def read(self, folder, path=None):
        """All cells as text, just as they stand in the file, without the rows that have no target."""
        frame = pandas.read_csv(
            f"{folder}/{path or self.path}",
            dtype=str,
            keep_default_na=False,
            sep=self.separator,
            header=0 if self.header else None,
            encoding="utf-8-sig",
        )
        if not self.header:
            frame.columns = [str(number + 1) for number in range(frame.shape[1])]
        if self.prepare:
            frame = self.prepare(frame)
        return frame[~frame[self.target].isin(MISSING)].reset_index(drop=True)

    def written_header(self):
        """Whether the rows are written with names above them: as they were found, or because the columns are new."""
        return self.header or self.prepare is not None

    def flags(self):
        """What `clione train` is told: the target, and what a person who has looked at the table would add."""
        flags = ["--target", self.target]
        if self.has_missing:
            flags += ["--missing", "median"]
        if self.zero_is_missing:
            flags += ["--zero-is-missing", ",".join(self.zero_is_missing)]
        if self.ignore:
            flags += ["--ignore", ",".join(self.ignore)]
        return flags

    def numbers_and_words(self, frame):
        """The inputs and the target as scikit-learn takes them: numbers where a column has only numbers, else words."""
        inputs = {}
        for name in frame.columns:
            if name == self.target or name in self.ignore:
                continue
            cells = frame[name].str.strip()
            cells = cells.mask(cells.isin(MISSING))
            numbers = pandas.to_numeric(cells, errors="coerce")
            # Codes such as 020 are words, as clione takes them.
            is_code = cells.dropna().str.fullmatch(r"0\d+").any()
            has_words = is_code or (numbers.isna() & cells.notna()).any()
            inputs[name] = words_of(frame[name]) if has_words else numbers.astype(float)
            if name in self.zero_is_missing:
                inputs[name] = inputs[name].mask(inputs[name] == 0)
        target = frame[self.target]
        return pandas.DataFrame(inputs), target.astype(float) if self.task == "regression" else target


def is_words(column):
    """Whether a column of inputs is to be one-hot encoded."""
    return column.dtype.kind != "f"


def words_of(column):
    """The cells as words, with one word for all that are missing."""
    cells = column.str.strip()
    return cells.mask(cells.isin(MISSING), "missing").astype(object)


def logarithm_of_period(frame):
    """Periods of planets reach from hours to centuries: the target is their decimal logarithm."""
    period = pandas.to_numeric(frame["orbital_period"], errors="coerce")
    text = numpy.log10(period).map(lambda value: "" if numpy.isnan(value) else repr(float(value)))
    return frame.assign(orbital_period=text)


def seconds_of_ride(frame):
    """Times of day become the length of the ride and the hour it began in."""
    begin, end = (pandas.to_timedelta(frame[f"tpep_{which}_datetime"]) for which in ("pickup", "dropoff"))
    seconds = (end - begin).dt.total_seconds() % 86400
    hours = begin.dt.total_seconds() // 3600
    paid = pandas.to_numeric(frame["fare_amount"])
    kept = paid.between(2.5, 100) & (seconds < 4 * 3600)
    frame = frame.assign(seconds=seconds.astype(int).astype(str), hour=hours.astype(int).astype(str))
    return frame[kept].drop(columns=["tpep_pickup_datetime", "tpep_dropoff_datetime", frame.columns[0]])


PLACES = ["pickup_longitude", "pickup_latitude", "dropoff_longitude", "dropoff_latitude"]
FARE_COLUMNS = ["fare", "when", *PLACES, "passengers", "key"]
AIRPORTS = {"jfk": (-73.7781, 40.6413), "lga": (-73.8740, 40.7769), "ewr": (-74.1745, 40.6895)}
KM_PER_DEGREE = 111.2


def kilometres(longitude1, latitude1, longitude2, latitude2):
    """The distance of two places of one city, on a plane."""
    east = (longitude1 - longitude2) * numpy.cos(numpy.radians(40.75))
    return numpy.hypot(east, latitude1 - latitude2) * KM_PER_DEGREE


def fares(frame):
    """The 17 inputs of the fares: five parts of the date, two places, passengers, one distance, six to the airports."""
    frame = frame.set_axis(FARE_COLUMNS, axis=1)
    numbers = frame[[*PLACES, "passengers", "fare"]].astype(float)
    a, b, c, d = (numbers[name] for name in PLACES)
    distance = kilometres(a, b, c, d)
    kept = a.between(-74.05, -73.75) & c.between(-74.05, -73.75) & b.between(40.63, 40.85) & d.between(40.63, 40.85)
    # A ride that ends where it began says nothing about its fare.
    kept &= numbers["fare"].between(0, 100, inclusive="neither") & (distance > 0.05)
    when = pandas.to_datetime(frame["when"].str[:19])
    columns = {part: getattr(when.dt, part) for part in ("year", "month", "day", "day_of_week", "hour")}
    columns |= {name: numbers[name] for name in [*PLACES, "passengers"]}
    columns["distance"] = distance
    for name, (longitude, latitude) in AIRPORTS.items():
        columns[f"pickup_{name}"] = kilometres(a, b, longitude, latitude)
        columns[f"dropoff_{name}"] = kilometres(c, d, longitude, latitude)
    columns["fare"] = numbers["fare"]
    return pandas.DataFrame(columns)[kept].astype(str)


def plain(name, file, target, task, **rest):
    """A table without a header."""
    return Table(name, f"tabular/{file}", target, task, header=False, **rest)


# The five columns of Pima in which nobody alive has a 0.
PIMA_ZEROS = ("2", "3", "4", "5", "6")
TITANIC_IGNORED = ("PassengerId", "Name", "Ticket", "Cabin")
# The hospital's number, and what was found later or says the answer in other words: outcome, pathology, lesions.
HORSE_IGNORED = ("3", "23", "25", "26", "27", "28")
TAXIS_IGNORED = ("pickup", "dropoff", "pickup_zone", "dropoff_zone", "total")

CLASSES, NUMBERS = "classification", "regression"

TABLES = [
    plain("Pima diabetes", "pima-indians-diabetes.csv", "9", CLASSES, has_missing=True, zero_is_missing=PIMA_ZEROS),
    plain("iris", "iris.csv", "5", CLASSES),
    plain("wine", "wine.csv", "14", CLASSES),
    plain("sonar", "sonar.csv", "61", CLASSES),
    plain("banknote", "banknote_authentication.csv", "5", CLASSES),
    Table("breast cancer", "tabular/breast_cancer_wdbc.csv", "Diagnosis", CLASSES, ("ID",)),
    Table("optical digits", "tabular/optdigits.tra", "Class", CLASSES),
    plain("abalone", "abalone.csv", "9", NUMBERS),
    plain("red wine quality", "winequality-red.csv", "12", NUMBERS),
    Table("diabetes progression", "tabular/diabetes_regression.tsv", "Y", NUMBERS, separator="\t"),
    Table(
        "California housing",
        "tabular/california_housing.csv",
        "median_house_value",
        NUMBERS,
        has_missing=True,
        splits=3,
    ),
    Table("Titanic", "messy/titanic_train.csv", "Survived", CLASSES, TITANIC_IGNORED, has_missing=True),
    Table("horse colic", "messy/horse-colic.csv", "24", CLASSES, HORSE_IGNORED, has_missing=True, header=False),
    Table("car prices", "messy/auto_imports.csv", "26", NUMBERS, has_missing=True, header=False),
    Table("miles per gallon", "messy/mpg.csv", "mpg", NUMBERS, ("name",), has_missing=True),
    Table("Ames housing", "messy/AmesHousing.csv", "SalePrice", NUMBERS, ("Order", "PID"), has_missing=True),
    Table(
        "planets (log of period)",
        "messy/planets.csv",
        "orbital_period",
        NUMBERS,
        has_missing=True,
        prepare=logarithm_of_period,
    ),
    Table("taxis (fare)", "messy/taxis.csv", "fare", NUMBERS, (*TAXIS_IGNORED, "tip", "tolls"), has_missing=True),
    Table("taxis (tip)", "messy/taxis.csv", "tip", NUMBERS, TAXIS_IGNORED, has_missing=True),
    Table(
        "New York rides (fare)",
        "taxi/nyc_taxi_100k.csv.gz",
        "fare_amount",
        NUMBERS,
        ("tip_amount",),
        splits=3,
        prepare=seconds_of_ride,
    ),
    Table(
        "New York rides (duration)",
        "taxi/nyc_taxi_duration_10k.csv",
        "duration",
        NUMBERS,
        ("obs_id", "train_id"),
        has_missing=True,
        splits=5,
    ),
    Table(
        "New York fares",
        "taxi/taxi-train.csv",
        "fare",
        NUMBERS,
        header=False,
        splits=3,
        prepare=fares,
        test="taxi/taxi-test.csv",
    ),
]
