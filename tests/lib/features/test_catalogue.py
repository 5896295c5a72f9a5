"""Types in words, and the newest version of a product, by hand."""

from datetime import datetime

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from motherlode.features.catalogue import current, kind


@pytest.mark.parametrize(
    ("narrow", "wide", "expected"),
    [
        ("MAINSTREAM", "PASTA SAUCE", "MAINSTREAM (PASTA SAUCE)"),
        (" LEAN ", " BEEF ", "LEAN (BEEF)"),
        ("EGGS - LARGE", "Eggs", "EGGS - LARGE"),
        ("CIGARS", "CIGARS", "CIGARS"),
        ("TEA", None, "TEA"),
        ("TEA", " ", "TEA"),
        (None, "HOT DRINKS", None),
        (" ", "HOT DRINKS", None),
    ],
)
def test_a_type_is_told_with_its_category(
    spark: SparkSession, narrow: str | None, wide: str | None, expected: str | None
) -> None:
    row = spark.createDataFrame([(narrow, wide)], "narrow string, wide string").select(
        kind(F.col("narrow"), F.col("wide")).alias("kind")
    )
    assert [one.kind for one in row.collect()] == [expected]


def test_the_newest_version_holds_and_of_two_at_once_the_greater_row_id(spark: SparkSession) -> None:
    old, new = datetime(2024, 1, 1), datetime(2024, 2, 1)
    versions = [("9", "p", old, "A"), ("1", "p", new, "B"), ("2", "p", new, "C"), ("1", "q", None, "D")]
    frame = spark.createDataFrame(versions, "row_id string, product_id string, known_at timestamp, type string")
    assert {(row.product_id, row.type) for row in current(frame).collect()} == {("p", "C"), ("q", "D")}
