"""Tenths that are tenths, with equal scores too."""

from pyspark.sql import SparkSession

from motherlode.mining.deciles import with_decile


def test_tenths_fall_by_score(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(f"c{n}", n / 100) for n in range(100)], "customer_id string, score double")
    found = with_decile(rows, "score", "customer_id", "decile").collect()
    assert {row.customer_id: row.decile for row in found} == {f"c{n}": 10 - n // 10 for n in range(100)}


def test_equal_scores_are_parted_evenly(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(f"c{n}", 0.25) for n in range(200)], "customer_id string, score double")
    found = with_decile(rows, "score", "customer_id", "decile").groupBy("decile").count().collect()
    assert {row.decile: row["count"] for row in found} == dict.fromkeys(range(1, 11), 20)


def test_no_rows_give_no_rows(spark: SparkSession) -> None:
    rows = spark.createDataFrame([], "customer_id string, score double")
    assert with_decile(rows, "score", "customer_id", "decile").collect() == []
