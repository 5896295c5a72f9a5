"""The real tables that are delivered as they are."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import HOUR, local_midnight
from motherlode.simulate.noise import within
from motherlode.simulate.params import FIRST_DAY
from motherlode.simulate.people import copies_of
from motherlode.simulate.records import HEADERS, ORIGINAL, as_records, csv_line, quoted


def first_day_records(table: DataFrame, source: str, first_ms: int, until_ms: int, scale: int = 1) -> DataFrame:
    """Records of a table that is delivered whole on the first day, households repeated `scale` times."""
    many = copies_of(table, scale) if scale > 1 and "household_id" in table.columns else table
    return _records(many, source, F.lit(local_midnight(FIRST_DAY) + HOUR), first_ms, until_ms)


def start_day_records(
    table: DataFrame, campaigns: DataFrame, source: str, first_ms: int, until_ms: int, scale: int = 1
) -> DataFrame:
    """Records of a table that is delivered when the campaign of each row starts."""
    starts = campaigns.select("campaign_id", "start_date")
    many = copies_of(table, scale) if "household_id" in table.columns else table
    return _records(
        many.join(F.broadcast(starts), "campaign_id", "inner"), source, _morning("start_date"), first_ms, until_ms
    )


def redemption_records(table: DataFrame, first_ms: int, until_ms: int, scale: int) -> DataFrame:
    """Records of the source redemptions, on the day of each redemption."""
    return _records(copies_of(table, scale), "redemptions", _morning("redemption_date"), first_ms, until_ms)


def _morning(day: str) -> Column:
    """02:00 store time of the day, at the earliest on the first day of the records."""
    since = F.datediff(F.col(day).cast("date"), F.lit(date(1970, 1, 1))).cast("long") * (24 * HOUR)
    return F.greatest(since + F.lit(7 * HOUR), F.lit(local_midnight(FIRST_DAY) + HOUR))


def _records(table: DataFrame, source: str, at: Column, first_ms: int, until_ms: int) -> DataFrame:
    names = HEADERS[source].split(",")
    types = dict(table.dtypes)
    text = csv_line(*[quoted(n) if types[n] == "string" else n for n in names])
    numbers = [F.lpad(F.col(n).cast("string"), 14, "0") for n in names if types[n] == "bigint"]
    rows = table.select(
        *names,
        at.alias("at_ms"),
        F.concat_ws("/", *numbers).alias("key"),
        F.lit(ORIGINAL).alias("kind"),
        F.lit(False).alias("late"),
    )
    return as_records(within(rows, first_ms, until_ms), F.lit(source), text, F.lit(False))
