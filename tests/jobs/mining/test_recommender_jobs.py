"""Two tastes are planted; each customer is recommended their own taste's products."""

from datetime import date, timedelta

import numpy as np
import pytest
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.mining import recommendations, recommender
from motherlode.contracts import mining
from motherlode.contracts.models import Champion, Fitted
from motherlode.mining.errors import TooLittleData
from motherlode.mining.recommendations import RecommendationsParams
from motherlode.mining.recommender import RecommenderParams

AS_OF = date(2024, 3, 31)
PARAMS = RecommenderParams(rank=4, iterations=3, blocks=1, min_customers=10, served=RecommendationsParams(products=6))
SCHEMA = "customer_id string, product_id string, day date, known_on date, views long, carts long, purchases long"


def interactions(spark: SparkSession) -> DataFrame:
    rng = np.random.default_rng(9)
    rows = []
    for customer in range(40):
        taste = "sweet" if customer % 2 else "sour"
        for age in range(0, 84, 3):
            day = AS_OF - timedelta(days=age)
            product = f"{taste} {rng.integers(20)}"
            rows.append((f"c{customer}", product, day, day, 1, 0, 1))
    tomorrow = AS_OF + timedelta(days=1)
    rows.append(("c0", "from the future", tomorrow, tomorrow, 0, 0, 9))
    rows.append(("learnt later", "sour 1", AS_OF, tomorrow, 0, 0, 9))
    return (
        spark.createDataFrame(rows, SCHEMA)
        .groupBy("customer_id", "product_id", "day", "known_on")
        .agg(*[F.sum(name).alias(name) for name in ("views", "carts", "purchases")])
    )


def catalogue(spark: SparkSession, *rows: tuple[str, str | None]) -> DataFrame:
    return spark.createDataFrame(
        [(product, None, None, kind, AS_OF, product) for product, kind in rows],
        "product_id string, department string, category string, type string, known_at date, row_id string",
    )


def test_each_customer_is_recommended_their_own_taste(spark: SparkSession) -> None:
    facts = interactions(spark).persist()
    none = catalogue(spark)
    made = recommender.transform(facts, none, AS_OF, PARAMS)
    fitted, customers, products = (
        made[output.name] for output in (mining.RECOMMENDER, mining.RECOMMENDER_CUSTOMERS, mining.RECOMMENDER_PRODUCTS)
    )
    assert isinstance(fitted, Fitted)
    # Who has a taste buys what others of it bought; half of the best sellers are of the other one.
    assert fitted.metrics["new_precision_at_3"] > 1.4 * fitted.baseline["new_precision_at_3"] > 0
    assert 0 < fitted.metrics["ndcg_at_6"] <= 1
    assert fitted.metrics["judged_customers"] == 40
    assert {row.customer_id for row in customers.collect()} == {f"c{n}" for n in range(40)}
    assert sorted(row.product_no for row in products.collect()) == list(range(products.count()))
    assert set(customers.columns) == set(mining.RECOMMENDER_CUSTOMERS.columns)
    assert set(products.columns) == set(mining.RECOMMENDER_PRODUCTS.columns)

    stale = customers.withColumn("as_of", F.date_sub("as_of", 1)).withColumn("customer_no", F.lit(0))
    champion = Champion(PipelineModel(stages=[fitted.model]), "7", {}, {}, AS_OF.isoformat())
    numbered = customers.unionByName(stale)
    found = recommendations.transform(champion, numbered, products, facts, none, AS_OF, PARAMS)[
        mining.RECOMMENDATIONS.name
    ]
    assert isinstance(found, DataFrame)
    assert set(found.columns) == set(mining.RECOMMENDATIONS.columns)
    rows = found.collect()
    facts_of = [row for row in facts.collect() if row.known_on <= AS_OF]
    before = {(r.customer_id, r.product_id) for r in facts_of}
    for customer in range(40):
        mine = sorted((row for row in rows if row.customer_id == f"c{customer}"), key=lambda row: row["rank"])
        assert [row["rank"] for row in mine] == [1, 2, 3, 4, 5, 6]
        assert [row.is_repeat for row in mine] == [True] * 3 + [False] * 3
        for half in (mine[:3], mine[3:]):
            assert [row.score for row in half] == sorted((row.score for row in half), reverse=True)
        assert [row.score for row in mine[:3]] == pytest.approx(weights(facts_of, f"c{customer}")[:3])
        assert all(row.is_repeat == ((row.customer_id, row.product_id) in before) for row in mine)
        # There are at least three more products of the taste unless nearly all were bought.
        taste = "sweet" if customer % 2 else "sour"
        unbought = 20 - sum(who == f"c{customer}" for who, _ in before)
        assert sum(row.product_id.startswith(taste) for row in mine) >= 3 + min(3, unbought)

    known = [row.product_id for row in products.collect() if " 1" not in row.product_id]
    # Two numbers make one type: `sweet 2` and `sweet 3`.
    entries = catalogue(spark, *[(name, type_of(name)) for name in known])
    listed = recommendations.transform(champion, numbered, products, facts, entries, AS_OF, PARAMS)[
        mining.RECOMMENDATIONS.name
    ]
    assert isinstance(listed, DataFrame)
    offered = listed.collect()
    assert not [row.product_id for row in offered if " 1" in row.product_id]
    # Ranked among what is offered: no gap where a product is no longer sold.
    for customer in range(40):
        ranks = sorted(row["rank"] for row in offered if row.customer_id == f"c{customer}")
        assert ranks == list(range(1, len(ranks) + 1))
        types = [type_of(row.product_id) for row in offered if row.customer_id == f"c{customer}"]
        assert len(set(types)) == len(types)
    assert len(offered) > 100


def weights(facts: list[Row], customer: str) -> list[float]:
    """How often this customer bought each product, a purchase of 90 days ago counting half; greatest first."""
    sums: dict[str, float] = {}
    for row in facts:
        if row.customer_id == customer:
            weight = row.purchases * 0.5 ** ((AS_OF - row.day).days / 90)
            sums[row.product_id] = sums.get(row.product_id, 0) + weight
    return sorted(sums.values(), reverse=True)


def type_of(product: str) -> str:
    taste, number = product.split()
    return f"{taste} {int(number) // 2}"


def test_nothing_to_learn_from_is_said_in_one_line(spark: SparkSession) -> None:
    with pytest.raises(TooLittleData, match=r"mining\.recommender: found 0 customers"):
        recommender.transform(spark.createDataFrame([], SCHEMA), catalogue(spark), AS_OF, PARAMS)
