"""Dense numbers: every id once, no gaps, whatever the order of rows."""

from pyspark.sql import SparkSession

from motherlode.mining.numbering import numbered


def test_ids_are_numbered_densely_and_always_the_same(spark: SparkSession) -> None:
    ids = [f"customer {n}" for n in range(700)]
    forward = spark.createDataFrame([(one,) for one in ids + ids[:50]], "id string").repartition(3)
    backward = spark.createDataFrame([(one,) for one in reversed(ids)], "id string").coalesce(1)
    found = {row.id: row.no for row in numbered(forward, "id", "no").collect()}
    assert sorted(found) == sorted(ids)
    assert sorted(found.values()) == list(range(700))
    assert {row.id: row.no for row in numbered(backward, "id", "no").collect()} == found


def test_nothing_gives_nothing(spark: SparkSession) -> None:
    assert numbered(spark.createDataFrame([], "id string"), "id", "no").collect() == []
