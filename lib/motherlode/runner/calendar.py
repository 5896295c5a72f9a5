"""The last complete business day: `as_of` comes from the data, never from the clock."""

from datetime import date, timedelta
from functools import reduce
from statistics import median

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.errors import UsageError
from motherlode.settings import Business


def last_complete_day(happenings: list[DataFrame], business: Business) -> date:
    """The day before the newest business day with a fair number of records.

    One aggregation over a narrow column of each table; the rows collected are days. A few records of a
    wrong clock, dated far ahead, do not move it: such a day has too few.

    Args:
        happenings: silver tables with occurred_at.
    """
    day = F.to_date(F.from_utc_timestamp("occurred_at", business.zone))
    counts = reduce(DataFrame.unionByName, [rows.select(day.alias("day")) for rows in happenings])
    found = {row["day"]: row["count"] for row in counts.groupBy("day").count().collect()}
    if not found:
        raise UsageError(
            "no event or sale was taken in, so no day is complete: silver's quarantine tables say why, by record"
        )
    enough = business.complete_share * median(found.values())
    newest: date = max(day for day, count in found.items() if count >= enough)
    return newest - timedelta(days=1)
