"""Ranked lists against literals and scikit-learn's nDCG."""

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from sklearn.metrics import ndcg_score

from motherlode.mining.ranking import Judged, judge


def frames(
    spark: SparkSession, lists: dict[str, dict[str, list[str]]], wanted: dict[str, list[str]]
) -> tuple[DataFrame, DataFrame]:
    listed = [
        (name, who, what, place)
        for name, by_customer in lists.items()
        for who, row in by_customer.items()
        for place, what in enumerate(row, start=1)
    ]
    return (
        spark.createDataFrame(listed, "list string, customer_id string, product_id string, rank int"),
        spark.createDataFrame(list(wanted.items()), "customer_id string, products array<string>"),
    )


def test_means_are_over_customers_who_wanted_something(spark: SparkSession) -> None:
    same = ["p", "q", "r"]
    lists, wanted = frames(
        spark,
        {"a": {"ann": same, "bob": same, "not judged": ["z", "y", "x"]}, "b": {"ann": ["t", "x"]}},
        {"ann": ["p", "r", "s", "t"], "bob": ["u"], "not listed": ["p"]},
    )
    found = judge(lists, wanted, k=2)
    assert set(found) == {"a", "b"}
    assert found["a"].means(2, customers=3, products=10) == pytest.approx(
        {
            "precision_at_2": (1 / 2 + 0 + 0) / 3,
            "recall_at_2": (1 / 4 + 0 + 0) / 3,
            "ndcg_at_2": (1 / (1 + 1 / np.log2(3)) + 0 + 0) / 3,
            "coverage": 4 / 10,
        }
    )
    assert found["b"].precision(2, customers=3) == {"precision_at_2": pytest.approx(1 / 6)}


def test_ndcg_is_that_of_scikit_learn(spark: SparkSession) -> None:
    rng = np.random.default_rng(4)
    products = [f"p{n}" for n in range(20)]
    scores = rng.random((8, 20))
    wants = rng.random((8, 20)) < 0.3
    lists = {str(c): [products[p] for p in np.argsort(-scores[c])] for c in range(8)}
    wanted = {str(c): [products[p] for p in np.flatnonzero(wants[c])] for c in range(8)}
    found = judge(*frames(spark, {"all": lists}, wanted), k=5)["all"].means(5, customers=8, products=20)
    assert found["ndcg_at_5"] == pytest.approx(ndcg_score(wants.astype(int), scores, k=5))


def test_nobody_to_judge_gives_no_number(spark: SparkSession) -> None:
    lists, wanted = frames(spark, {"all": {"ann": ["p"]}}, {"ann": ["p"]})
    assert judge(lists.where("false"), wanted, 5) == {}
    assert Judged().means(5, customers=0, products=1) == {}
