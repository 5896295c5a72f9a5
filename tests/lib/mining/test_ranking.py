"""Ranked lists against literals and scikit-learn's nDCG."""

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from sklearn.metrics import ndcg_score

from motherlode.mining.ranking import judge


def frames(
    spark: SparkSession, lists: dict[str, list[str]], wanted: dict[str, list[str]]
) -> tuple[DataFrame, DataFrame]:
    listed = [(who, what, place) for who, row in lists.items() for place, what in enumerate(row, start=1)]
    wants = [(who, what) for who, row in wanted.items() for what in row]
    return (
        spark.createDataFrame(listed, "customer_id string, product_id string, rank int"),
        spark.createDataFrame(wants, "customer_id string, product_id string"),
    )


def test_means_are_over_customers_who_wanted_something(spark: SparkSession) -> None:
    lists, wanted = frames(
        spark,
        {"ann": ["p", "q", "r"], "bob": ["p", "q", "r"], "not judged": ["z", "y", "x"]},
        {"ann": ["p", "r", "s", "t"], "bob": ["u"]},
    )
    found = judge(lists, wanted, k=2, products=10)
    assert found["precision_at_2"] == pytest.approx((1 / 2 + 0) / 2)
    assert found["recall_at_2"] == pytest.approx((1 / 4 + 0) / 2)
    assert found["ndcg_at_2"] == pytest.approx((1 / (1 + 1 / np.log2(3)) + 0) / 2)
    assert found["coverage"] == pytest.approx(4 / 10)


def test_ndcg_is_that_of_scikit_learn(spark: SparkSession) -> None:
    rng = np.random.default_rng(4)
    products = [f"p{n}" for n in range(20)]
    scores = rng.random((8, 20))
    wants = rng.random((8, 20)) < 0.3
    lists = {str(c): [products[p] for p in np.argsort(-scores[c])] for c in range(8)}
    wanted = {str(c): [products[p] for p in np.flatnonzero(wants[c])] for c in range(8)}
    found = judge(*frames(spark, lists, wanted), k=5, products=20)
    assert found["ndcg_at_5"] == pytest.approx(ndcg_score(wants.astype(int), scores, k=5))


def test_nobody_to_judge_gives_no_number(spark: SparkSession) -> None:
    lists, _ = frames(spark, {"ann": ["p"]}, {"ann": ["p"]})
    assert judge(lists, lists.where("false").select("customer_id", "product_id"), 5, 1) == {}
