"""What an operator may set about the report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportParams:
    """Words that the data cannot know.

    Args:
        title: heading of the page.
        notice: where the data comes from and on what terms; empty leaves it out.
        zone: IANA name of the time zone whose days are business days.
        currency: ISO 4217 code in which amounts are written.
    """

    title: str = "Customer report"
    notice: str = ""
    zone: str = "UTC"
    currency: str = "USD"
