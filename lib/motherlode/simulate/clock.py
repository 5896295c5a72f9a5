"""Times as milliseconds since 1970 (UTC) in bigint columns, and their text: free of any session time zone."""

from datetime import UTC, date, datetime

from pyspark.sql import Column
from pyspark.sql import functions as F

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
STORE_OFFSET = -5 * HOUR
"""The stores are at UTC-5 all year; a delivery day ends at their midnight."""


def local_midnight(day: date) -> int:
    """The start of a day in store time, in ms since 1970 UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND - STORE_OFFSET


def day_sql(ms: str) -> str:
    """SQL: the day in store time, as text."""
    return f"CAST({_date(f'({ms}) + {STORE_OFFSET}L', DAY)} AS STRING)"


def iso_utc(ms: str) -> Column:
    """2017-01-31T23:59:59.123Z; `ms` is SQL."""
    return F.expr(f"concat({_second_text(ms)}, '.', lpad(CAST(pmod({ms}, {SECOND}L) AS STRING), 3, '0'), 'Z')")


def iso_local_sql(ms: str) -> str:
    """SQL: 2017-01-31T18:59:59-05:00"""
    return f"concat({_second_text(f'(({ms}) + {STORE_OFFSET}L)')}, '-05:00')"


def _second_text(ms: str) -> str:
    in_day = f"CAST(pmod(({ms}) div {SECOND}L, 86400L) AS INT)"
    parts = [f"({in_day} div 3600)", f"({in_day} div 60) % 60", f"{in_day} % 60"]
    clock = ", ':', ".join(f"lpad(CAST({part} AS STRING), 2, '0')" for part in parts)
    return f"concat(CAST({_date(ms, DAY)} AS STRING), 'T', {clock})"


def _date(amount: str, per_day: int) -> str:
    """No time in the simulation lies before 1970, so that `div` rounds down."""
    return f"date_add(DATE'1970-01-01', CAST(({amount}) div {per_day}L AS INT))"
