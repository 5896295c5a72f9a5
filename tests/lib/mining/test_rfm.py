"""Scores of recency, frequency and money against fifths by hand."""

from pyspark.sql import SparkSession

from motherlode.mining.rfm import rfm_scores

SCHEMA = "customer_id string, recency_days long, orders long, net double"


def test_fifths_among_buyers(spark: SparkSession) -> None:
    buyers = [(f"c{n}", 10 * n, 20 - n, 5.0 * n) for n in range(1, 11)]
    rows = spark.createDataFrame([*buyers, ("browser", None, 0, 0.0)], SCHEMA)
    found = {
        row.customer_id: (row.recency_score, row.frequency_score, row.monetary_score)
        for row in rfm_scores(rows).collect()
    }
    fifth = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    expected = {f"c{n}": (6 - fifth[n - 1], 6 - fifth[n - 1], fifth[n - 1]) for n in range(1, 11)}
    assert found == {**expected, "browser": (1, 1, 1)}


def test_equal_values_score_equally(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(f"c{n}", 5, 1, 9.0) for n in range(7)], SCHEMA)
    assert {(r.recency_score, r.frequency_score, r.monetary_score) for r in rfm_scores(rows).collect()} == {(1, 1, 1)}


def test_without_a_buyer_all_score_one(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("browser", None, 0, 0.0)], SCHEMA)
    assert [r.monetary_score for r in rfm_scores(rows).collect()] == [1]
