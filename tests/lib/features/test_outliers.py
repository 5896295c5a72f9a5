"""Bounds against NumPy and SciPy, and what few or equal values do."""

import random
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from scipy import stats

from motherlode.contracts import features
from motherlode.features.outliers import OutliersParams, bounds, unusual_baskets
from tests.lib.identity.rows import rows

DRAW = random.Random(3)
VALUES = [round(DRAW.lognormvariate(3, 0.6), 2) for _ in range(401)] + [9_000.0, -700.0]
DAY = date(2017, 3, 6)


@pytest.fixture(scope="module")
def values(spark: SparkSession) -> DataFrame:
    """A skewed channel, one of equal values but one, one of few values, and a gap."""
    named = {"web": VALUES, "app": [5.0] * 60 + [900.0], "store": [1.0, 2.0, 900.0]}
    found = [(channel, value) for channel, some in named.items() for value in some]
    return spark.createDataFrame([*found, ("web", None)], "channel string, value double").persist()


@pytest.mark.parametrize("method", ["iqr", "mad", "z"])
def test_bounds_are_those_of_the_textbook(values: DataFrame, method: str) -> None:
    found = {row["channel"]: (row["least"], row["greatest"]) for row in _bounds(values, OutliersParams(method))}
    low, high = np.quantile(VALUES, [0.25, 0.75])
    middle, mad = np.median(VALUES), stats.median_abs_deviation(VALUES, scale="normal")
    mean, deviation = np.mean(VALUES), np.std(VALUES, ddof=1)
    expected = {
        "iqr": (low - 3 * (high - low), high + 3 * (high - low)),
        "mad": (middle - 3.5 * mad, middle + 3.5 * mad),
        "z": (mean - 3 * deviation, mean + 3 * deviation),
    }[method]
    assert found["web"] == pytest.approx(expected, rel=0.01)
    assert found["store"] == (None, None)
    # One value in sixty moves a mean's deviation, and no quartile.
    assert (found["app"] == (None, None)) == (method != "z")


def _bounds(values: DataFrame, params: OutliersParams):  # type: ignore[no-untyped-def]
    return bounds(values, "channel", "value", params).collect()


def test_unusual_baskets_are_few_and_capped(spark: SparkSession) -> None:
    def basket(order: str, net: float, known_on: date = DAY) -> dict[str, object]:
        return {"order_id": order, "customer_id": "ann", "channel": "web", "day": DAY, "known_on": known_on,
                "net": Decimal(str(net))}  # fmt: skip

    usual = [basket(f"o{n}", 10 + n) for n in range(41)]
    odd = [basket("large", 107.01), basket("negative", -47.5), basket("edge", 107)]
    later = [basket("known later", 9_999, date(2017, 3, 7))]
    made = unusual_baskets(rows(spark, features.BASKETS, [*usual, *odd, *later]), DAY, OutliersParams())
    assert made.columns == features.UNUSUAL_BASKETS.columns
    # Quartiles of all 44: 19 and 41.
    assert {tuple(row)[1:] for row in made.collect()} == {
        ("large", "ann", "web", 107.01, -47.0, 107.0, 107.0),
        ("negative", "ann", "web", -47.5, -47.0, 107.0, -47.0),
    }


def test_what_is_asked_for_must_be_there() -> None:
    with pytest.raises(ValueError, match=r"method 'sd' is unknown; known: iqr, mad, z"):
        OutliersParams("sd")
    with pytest.raises(ValueError, match=r"factor must be 0 or more"):
        OutliersParams(factor=-1)
