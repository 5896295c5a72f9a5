"""Records counted by file, against literals."""

from datetime import date, datetime
from typing import Any

from pyspark.sql import SparkSession

from motherlode.checks.counts import counted, findings_of
from motherlode.contracts import bronze, quality, silver

SCHEMA = (
    "table string, source string, batch long, file string, offset long, known_at timestamp, is_late boolean,"
    " flags array<string>, missing array<string>, rule string, path string"
)
FILES = "source string, file string, modified_at timestamp, batch long, first long"
NOON = datetime(2017, 3, 4, 12)
RECEIVED, UNREADABLE = bronze.RECORDS.full_name, bronze.QUARANTINE.full_name
TAKEN, LINES = silver.EVENTS.full_name, silver.ORDER_LINES.full_name
REPEATED, BROKEN = silver.DUPLICATES["events"].full_name, silver.QUARANTINES["events"].full_name
Rows = list[tuple[Any, ...]]


def one(
    table: str,
    offset: int,
    file: str = "a",
    batch: int = 1,
    known_at: datetime | None = None,
    is_late: bool = False,
    flags: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    rule: str | None = None,
    path: str | None = None,
) -> tuple[Any, ...]:
    if table in (TAKEN, LINES):
        known_at = known_at or NOON
    return (table, "web", batch, file, offset, known_at, is_late, [*flags], [*missing], rule, path)


def count(spark: SparkSession, rows: Rows, files: Rows, before: Rows = [], zone: str = "UTC") -> Rows:  # noqa: B006
    found = counted(
        spark.createDataFrame(files, FILES),
        spark.createDataFrame(rows, SCHEMA),
        spark.createDataFrame(before, quality.COUNTS.schema),
        zone,
        ["web"],
    )
    assert found.columns == quality.COUNTS.columns
    return sorted(tuple(row) for row in found.collect())


def test_each_finding_of_a_file_is_counted(spark: SparkSession) -> None:
    rows = [
        *[one(RECEIVED, offset) for offset in range(5)],
        one(UNREADABLE, 90, rule="utf8"),
        one(TAKEN, 0, missing=("page", "search")),
        one(TAKEN, 1, missing=("page",), flags=("clock_off", "odd"), is_late=True),
        one(REPEATED, 2),
        one(BROKEN, 3, rule="required", path="type"),
        one(BROKEN, 4, rule="required", path="type"),
    ]
    files = [("web", "a", datetime(2026, 1, 1), 1, None)]
    found = [row[3:6] + row[8:] for row in count(spark, rows, files)]
    assert found == [
        ("flagged", "any", "", 1),
        ("flagged", "clock_off", "", 1),
        ("flagged", "odd", "", 1),
        ("late", "any", "", 1),
        ("missing", "missing", "page", 2),
        ("missing", "missing", "search", 1),
        ("quarantined", "required", "type", 2),
        ("quarantined", "utf8", "", 1),
        ("repeated", "any", "", 1),
        ("taken", "any", "", 2),
    ]


def test_an_order_is_one_record_whichever_line_lacks_something(spark: SparkSession) -> None:
    rows = [
        one(RECEIVED, 0),
        one(LINES, 0, flags=("quantity_out_of_range",), missing=("store_id",)),
        one(LINES, 0, flags=("quantity_out_of_range",), missing=("product_id", "store_id")),
    ]
    found = [row[3:6] + row[8:] for row in count(spark, rows, [("web", "a", NOON, 1, None)])]
    assert found == [
        ("flagged", "any", "", 1),
        ("flagged", "quantity_out_of_range", "", 1),
        ("missing", "missing", "product_id", 1),
        ("missing", "missing", "store_id", 1),
        ("taken", "any", "", 1),
    ]


def test_a_files_day_is_that_of_most_of_its_records_in_the_business_zone(spark: SparkSession) -> None:
    night = datetime(2017, 3, 5, 3)  # still the fourth in New York
    rows = [
        *[one(RECEIVED, offset, file) for file, offsets in (("a", 4), ("b", 1)) for offset in range(offsets)],
        one(TAKEN, 0, known_at=night),
        one(TAKEN, 1, known_at=night),
        one(TAKEN, 2, known_at=datetime(2017, 1, 1)),
        one(BROKEN, 3, rule="required", path="type"),
        one(REPEATED, 0, "b"),
    ]
    files = [("web", "a", datetime(2026, 1, 1), 1, None), ("web", "b", datetime(2017, 6, 2, 3), 1, 0)]
    found = {(row[2], row[3], *row[6:]) for row in count(spark, rows, files, zone="America/New_York")}
    assert found == {
        ("a", "taken", date(2017, 3, 4), True, 3),
        ("a", "quarantined", date(2017, 3, 4), True, 1),
        ("b", "repeated", date(2017, 6, 1), False, 1),
    }


def test_what_was_counted_is_not_counted_again_and_what_is_under_way_waits(spark: SparkSession) -> None:
    rows = [
        *[one(RECEIVED, 0, "a", 1), one(TAKEN, 0, "a", 1)],
        *[one(RECEIVED, 0, "b", 2), one(TAKEN, 0, "b", 2)],
        # Its second record was received, and silver has not looked at it yet.
        *[one(RECEIVED, 0, "c", 3), one(RECEIVED, 1, "c", 3), one(TAKEN, 0, "c", 3)],
        *[one(RECEIVED, 0, "d", 4), one(TAKEN, 0, "d", 4)],
        # Taken in long ago: bronze no longer has the records.
        one(TAKEN, 0, "e", 2),
        # Of a source that is no longer declared: nobody looks at it.
        (RECEIVED, "gone", *one(RECEIVED, 0, "z", 2)[2:]),
    ]
    files = [("web", file, NOON, batch, None) for file, batch in (("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 2))]
    before = [("web", 1, "a", "taken", "any", "", date(2017, 3, 4), True, 1)]
    assert [row[2] for row in count(spark, rows, files, before)] == ["b", "e"]
    whole = [*rows, one(REPEATED, 1, "c", 3)]
    assert [row[1:4] for row in count(spark, whole, files, before)] == [
        (2, "b", "taken"),
        (2, "e", "taken"),
        (3, "c", "repeated"),
        (3, "c", "taken"),
        (4, "d", "taken"),
    ]


def test_what_is_read_beside_addresses(spark: SparkSession) -> None:
    event = dict.fromkeys(silver.EVENTS.columns) | {
        "known_at": datetime(2017, 3, 6), "occurred_at": datetime(2017, 3, 4), "flags": ["odd"], "page": "/home",
    }  # fmt: skip
    schema = ", ".join(f"{f.name} {f.type.simpleString()}" for f in silver.EVENTS.fields)
    (row,) = spark.createDataFrame([tuple(event.values())], schema).select(*findings_of(silver.EVENTS)).collect()
    assert (row["known_at"], row["is_late"], row["flags"], row["rule"]) == (datetime(2017, 3, 6), True, ["odd"], None)
    assert row["missing"] == [
        "name", "search", "product_id", "order_id", "campaign_id", "campaign_source", "campaign_medium", "revenue",
    ]  # fmt: skip
    broken = spark.createDataFrame([("required", None)], "rule string, path string")
    (row,) = broken.select(*findings_of(silver.QUARANTINES["events"])).collect()
    assert row.asDict() == {
        "known_at": None, "is_late": False, "flags": [], "missing": [], "rule": "required", "path": None,
    }  # fmt: skip
