"""Numbers, amounts and lists as people read them."""

import math
from collections.abc import Iterable
from datetime import date

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_STEPS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
NOTHING = "–"


def is_missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def count(value: float | None) -> str:
    """Whole numbers in full: 12,345."""
    return NOTHING if value is None or is_missing(value) else f"{value:,.0f}"


def compact(value: float | None) -> str:
    """As `count`, but from ten million on in words: 12.3 million."""
    if value is None or is_missing(value):
        return NOTHING
    if abs(value) >= 1e7:
        for step, name in _STEPS:
            if abs(value) >= step:
                return f"{value / step:,.1f} {name}"
    return count(value)


def decimal(value: float | None, places: int = 2) -> str:
    return NOTHING if value is None or is_missing(value) else f"{value:,.{places}f}"


def percent(value: float | None, places: int = 1) -> str:
    """A share of 1 as a percentage. What is not nothing never reads as 0%, nor what is not all as 100%."""
    if value is None or is_missing(value):
        return NOTHING
    least = 10.0**-places
    if 0 < value * 100 < least / 2:
        return f"<{least:.{places}f}%"
    if 100 - least / 2 <= value * 100 < 100:
        return f">{100 - least:.{places}f}%"
    return f"{value:.{places}%}"


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def money(value: float | None, currency: str, places: int = 0) -> str:
    """An amount: $1,234 where the sign is well known, else 1,234 CHF."""
    if value is None or is_missing(value):
        return NOTHING
    symbol = _SYMBOLS.get(currency)
    amount = decimal(abs(value), places) if places else compact(abs(value))
    sign = "-" if value < 0 else ""
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount} {currency}"


def day(value: date) -> str:
    """3 July 2017."""
    return f"{value.day} {value:%B %Y}"


def plural(number: float, one: str, many: str | None = None) -> str:
    """`1 basket`, `2 baskets`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = list(names) or [NOTHING]
    return f"{', '.join(most)} and {last}" if most else last
