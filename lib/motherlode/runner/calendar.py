"""The last complete business day: `as_of` comes from the data, never from the clock."""

from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.silver import EVENTS, ORDER_LINES
from motherlode.errors import UsageError
from motherlode.settings import Business

DAYS_ARE_OF = (EVENTS, ORDER_LINES)
"""The tables that say which business day is complete."""


def last_complete_day(happenings: list[DataFrame], business: Business) -> date:
    """The newest business day that every table has seen the end of.

    Of each table that is the day before its newest one with a fair number of records: a few of a wrong clock,
    dated far ahead, do not move it. The table that is furthest behind decides, as sales often arrive a night
    after web events; but for one that is further behind than `business.awaited_days`, or that has nothing on most
    days anyway, as monthly mailings. Sales that come still later move the day back.

    One aggregation over a narrow column of each table; the rows collected are days.

    Args:
        happenings: silver tables with occurred_at.
    """
    tables = [days for rows in happenings if (days := _fair_days(rows, business))]
    if not tables:
        raise UsageError(
            "no event or sale was taken in, so no day is complete: silver's quarantine tables say why, by record"
        )
    newest = max(days[-1] for days in tables)
    awaited = newest - timedelta(days=business.awaited_days)
    daily = [days[-1] for days in tables if days[-1] >= awaited and _is_daily(days)]
    return min(daily, default=newest) - timedelta(days=1)


def _fair_days(rows: DataFrame, business: Business) -> list[date]:
    """The days with a fair number of records, in order."""
    day = F.to_date(F.from_utc_timestamp("occurred_at", business.zone)).alias("day")
    found: dict[date, int] = {row["day"]: row["count"] for row in rows.groupBy(day).count().collect()}
    enough = business.complete_share * median(found.values()) if found else 0
    return sorted(day for day, count in found.items() if count >= enough)


def _is_daily(days: list[date]) -> bool:
    return len(days) == 1 or median((after - before).days for before, after in pairwise(days)) == 1
