"""Whose rows a job may read, under both answers for those who never decided."""

from datetime import datetime

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import features, identity
from motherlode.runner.consent import permitted


@pytest.mark.parametrize(("default_granted", "read"), [(True, ["ann", "eve", "nobody"]), (False, ["ann", "nobody"])])
def test_a_refusal_holds_and_silence_is_what_conf_says(
    spark: SparkSession, default_granted: bool, read: list[str]
) -> None:
    at = datetime(2020, 1, 1)
    decisions = spark.createDataFrame(
        [
            ("ann", "analytics", True, at),
            ("bob", "analytics", False, at),
            # Of another purpose: says nothing here.
            ("bob", "marketing", True, at),
            ("eve", "marketing", False, at),
        ],
        identity.CONSENTS.schema,
    )
    rows = spark.createDataFrame([("ann",), ("bob",), ("eve",), (None,)], "customer_id string")
    left = permitted(features.BASKETS, rows, decisions, "analytics", default_granted)
    assert sorted(row["customer_id"] or "nobody" for row in left.collect()) == read
