"""Writes preprocessing.json: what scikit-learn and pandas make of one small table.

    python testdata/preprocessing/make.py

Every treatment is fitted on the first rows alone and applied to all. Every number is written so that reading it gives the
same bits.
"""

import io
import json
import pathlib

import numpy as np
import pandas as pd
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.metrics.pairwise import haversine_distances
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler

HERE = pathlib.Path(__file__).parent
FITTED = 16  # rows that are measured
ROWS = 24


def table():
    random = np.random.default_rng(7)
    lines = ["amount,gap,city,size,when,lat,lon,price"]
    for row in range(ROWS):
        amount = round(float(random.lognormal(3, 1.5)), 2)
        gap = "" if row in (2, 5, 11, 18) else round(float(random.normal(50, 20)), 1)
        city = ["Rome", "Oslo", "Bern"][int(random.integers(3))] if row > 2 else ["Rome", "Oslo", "Bern"][row]
        size = ["small", "medium", "large"][int(random.integers(3))] if row > 2 else ["small", "medium", "large"][row]
        when = pd.Timestamp("2016-02-27 22:15:00") + pd.Timedelta(minutes=int(random.integers(3_000_000)))
        lat, lon = round(float(random.uniform(40, 41)), 6), round(float(random.uniform(-75, -73)), 6)
        price = round(float(random.lognormal(4, 1)), 2)
        lines.append(f"{amount},{gap},{city},{size},{when},{lat},{lon},{price}")
    return "\n".join(lines) + "\n"


def main():
    text = table()
    data = pd.read_csv(io.StringIO(text), parse_dates=["when"])
    fitted = data.iloc[:FITTED]

    def scaled(scaler, column):
        values = lambda frame: np.asarray(column(frame), dtype=float).reshape(-1, 1)
        return scaler.fit(values(fitted)).transform(values(data)).ravel().tolist()

    amount = lambda frame: frame["amount"]
    numbers = {
        "standardise": scaled(StandardScaler(), amount),
        "min-max": scaled(MinMaxScaler(), amount),
        "robust": scaled(RobustScaler(), amount),
        "log": scaled(StandardScaler(), lambda frame: np.log1p(frame["amount"])),
        "unscaled": data["amount"].tolist(),
    }
    fills = {}
    for name, strategy in [("mean", "mean"), ("median", "median"), ("mode", "most_frequent")]:
        fills[name] = SimpleImputer(strategy=strategy).fit(fitted[["gap"]]).transform(data[["gap"]]).ravel().tolist()
    fills["constant"] = data["gap"].fillna(7.5).tolist()
    one_hot = OneHotEncoder(sparse_output=False).fit(fitted[["city"]]).transform(data[["city"]]).tolist()
    order = OrdinalEncoder(categories=[["small", "medium", "large"]]).fit(fitted[["size"]])
    ordinal = scaled(StandardScaler(), lambda frame: order.transform(frame[["size"]]))
    when = data["when"].dt
    dates = {name: getattr(when, name).tolist() for name in ["year", "month", "day", "hour", "minute"]}
    dates["weekday"] = when.day_of_week.tolist()
    points = np.radians(data[["lat", "lon"]].to_numpy())
    centre = np.radians([[40.7128, -74.0060]])
    kilometres = (haversine_distances(points, centre).ravel() * 6371.0088).tolist()
    logarithms = np.log(fitted["price"])
    golden = {
        "what": "numbers of treated columns, fitted on the first rows; dates not scaled; kilometres from 40.7128, -74.006",
        "versions": {"numpy": np.__version__, "pandas": pd.__version__, "scikit-learn": sklearn.__version__},
        "table": text,
        "fitted_rows": FITTED,
        "numbers": numbers,
        "fills": fills,
        "one_hot": one_hot,
        "ordinal": ordinal,
        "dates": dates,
        "kilometres": kilometres,
        "log_target": {"mean": float(logarithms.mean()), "scale": float(logarithms.std(ddof=0))},
    }
    (HERE / "preprocessing.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
