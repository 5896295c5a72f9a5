"""Tables in Parquet: rows as they come out of a file of pyarrow's, against literal rows."""

import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.sources.intake import SilverParams, take_in
from motherlode.sources.row_groups import row_groups
from motherlode.sources.source import Source
from tests.lib.sources.silver_cases import Outcome, nothing_yet, records_of
from tests.lib.sources.test_formats import hashed, picked

TILLS = Source(
    name="tills",
    format="parquet",
    path="tills/*.parquet",
    target="order_lines",
    channel="store",
    zone="America/New_York",
    key=("receipt", "line"),
    identifiers={"loyalty_card": "card", "email": "mail"},
    columns={
        "order_id": "receipt",
        "line_no": "line",
        "occurred_at": "sold_at",
        "product_id": "product",
        "quantity": "units",
        "net": ("paid", "-coupon"),
        "is_test": "training",
    },
    constants={"currency": "USD"},
)
NOON = datetime(2020, 1, 1, 12)


def sales(zone: str | None = None, **changes: pa.Array) -> pa.Table:
    columns: dict[str, pa.Array] = {
        "receipt": pa.array([7, 8, 9, 10]),
        "line": pa.array([1, 1, 1, 1], pa.uint8()),
        "sold_at": pa.array([NOON] * 4, pa.timestamp("us", zone)),
        # As pandas writes numbers of which some are missing.
        "card": pa.array([4155.0, None, 4156.0, None]),
        "mail": pa.array([None, "Ann@example.com", None, ""]).dictionary_encode(),
        "product": pa.array(["a", "b", None, "d"]),
        "units": pa.array([1.5, 2.0, float("nan"), 1.0]),
        "paid": pa.array([Decimal("10.10"), Decimal("0.30"), Decimal("1.00"), None], pa.decimal128(12, 2)),
        "coupon": pa.array([Decimal("0.10"), None, None, None], pa.decimal128(12, 2)),
        "training": pa.array([False, None, True, False]),
        "basket": pa.array([[{"n": 1}], None, [], None]),
    }
    return pa.table({**columns, **changes})


def texts(table: pa.Table) -> list[str]:
    file = io.BytesIO()
    pq.write_table(table, file)
    return [
        text
        for piece in row_groups(pa.BufferReader(file.getvalue()), 0, None, 10_000)
        for text in piece.texts.to_pylist()
    ]


def received(spark: SparkSession, raws: list[str]) -> Outcome:
    records = records_of(spark, "tills", raws)
    before = nothing_yet(spark, silver.ORDER_LINES)
    return Outcome(silver.ORDER_LINES, take_in(silver.ORDER_LINES, records, before, SilverParams(sources=(TILLS,))))


def test_rows_of_a_table(spark: SparkSession) -> None:
    # A wall clock's time is that of the source's zone, an instant is not.
    instants = sales("UTC").set_column(0, "receipt", pa.array([17, 18, 19, 20]))
    outcome = received(spark, texts(sales()) + texts(instants))
    card, mail = hashed("loyalty_card", "tills", "4155"), hashed("email", "", "ann@example.com")
    first: dict[str, Any] = {
        "order_id": "tills:7",
        "line_no": "1",
        "occurred_at": datetime(2020, 1, 1, 17),
        "identifiers": [{"type": "loyalty_card", "scope": "tills", "id": card}],
        "product_id": "a",
        "quantity": 1.5,
        "net": Decimal("10.00"),
        "is_test": False,
        "currency": "USD",
    }
    second = {
        "order_id": "tills:8",
        "identifiers": [{"type": "email", "scope": "", "id": mail}],
        "quantity": 2.0,
        "net": Decimal("0.30"),
    }
    rows = [row.asDict(recursive=True) for row in outcome.rows]
    assert [picked(rows[0], first), picked(rows[1], second)] == [first, second]
    assert [(row["order_id"], row["occurred_at"]) for row in rows[2:]] == [("tills:17", NOON), ("tills:18", NOON)]
    problems = [(row["offset"], row["rule"], row["path"], row["found"]) for row in outcome.quarantine]
    wrong = [("readable", "units", "aaa"), ("required", "paid + -coupon", None)]
    assert problems == [(n + at, *rest) for at in (0, 4) for n, rest in zip((2, 3), wrong, strict=True)]


def test_columns_are_found_by_name(spark: SparkSession) -> None:
    one = sales().slice(0, 1)
    tables = [
        one.select(list(reversed(one.column_names))),
        one.drop(["basket"]).append_column("new", pa.array(["x"])),
        one.drop(["coupon"]),
        one.rename_columns([name.upper() for name in one.column_names]),
        # Of another type than before: as text.
        one.set_column(7, "paid", pa.array(["10.1"])),
    ]
    raws = [text for table in tables for text in texts(table)]
    outcome = received(spark, [*raws, "[1]", '{"receipt":1}{"receipt":2}', '{"receipt":'])
    assert [(row["offset"], row["rule"], row["path"]) for row in outcome.quarantine] == [
        (2, "column_missing", "coupon"),
        (3, "column_missing", "card"),
        (5, "json", None),
        (6, "json", None),
        (7, "json", None),
    ]
    # What is not read, and the order of columns, make no other row; a price written otherwise does.
    assert outcome.offsets == [0, 4]
    assert [row["offset"] for row in outcome.duplicates] == [1]
    assert [row["net"] for row in outcome.rows] == [Decimal("10.00")] * 2
