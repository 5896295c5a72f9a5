"""Dates of training, who counts, and that the trees learn what was planted."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from sklearn.metrics import roc_auc_score

from motherlode.contracts.features import CUSTOMER_DAYS, CUSTOMER_FEATURES
from motherlode.features.customer_features import customer_features
from motherlode.features.labels import churn_labels
from motherlode.mining.churn import (
    INPUTS,
    ChurnParams,
    at_risk,
    judged_date,
    outcomes,
    probability,
    rarity_rule,
    train,
    training_dates,
)

AS_OF = date(2024, 6, 30)


def features(spark: SparkSession, rows: list[dict[str, object]]) -> DataFrame:
    known = {field.name: None if field.nullable else 0 for field in CUSTOMER_FEATURES.fields}
    types = {field.name: float if field.type.simpleString() == "double" else int for field in CUSTOMER_FEATURES.fields}
    full = [{**known, "as_of": AS_OF, "customer_id": f"c{n}", **row} for n, row in enumerate(rows)]
    cast = [
        tuple(v if k in ("as_of", "customer_id") or v is None else types[k](v) for k, v in row.items()) for row in full
    ]
    return spark.createDataFrame(cast, CUSTOMER_FEATURES.schema)


def test_no_outcome_reaches_past_what_is_known() -> None:
    params = ChurnParams(horizon_days=28, train_dates=3)
    assert judged_date(AS_OF, params) == date(2024, 6, 2)
    assert training_dates(AS_OF, params) == [date(2024, 5, 5), date(2024, 4, 7), date(2024, 3, 10)]


def test_only_recent_buyers_can_churn(spark: SparkSession) -> None:
    rows = features(spark, [{"orders_84d": 2, "orders": 5}, {"orders_84d": 0, "orders": 9}])
    assert [row.customer_id for row in at_risk(rows).collect()] == ["c0"]


def test_outcomes_of_all_dates_are_those_of_each_alone(spark: SparkSession) -> None:
    rng = np.random.default_rng(12)
    schema = CUSTOMER_DAYS.schema
    first = date(2024, 1, 1)
    bought = sorted({(f"c{rng.integers(12)}", first + timedelta(days=int(rng.integers(180)))) for _ in range(300)})
    rows = []
    for customer, day in bought:
        known_on = day + timedelta(days=int(rng.integers(3)) * 20)
        facts = {name: Decimal(5) if name in ("net", "discount") else 1 for name in CUSTOMER_DAYS.columns[3:]}
        rows.append((customer, day, known_on, *facts.values()))
    days = spark.createDataFrame(rows, schema).persist()
    dates = [date(2024, 6, 2), date(2024, 5, 5), date(2024, 4, 7)]

    stacked = outcomes(days, dates, customer_features, lambda given, day: churn_labels(given, day, 28)).collect()

    assert {row.dated for row in stacked} == set(dates)
    for day in dates:
        alone = at_risk(customer_features(days, day)).join(churn_labels(days, day, 28), on="customer_id", how="inner")
        expected = {row.customer_id: (*[row[name] for name in INPUTS], int(row.churned)) for row in alone.collect()}
        found = {r.customer_id: (*[r[name] for name in INPUTS], r.churned) for r in stacked if r.dated == day}
        assert found == expected
        assert len(expected) > 5


def test_trees_learn_what_was_planted_and_say_it_in_true_chances(spark: SparkSession) -> None:
    rng = np.random.default_rng(7)
    recency = rng.integers(0, 80, size=1200)
    chance = np.where(recency > 60, 0.6, np.where(recency > 30, 0.2, 0.03))
    churned = (rng.random(1200) < chance).astype(int)
    known = [{"orders_84d": 1, "recency_days": int(days), "net": rng.random()} for days in recency]
    rows = features(spark, known).select("customer_id", *INPUTS)
    truth = spark.createDataFrame(
        [(f"c{n}", int(one)) for n, one in enumerate(churned)], "customer_id string, churned int"
    )
    params = ChurnParams(trees=20, depth=2)
    model = train(rows.join(truth, on="customer_id", how="inner").coalesce(1), params)
    found = {
        row.customer_id: row.p
        for row in model.transform(rows).select("customer_id", probability().alias("p")).collect()
    }
    told = np.array([found[f"c{n}"] for n in range(1200)])
    assert roc_auc_score(churned, told) > roc_auc_score(churned, chance) - 0.02
    for low, high in ((0, 30), (31, 60), (61, 80)):
        group = (recency >= low) & (recency <= high)
        assert told[group].mean() == pytest.approx(churned[group].mean(), abs=0.05)


def test_the_rival_sorts_by_fewest_baskets_then_by_longest_silence(spark: SparkSession) -> None:
    pairs = [(baskets, silent) for baskets in (3, 1, 40, 2) for silent in (0, 83, 21)]
    rows = features(spark, [{"orders_84d": baskets, "recency_days": silent} for baskets, silent in pairs])
    scored = rows.select("orders_84d", "recency_days", rarity_rule().alias("score")).collect()
    assert all(0 < row.score < 1 for row in scored)
    found = [(row.orders_84d, row.recency_days) for row in sorted(scored, key=lambda row: -row.score)]
    assert found == sorted(pairs, key=lambda pair: (pair[0], -pair[1]))
