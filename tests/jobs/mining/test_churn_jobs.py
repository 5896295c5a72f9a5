"""Customers who are about to stop, as planted, get the higher scores; the future changes nothing."""

from datetime import date, timedelta

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.mining import churn, churn_scores
from motherlode.contracts import features, mining
from motherlode.contracts.models import Champion, Fitted
from motherlode.features.customer_features import customer_features
from motherlode.mining.churn import ChurnParams
from motherlode.mining.errors import TooLittleData

AS_OF = date(2024, 6, 30)
PARAMS = ChurnParams(horizon_days=14, train_dates=2, min_cases=5, trees=6, depth=2, leaf=5)


def customer_days(spark: SparkSession) -> DataFrame:
    """Customers buy about weekly until a day after which they never do; half of them never stop."""
    rng = np.random.default_rng(11)
    rows = []
    for customer in range(160):
        stop = AS_OF - timedelta(days=int(rng.integers(-10, 100))) if customer % 2 else AS_OF + timedelta(days=30)
        day = AS_OF - timedelta(days=170 + customer % 7)
        while day <= min(stop, AS_OF):
            rows.append((f"c{customer}", day))
            day += timedelta(days=int(rng.integers(4, 10)))
    zeros = {
        field.name: F.lit(0).cast(field.type).alias(field.name)
        for field in features.CUSTOMER_DAYS.fields
        if field.name not in ("customer_id", "day", "known_on", "orders", "net", "items")
    }
    bought = spark.createDataFrame(rows, "customer_id string, day date")
    return bought.select(
        "customer_id",
        "day",
        F.col("day").alias("known_on"),
        F.lit(1).cast("long").alias("orders"),
        F.lit(3).cast("long").alias("items"),
        F.lit(25).cast("decimal(18,4)").alias("net"),
        *zeros.values(),
    )


def test_who_stopped_scores_higher(spark: SparkSession) -> None:
    days = customer_days(spark).persist()
    made = churn.transform(days, AS_OF, PARAMS)
    fitted, evaluation = made[mining.CHURN.name], made[mining.CHURN_EVALUATION.name]
    assert isinstance(fitted, Fitted)
    assert isinstance(evaluation, DataFrame)
    assert fitted.metrics["auc"] > 0.85
    assert fitted.metrics["brier"] < fitted.baseline["brier"]
    assert fitted.metrics["log_loss"] < fitted.baseline["log_loss"]
    assert fitted.metrics.keys() == fitted.baseline.keys()
    assert fitted.metrics["lift_top_decile"] == evaluation.where("decile = 1").collect()[0].lift
    assert fitted.model.transform(fitted.example).count() == 5

    assert set(evaluation.columns) == set(mining.CHURN_EVALUATION.columns)
    tenths = evaluation.orderBy("decile").collect()
    assert [row.decile for row in tenths] == list(range(1, 11))
    assert {row.judged_on for row in tenths} == {"2024-06-16"}
    assert tenths[0].lift > 1 > tenths[-1].lift
    assert max(row.customers for row in tenths) - min(row.customers for row in tenths) <= 1

    champion = Champion(fitted.model, "7", {}, {}, AS_OF.isoformat())
    known = customer_features(days, AS_OF).persist()
    found = churn_scores.transform(champion, known, AS_OF, PARAMS)[mining.CHURN_SCORES.name]
    assert isinstance(found, DataFrame)
    assert set(found.columns) == set(mining.CHURN_SCORES.columns)
    rows = {row.customer_id: row for row in found.collect()}
    recency = {row.customer_id: row.recency_days for row in known.collect() if row.orders_84d > 0}
    assert rows.keys() == recency.keys()
    gone = np.mean([rows[who].probability for who, days_ago in recency.items() if days_ago > 20])
    here = np.mean([rows[who].probability for who, days_ago in recency.items() if days_ago < 8])
    assert gone > 0.8
    assert here < 0.3
    assert {row.horizon_days for row in rows.values()} == {14}


def test_what_becomes_known_later_changes_nothing(spark: SparkSession) -> None:
    days = customer_days(spark)
    later = days.withColumn("known_on", F.lit(AS_OF + timedelta(days=1)))
    future = later.withColumn("day", F.date_add("day", 170)).where(F.col("day") > F.lit(AS_OF))
    quick = ChurnParams(horizon_days=14, train_dates=1, min_cases=5, trees=2, depth=2, leaf=5)
    told = [
        churn.transform(facts, AS_OF, quick)[mining.CHURN.name].metrics
        for facts in (days, days.unionByName(later).unionByName(future))
    ]
    assert told[1] == pytest.approx(told[0], abs=1e-9)


def test_too_few_churners_are_said_in_one_line(spark: SparkSession) -> None:
    with pytest.raises(
        TooLittleData, match=r"mining\.churn: found 0 customers to train on who churned, needs at least 5"
    ):
        churn.transform(customer_days(spark).limit(0), AS_OF, PARAMS)
