"""Rows of a declared table, with what a test does not care about filled in."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from motherlode.contracts.tables import Table

DEFAULTS: dict[type[T.DataType], Any] = {
    T.StringType: "",
    T.BooleanType: False,
    T.LongType: 0,
    T.IntegerType: 0,
    T.DoubleType: 0.0,
    T.DateType: date(2020, 1, 1),
    T.TimestampType: datetime(2020, 1, 1, tzinfo=UTC),
    T.DecimalType: Decimal(0),
    T.ArrayType: [],
}


def at(text: str) -> datetime:
    """`2020-01-31 10:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rows(spark: SparkSession, table: Table, given: Iterable[Mapping[str, Any]]) -> DataFrame:
    """A DataFrame with the table's schema; a column that a row does not give is null or a default."""
    filled = []
    for row in given:
        unknown = set(row) - set(table.columns)
        assert not unknown, f"{table.full_name} has no {unknown}"
        filled.append(tuple(row.get(f.name, None if f.nullable else DEFAULTS[type(f.type)]) for f in table.fields))
    return spark.createDataFrame(filled, table.schema)


def kind(column: str, name: str) -> dict[str, str]:
    """Type and scope of an identifier that is written TYPE:VALUE or TYPE@SCOPE:VALUE."""
    of_type, _, scope = name.partition(":")[0].partition("@")
    return {f"{column}_type": of_type, f"{column}_scope": scope}


def evidence_row(a: str, b: str, when: datetime, **more: Any) -> dict[str, Any]:
    """A row of identity.evidence; identifiers are written TYPE:VALUE, or TYPE@SCOPE:VALUE."""
    first, second = sorted((a, b))
    return {
        "identifier": first,
        **kind("identifier", first),
        "other": second,
        **kind("other", second),
        "source": "web",
        "occurred_on": when.date(),
        "hour": when.hour,
        "first_at": when,
        "last_at": when,
        "known_at": when,
        "count": 1,
        **more,
    }
