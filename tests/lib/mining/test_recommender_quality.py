"""Lists of a world small enough to judge them by hand."""

import pytest
from pyspark.ml.recommendation import ALS, ALSModel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from motherlode.mining.recommendations import RecommendationsParams
from motherlode.mining.recommender_quality import judge_served

# Everybody buys milk; who buys tea buys lemons, who buys coffee buys sugar. ann has no lemons yet, bob no sugar.
BASKETS = {
    **{f"tea {n}": {"milk": 3.0, "tea": 2.0, "lemons": 1.0} for n in range(6)},
    **{f"coffee {n}": {"milk": 3.0, "coffee": 2.0, "sugar": 1.0} for n in range(8)},
    "ann": {"milk": 2.0, "tea": 3.0, "gone": 9.0},
    "bob": {"milk": 2.0, "coffee": 3.0},
}
OFFERED = ["milk", "tea", "lemons", "coffee", "sugar"]


@pytest.fixture(scope="module")
def trained(spark: SparkSession) -> tuple[ALSModel, DataFrame, DataFrame, DataFrame]:
    """The model, customers, products, and what was bought."""
    numbered = [(name, n) for n, name in enumerate(BASKETS)]
    customers = spark.createDataFrame(numbered, "customer_id string, customer_no int").persist()
    offers = [(name, n, n) for n, name in enumerate(OFFERED)]
    products = spark.createDataFrame(offers, "product_id string, product_no int, kind_no int").persist()
    rows = [(who, what, weight) for who, basket in BASKETS.items() for what, weight in basket.items()]
    bought = spark.createDataFrame(rows, "customer_id string, product_id string, weight double").persist()
    numbers = bought.join(customers, on="customer_id", how="inner").join(products, on="product_id", how="inner")
    als = ALS(
        userCol="customer_no", itemCol="product_no", ratingCol="weight", implicitPrefs=True, rank=3, alpha=5.0, seed=3
    )
    return als.fit(numbers), customers.where(F.col("customer_id").isin("ann", "bob")), products, bought


def test_lists_and_their_new_halves_are_held_against_rivals(
    spark: SparkSession, trained: tuple[ALSModel, DataFrame, DataFrame, DataFrame]
) -> None:
    wanted = spark.createDataFrame(
        [("ann", "tea"), ("ann", "lemons"), ("bob", "milk"), ("bob", "coffee"), ("bob", "sugar")],
        "customer_id string, product_id string",
    )
    metrics, baseline = judge_served(*trained, wanted, RecommendationsParams(products=2, max_repeats=0.5))
    # Served: tea and lemons to ann, coffee and sugar to bob. The rival: tea and milk, coffee and milk.
    assert metrics["precision_at_2"] == 1
    assert metrics["recall_at_2"] == pytest.approx((2 / 2 + 2 / 3) / 2)
    assert metrics["coverage"] == pytest.approx(4 / 5)
    assert metrics["judged_customers"] == 2
    assert baseline["precision_at_2"] == pytest.approx((1 / 2 + 2 / 2) / 2)
    assert baseline["coverage"] == pytest.approx(3 / 5)
    # Of what ann never bought coffee sells best, of what bob never bought tea: neither wanted those.
    assert (metrics["new_precision_at_1"], baseline["new_precision_at_1"]) == (1, 0)
    assert metrics["again_precision_at_1"] == 1
    assert set(metrics) - set(baseline) == {"again_precision_at_1", "judged_customers"}


def test_lists_of_one_half_alone_are_judged_by_that_half(
    spark: SparkSession, trained: tuple[ALSModel, DataFrame, DataFrame, DataFrame]
) -> None:
    wanted = spark.createDataFrame([("ann", "lemons"), ("bob", "milk")], "customer_id string, product_id string")
    only_new, _ = judge_served(*trained, wanted, RecommendationsParams(1, exclude_bought=True))
    # ann is offered lemons; bob, who bought nothing new, is not judged by it.
    assert only_new["new_precision_at_1"] == 1
    assert not [name for name in only_new if name.startswith("again")]
    only_old, rival = judge_served(*trained, wanted, RecommendationsParams(1, max_repeats=1))
    assert only_old["again_precision_at_1"] == 0
    assert only_old["precision_at_1"] == rival["precision_at_1"] == 0
    assert not [name for name in only_old if name.startswith("new")]
