"""What was found of records as they were taken in, counted by file: a few small rows of each."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.columns.arrays import those
from motherlode.contracts import bronze, silver
from motherlode.contracts.bronze import ADDRESS_COLUMNS
from motherlode.contracts.quality import ANY, COUNTS
from motherlode.contracts.tables import Table

LATE = "INTERVAL 1 DAY"
_FILE = ("source", "batch", "file")
_FINDINGS = "array<struct<outcome: string, rule: string, field: string>>"
_WORKED_OUT = (silver.KEY_ID, silver.CLAIMED_ON)
"""Optional fields that no source delivers."""


def findings_of(table: Table) -> list[Column]:
    """What is read of a table beside addresses: known_at, is_late, flags, missing (optional fields without a value),
    rule and path; null or empty where it has no such thing."""
    optional = [f.name for f in table.fields if f.nullable and f not in _WORKED_OUT] if table in silver.TARGETS else []
    is_late = (
        F.col("known_at") > F.col("occurred_at") + F.expr(LATE) if "occurred_at" in table.columns else F.lit(False)
    )
    absent = those([(F.lit(name), F.col(name).isNull()) for name in optional], "array<string>")
    return [
        given(table, "known_at", "timestamp"),
        is_late.alias("is_late"),
        F.coalesce(given(table, "flags", "array<string>"), F.array().cast("array<string>")).alias("flags"),
        absent.alias("missing"),
        given(table, "rule", "string"),
        given(table, "path", "string"),
    ]


def given(table: Table, name: str, kind: str) -> Column:
    """A column of a table; null where it has none of that name."""
    return (F.col(name) if name in table.columns else F.lit(None)).cast(kind).alias(name)


def counted(
    files: DataFrame, addresses: DataFrame, previous: DataFrame, zone: str, sources: Sequence[str]
) -> DataFrame:
    """Rows of silver.quality_counts, of the batches that came after those of `previous`.

    A batch is counted when all of its records were taken in, repeat one, or are quarantined. One of which that is not
    so yet, and all after it, are left to a later run.

    Args:
        files: bronze.files.
        addresses: of bronze.records and of all tables that a record can end in, with `findings_of` them.
        previous: what was counted before.
        zone: IANA name of the time zone of a business day.
        sources: those that are declared: for records of others nobody waits.
    """
    (newest,) = previous.agg(F.coalesce(F.max("batch"), F.lit(0)).alias("batch")).collect()
    # A literal lets Delta skip the files of older batches.
    new = _once(addresses.where(F.col("batch") > newest["batch"]))
    day = F.to_date(F.from_utc_timestamp("known_at", zone)).alias("day")
    alike = (*_FILE, _fate().alias("fate"), day, "is_late", "flags", "missing", "rule", "path")
    # As few as there are sets of flags and gaps; all that follows is small.
    sets = new.groupBy(*alike).agg(F.count(F.lit(1)).alias("records")).persist()
    whole = sets.where("fate <> 'received'").join(
        _waiting(sets.where(F.col("source").isin(*sources))), on=F.col("batch") >= F.col("waiting"), how="left_anti"
    )
    found = whole.withColumn("finding", F.explode(_findings())).select(*_FILE, "finding.*", "records")
    sums = found.groupBy(*_FILE, "outcome", "rule", "field").agg(F.sum("records").alias("records"))
    return sums.join(_dated(files, sets, zone), on=list(_FILE), how="inner").select(*COUNTS.columns)


def _once(rows: DataFrame) -> DataFrame:
    """An order is one record, whichever of its lines lacks something."""
    is_line = F.col("table") == silver.ORDER_LINES.full_name
    lines = rows.where(is_line).groupBy("table", *ADDRESS_COLUMNS)
    orders = lines.agg(
        F.max("known_at").alias("known_at"),
        F.bool_or("is_late").alias("is_late"),
        F.max("flags").alias("flags"),
        F.array_sort(F.array_distinct(F.flatten(F.collect_list("missing")))).alias("missing"),
        F.max("rule").alias("rule"),
        F.max("path").alias("path"),
    )
    return rows.where(~is_line).unionByName(orders)


def _fate() -> Column:
    table = F.col("table")
    return (
        F.when(table == bronze.RECORDS.full_name, "received")
        .when(table == bronze.QUARANTINE.full_name, "unreadable")
        .when(table.isin([one.full_name for one in silver.QUARANTINES.values()]), "quarantined")
        .when(table.isin([one.full_name for one in silver.DUPLICATES.values()]), "repeated")
        .otherwise("taken")
    )


def _waiting(sets: DataFrame) -> DataFrame:
    """One row at most: the first batch of which records were received that ended nowhere yet."""
    received = F.sum(F.when(F.col("fate") == "received", F.col("records")).otherwise(0))
    ended = F.sum(F.when(F.col("fate").isin("taken", "repeated", "quarantined"), F.col("records")).otherwise(0))
    by_file = sets.groupBy(*_FILE).agg((received > ended).alias("is_waiting")).where("is_waiting")
    return by_file.agg(F.min("batch").alias("waiting")).where("waiting IS NOT NULL")


def _findings() -> Column:
    """What a set of records with the same fate, flags and gaps adds to."""

    def one(outcome: str, rule: Column, field: Column) -> Column:
        return F.struct(F.lit(outcome).alias("outcome"), rule.alias("rule"), field.alias("field"))

    every, nowhere = F.lit(ANY), F.lit("")
    is_taken, is_flagged = F.col("fate") == "taken", F.size("flags") > 0
    broken = one("quarantined", F.col("rule"), F.coalesce("path", nowhere))
    whole = those(
        [
            (one("taken", every, nowhere), is_taken),
            (one("repeated", every, nowhere), F.col("fate") == "repeated"),
            (one("flagged", every, nowhere), is_flagged),
            (one("late", every, nowhere), F.col("is_late") & is_taken),
            (broken, F.col("fate").isin("quarantined", "unreadable")),
        ],
        _FINDINGS,
    )
    flagged = F.transform("flags", lambda flag: one("flagged", flag, nowhere))
    missing = F.transform("missing", lambda name: one("missing", F.lit("missing"), name))
    return F.concat(whole, flagged.cast(_FINDINGS), missing.cast(_FINDINGS))


def _dated(files: DataFrame, sets: DataFrame, zone: str) -> DataFrame:
    """source, batch, file with `day` and `is_whole`. Broken records say no time that one could trust: they belong to
    the day of those that came with them."""
    by_day = sets.where("fate = 'taken'").groupBy(*_FILE, "day").agg(F.sum("records").alias("records"))
    most = by_day.groupBy(*_FILE).agg(F.max_by("day", F.struct("records", "day")).alias("day"))
    written_on = F.to_date(F.from_utc_timestamp("modified_at", zone))
    dated = files.join(most, on=list(_FILE), how="left")
    return dated.select(*_FILE, F.coalesce("day", written_on).alias("day"), F.col("first").isNull().alias("is_whole"))
