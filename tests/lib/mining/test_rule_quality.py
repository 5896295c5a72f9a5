"""Completing baskets whose hidden type does not matter, so that the share of hits is known."""

import pytest
from pyspark.sql import SparkSession

from motherlode.mining.rule_quality import best_sellers, complete_baskets


def test_hits_are_counted_on_the_hidden_type(spark: SparkSession) -> None:
    rules = spark.createDataFrame(
        [
            (["ale"], ["nuts"], 0.9),
            (["nuts"], ["ale"], 0.8),
            (["ale", "nuts"], ["wine"], 0.7),
        ],
        "antecedent array<string>, consequent array<string>, confidence double",
    )
    baskets = spark.createDataFrame(
        [
            ("by a rule", ["ale", "nuts"]),
            ("by best sellers", ["milk", "tea"]),
            ("by neither", ["figs", "rope"]),
            ("nothing to hide it among", ["ale"]),
        ],
        "order_id string, product_types array<string>",
    )
    metrics, baseline = complete_baskets(rules, ["milk", "tea", "ale", "nuts"], baskets, suggestions=2)
    assert metrics == {
        "hit_rate_at_2": pytest.approx(2 / 3),
        "baskets_with_a_rule": pytest.approx(1 / 3),
        "judged_baskets": 3,
    }
    assert baseline == {"hit_rate_at_2": pytest.approx(1 / 3)}


def test_no_basket_with_two_types_gives_no_number(spark: SparkSession) -> None:
    rules = spark.createDataFrame([], "antecedent array<string>, consequent array<string>, confidence double")
    baskets = spark.createDataFrame([("o", ["ale"])], "order_id string, product_types array<string>")
    assert complete_baskets(rules, ["ale"], baskets, 5) == ({}, {})


def test_best_sellers_fall_by_baskets_then_by_name(spark: SparkSession) -> None:
    baskets = spark.createDataFrame([(["b", "a"],), (["c"],), (["c", "b"],)], "product_types array<string>")
    assert best_sellers(baskets) == ["b", "c", "a"]
