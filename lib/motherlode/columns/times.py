"""Times as sources write them, to instants in UTC."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

EARLIEST = "1990-01-01"
LATEST = "2101-01-01"
CLOCK_TOLERANCE = "INTERVAL 2 MINUTES"
"""Of a device's clock, the way of a message over the network included."""
# Spark reads "12:30" as half past twelve today: a time needs its date.
_ISO = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ]|$)"
_ZONED = r"[0-9]:[0-9]{2}[0-9:.,]*\s*(?:[A-Za-z].*|[+-][0-9:]{1,6})$"


def instant(text: Column, zone: str = "UTC", formats: Sequence[str] = ()) -> Column:
    """An ISO 8601 text, or one of `formats` (Spark's patterns), as a timestamp; null where it is none.

    A text without an offset is a wall clock's in `zone`; a date alone is its midnight.
    """
    parsed = F.when(text.rlike(_ISO), text.try_cast("timestamp"))
    if zone != "UTC":
        local = F.to_utc_timestamp(parsed, zone)
        parsed = F.when(text.rlike(_ZONED), parsed).otherwise(local)
    for pattern in formats:
        other = F.try_to_timestamp(text, F.lit(pattern))
        zoned = any(letter in pattern for letter in "XxZVO")
        parsed = F.coalesce(parsed, other if zoned or zone == "UTC" else F.to_utc_timestamp(other, zone))
    return parsed


def epoch_seconds(text: Column) -> Column:
    """Whole seconds since 1970 as a timestamp; null where it is no such number or out of range."""
    seconds = text.try_cast("bigint")
    return F.when(seconds.between(0, 4_133_980_800), F.timestamp_seconds(seconds))


def is_off(sent: Column, received: Column) -> Column:
    """Whether a device's clock, by which `sent` is, differs from the receiver's; false where one did not say."""
    ahead = received + F.expr(CLOCK_TOLERANCE)
    behind = received - F.expr(CLOCK_TOLERANCE)
    return F.coalesce((sent > ahead) | (sent < behind), F.lit(False))


def by_receivers_clock(claimed: Column, sent: Column, received: Column) -> Column:
    """received − (sent − claimed): when it happened by the receiver's clock, as Segment and Snowplow have it.

    Only of a clock that is off: by one that is right it would move with each delivery's way over the network. And only
    where that can be: many programs write year 1 where nobody looked at a clock.
    """
    corrected = received - (sent - claimed)
    return F.when(is_off(sent, received) & plausible(corrected), corrected).otherwise(claimed)


def if_plausible(at: Column) -> Column:
    """Null for a time that is said and cannot be."""
    return F.when(plausible(at), at)


def plausible(at: Column) -> Column:
    """Whether an event of a business can have happened then: in 1990 to 2100."""
    return (at >= F.lit(EARLIEST).cast("timestamp")) & (at < F.lit(LATEST).cast("timestamp"))
