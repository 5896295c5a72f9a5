"""The last complete business day: `as_of` comes from the data, never from the clock."""

from datetime import date, timedelta
from statistics import median

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.errors import UsageError
from motherlode.settings import Business


def last_complete_day(happenings: list[DataFrame], business: Business) -> date:
    """The newest business day that every table has seen the end of.

    Of each table that is the day before its newest one with a fair number of records: a few of a wrong clock,
    dated far ahead, do not move it. The table that is furthest behind decides, as sales often arrive a night
    after web events; one that is further behind than `business.awaited_days` is not waited for.

    One aggregation over a narrow column of each table; the rows collected are days.

    Args:
        happenings: silver tables with occurred_at.
    """
    ends = [newest for rows in happenings if (newest := _newest_fair_day(rows, business))]
    if not ends:
        raise UsageError(
            "no event or sale was taken in, so no day is complete: silver's quarantine tables say why, by record"
        )
    awaited = max(ends) - timedelta(days=business.awaited_days)
    return min(day for day in ends if day >= awaited) - timedelta(days=1)


def _newest_fair_day(rows: DataFrame, business: Business) -> date | None:
    day = F.to_date(F.from_utc_timestamp("occurred_at", business.zone)).alias("day")
    found: dict[date, int] = {row["day"]: row["count"] for row in rows.groupBy(day).count().collect()}
    if not found:
        return None
    enough = business.complete_share * median(found.values())
    return max(day for day, count in found.items() if count >= enough)
