"""The real tables that are delivered as they are."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, HOUR, local_midnight
from motherlode.simulate.noise import within
from motherlode.simulate.params import FIRST_DAY
from motherlode.simulate.people import copies_of
from motherlode.simulate.records import HEADERS, ORIGINAL, as_records, csv_line, quoted

_FIRST_NIGHT = f"{local_midnight(FIRST_DAY) + HOUR}L"


def first_day_records(table: DataFrame, source: str, first_ms: int, until_ms: int, scale: int = 1) -> DataFrame:
    """Records of a table that is delivered whole on the first day, households repeated `scale` times."""
    many = copies_of(table, scale) if "household_id" in table.columns else table
    return _records(many, source, _FIRST_NIGHT, first_ms, until_ms)


def start_day_records(
    table: DataFrame, campaigns: DataFrame, source: str, first_ms: int, until_ms: int, scale: int = 1
) -> DataFrame:
    """Records of a table that is delivered when the campaign of each row starts."""
    starts = campaigns.select("campaign_id", "start_date")
    many = copies_of(table, scale) if "household_id" in table.columns else table
    dated = many.join(F.broadcast(starts), "campaign_id", "inner")
    return _records(dated, source, _night_of("start_date"), first_ms, until_ms)


def redemption_records(table: DataFrame, first_ms: int, until_ms: int, scale: int) -> DataFrame:
    """Records of the source redemptions, on the day of each redemption."""
    return _records(copies_of(table, scale), "redemptions", _night_of("redemption_date"), first_ms, until_ms)


def _night_of(day: str) -> str:
    """SQL: 02:00 store time of the day, at the earliest on the first day of the records."""
    return f"greatest(CAST(unix_date(CAST({day} AS DATE)) AS BIGINT) * {DAY}L + {7 * HOUR}L, {_FIRST_NIGHT})"


def _records(table: DataFrame, source: str, at: str, first_ms: int, until_ms: int) -> DataFrame:
    names = HEADERS[source].split(",")
    types = dict(table.dtypes)
    text = csv_line(*[quoted(n) if types[n] == "string" else n for n in names])
    numbers = ", ".join(f"lpad(CAST({n} AS STRING), 14, '0')" for n in names if types[n] == "bigint")
    rows = table.selectExpr(
        *names, f"{at} AS at_ms", f"concat_ws('/', {numbers}) AS key", f"{ORIGINAL} AS kind", "false AS late"
    )
    return as_records(within(rows, first_ms, until_ms), f"'{source}'", text)
