"""Three kinds of customers are planted, found, named and numbered by value."""

from datetime import date

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.mining import segmenter, segments
from motherlode.contracts import mining
from motherlode.contracts.models import Champion, Fitted
from motherlode.mining.errors import TooLittleData
from motherlode.mining.segmenter import SegmenterParams

AS_OF = date(2024, 3, 31)
PARAMS = SegmenterParams(k_min=2, k_max=4, min_customers=30)
SCHEMA = (
    "as_of date, customer_id string, recency_days long, tenure_days long, orders long, net double,"
    " net_per_order double, online_share double, discount_share double, sessions_28d long, email_open_rate double"
)


def customers(spark: SparkSession) -> DataFrame:
    rng = np.random.default_rng(10)
    rows: list[tuple[object, ...]] = []
    for n in range(150):
        wobble = float(rng.uniform(0.9, 1.1))
        kind = n % 3
        if kind == 0:
            orders, basket = int(100 * wobble), 50 * wobble
            facts = (2, 300, orders, orders * basket, basket, 0.1, 0.1 * wobble, 3, 0.2)
        elif kind == 1:
            orders, basket = int(20 * wobble), 10 * wobble
            facts = (60, 300, orders, orders * basket, basket, 0.9, 0.4 * wobble, 5, 0.6)
        else:
            facts = (None, 30, 0, 0.0, None, None, None, int(20 * wobble), None)
        rows.append((AS_OF, f"{('rich', 'thrifty', 'browser')[kind]} {n}", *facts))
    return spark.createDataFrame(rows, SCHEMA)


def test_planted_kinds_become_named_segments(spark: SparkSession) -> None:
    facts = customers(spark)
    other_day = facts.withColumn("as_of", F.date_sub("as_of", 1)).withColumn("net", F.lit(1e6))
    both = facts.unionByName(other_day).persist()
    fitted = segmenter.transform(both, AS_OF, PARAMS)[mining.SEGMENTER.name]
    assert isinstance(fitted, Fitted)
    assert fitted.metrics["k"] == 3
    assert fitted.metrics["silhouette"] > max(0.8, fitted.baseline["silhouette"])
    assert fitted.model.transform(fitted.example).count() == 5

    champion = Champion(fitted.model, "7", {}, {}, AS_OF.isoformat())
    found = segments.transform(champion, both, AS_OF)[mining.SEGMENTS.name]
    assert isinstance(found, DataFrame)
    assert set(found.columns) == set(mining.SEGMENTS.columns)
    rows = found.collect()
    assert len(rows) == 150
    seen = {(row.customer_id.split()[0], row.segment_id, row.segment) for row in rows}
    assert {(kind, number) for kind, number, _ in seen} == {("rich", 1), ("thrifty", 2), ("browser", 3)}
    names = {kind: name for kind, _, name in seen}
    # The days since the last basket alone are the same for all of a kind: nothing tells the kinds better apart.
    assert names["rich"].startswith("bought recently, ")
    assert names["thrifty"].startswith("longer silent, ")
    assert names["browser"] == "not yet buying, browsing often"
    scores = {
        (r.recency_score, r.frequency_score, r.monetary_score) for r in rows if r.customer_id.startswith("browser")
    }
    assert scores == {(1, 1, 1)}


def test_too_few_customers_are_said_in_one_line(spark: SparkSession) -> None:
    with pytest.raises(TooLittleData, match=r"mining\.segmenter: found 0 customers as of 2024-03-31, needs"):
        segmenter.transform(spark.createDataFrame([], SCHEMA), AS_OF, PARAMS)


def test_nobody_to_score_gives_no_rows(spark: SparkSession) -> None:
    facts = customers(spark)
    fitted = segmenter.transform(facts, AS_OF, SegmenterParams(k_min=3, k_max=3))[mining.SEGMENTER.name]
    assert isinstance(fitted, Fitted)
    champion = Champion(fitted.model, "7", {}, {}, AS_OF.isoformat())
    found = segments.transform(champion, facts.limit(0), AS_OF)[mining.SEGMENTS.name]
    assert isinstance(found, DataFrame)
    assert found.count() == 0
    assert set(found.columns) == set(mining.SEGMENTS.columns)
