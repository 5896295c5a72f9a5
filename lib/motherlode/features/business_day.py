"""The business day, and from which one on a fact could be counted."""

from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F


@dataclass(frozen=True)
class BusinessDayParams:
    """What a day is."""

    zone: str = "UTC"
    """IANA time zone in which a business day begins and ends."""


def business_day(at: Column | str, zone: str) -> Column:
    """The day of an instant in `zone`, as a date."""
    return F.to_date(F.from_utc_timestamp(at, zone))


def known_on(zone: str, *instants: str) -> Column:
    """The day by whose end all of `instants` (columns; null does not count) had passed."""
    return business_day(F.greatest(*[F.col(name) for name in instants]), zone)
