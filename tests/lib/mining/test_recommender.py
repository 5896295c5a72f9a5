"""Preferences by hand."""

from datetime import date

import pytest
from pyspark.sql import SparkSession

from motherlode.mining.recommender import RecommenderParams, preferences

AS_OF = date(2024, 3, 31)
SCHEMA = "customer_id string, product_id string, day date, views long, carts long, purchases long"


def test_interactions_weigh_by_kind_and_age(spark: SparkSession) -> None:
    rows = [
        ("ann", "tea", date(2024, 3, 31), 1, 1, 2),
        ("ann", "tea", date(2024, 3, 21), 0, 0, 1),
        ("ann", "milk", date(2024, 3, 11), 3, 0, 0),
        ("bob", "tea", date(2024, 3, 31), 0, 0, 0),
    ]
    params = RecommenderParams(view_weight=0.25, cart_weight=0.5, purchase_weight=1, half_life_days=10)
    found = preferences(spark.createDataFrame(rows, SCHEMA), AS_OF, params).collect()
    assert {(row.customer_id, row.product_id): (row.weight, row.bought) for row in found} == {
        ("ann", "tea"): (pytest.approx(0.25 + 0.5 + 2 + 0.5), True),
        ("ann", "milk"): (pytest.approx(0.75 / 4), False),
    }


def test_a_half_life_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="half_life_days"):
        RecommenderParams(half_life_days=0)
