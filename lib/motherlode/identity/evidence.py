"""Evidence: which identifiers were seen together, from records of any source."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

RECORD = ("identifiers", "source", "occurred_at", "occurred_on", "known_at")
EVIDENCE_KEY = (
    "identifier",
    "identifier_type",
    "identifier_scope",
    "other",
    "other_type",
    "other_scope",
    "source",
    "occurred_on",
    "hour",
)


def evidence(records: Sequence[DataFrame], not_evidence: Sequence[str]) -> DataFrame:
    """All pairs of identifiers in each record, by pair, source and hour; a lone identifier pairs with itself.

    Args:
        records: DataFrames with the columns of RECORD; `identifiers` is array<struct<type, scope, id>>.
        not_evidence: types that are left out before pairing.
    """
    rows = reduce(DataFrame.unionByName, [table.select(*RECORD) for table in records])
    taken = F.filter("identifiers", lambda one: ~one["type"].isin(*not_evidence))
    # Sorted by id, so that a pair has one direction whatever the order in its record.
    by_id = F.transform(taken, lambda one: F.struct(one["id"], one["type"], one["scope"]))
    ordered = F.array_sort(F.array_distinct(by_id))
    seen = rows.select("source", "occurred_at", "occurred_on", "known_at", ordered.alias("ids"))
    ends = seen.select("*", F.posexplode("ids").alias("position", "left"))
    rest = F.slice("ids", F.col("position") + 2, F.size("ids"))
    partners = F.when(F.size("ids") == 1, F.col("ids")).otherwise(rest)
    pairs = ends.withColumn("right", F.explode(partners))
    flat = pairs.select(
        F.col("left.id").alias("identifier"),
        F.col("left.type").alias("identifier_type"),
        F.col("left.scope").alias("identifier_scope"),
        F.col("right.id").alias("other"),
        F.col("right.type").alias("other_type"),
        F.col("right.scope").alias("other_scope"),
        "source",
        "occurred_on",
        F.hour("occurred_at").cast("long").alias("hour"),
        "occurred_at",
        "known_at",
    )
    return flat.groupBy(*EVIDENCE_KEY).agg(
        F.min("occurred_at").alias("first_at"),
        F.max("occurred_at").alias("last_at"),
        F.min("known_at").alias("known_at"),
        F.count("*").alias("count"),
    )
