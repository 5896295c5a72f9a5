"""What the values of a table's column look like: by what share of a sample's parse, not by the column's name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

MOST = 0.8
"""Share of the filled values that must look alike."""
_PLAIN = r"[-+]?\d+(?:\.\d+)?"
_SIGN = r"(?:€|\$|£|¥|EUR|USD|GBP|CHF|PLN|SEK|DKK|NOK|CZK|JPY|CAD|AUD)"
_LOCAL = r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?|[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?"
_KINDS: Mapping[str, str] = {
    "email": r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}",
    "uuid": r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "url": r"https?://\S+",
    # Digits alone are an id.
    "phone": r"\+[\d ()/.\u00a0-]{7,24}|\(?0\d*[ ()/\u00a0-][\d ()/.\u00a0-]{4,22}",
    "currency": r"[A-Z]{3}",
    "boolean": r"(?i:true|false|t|f|yes|no|y|n)",
    "words": r"(?i:ja|nein|oui|non|si|sí|on|off|opt-?in|opt-?out|granted|denied)",
    "integer": r"[-+]?\d+",
    "decimal": _PLAIN,
    "local_amount": rf"(?:{_SIGN}\s?)?(?:{_LOCAL})(?:\s?{_SIGN})?",
}
"""Kind to what all of a value is; the first that fits is a column's."""
_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_TIMES = {"": "", r" \d{2}:\d{2}": " HH:mm", r" \d{2}:\d{2}:\d{2}": " HH:mm:ss"}
_DATES = {
    r"(\d{1,2})\.(\d{1,2})\.\d{4}": ("d.M.yyyy", "M.d.yyyy"),
    r"(\d{1,2})/(\d{1,2})/\d{4}": ("d/M/yyyy", "M/d/yyyy"),
    r"(\d{1,2})-(\d{1,2})-\d{4}": ("d-M-yyyy", "M-d-yyyy"),
    r"(\d{1,2})\.(\d{1,2})\.\d{2}": ("d.M.yy", "M.d.yy"),
}
_WHOLE = {r"\d{4}/\d{2}/\d{2}": "yyyy/MM/dd", r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])": "yyyyMMdd"}
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}\S*(?: ?(?:[A-Z]{1,4}|[+-]\d\S*))?)?")
_ZONED = re.compile(r".*\d:\d{2}[\d:.,]*\s*(?:[A-Za-z].*|[+-][\d:]{1,6})")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")


@dataclass(frozen=True)
class Look:
    """One column.

    Args:
        filled: share of the rows that have a value.
        distinct: different values, by filled rows: 1 where none comes twice.
        kind: time, epoch, email, phone, url, uuid, currency, boolean, words, integer, decimal, local_amount, text;
            empty where nothing is filled.
        pattern: Spark's, of times that are not ISO 8601.
        is_ambiguous: day and month could stand the other way round.
        zoneless: times say no offset from UTC.
        currency: that the amounts name.
        decimal_comma: of amounts.
    """

    filled: float
    distinct: float
    kind: str
    pattern: str = ""
    is_ambiguous: bool = False
    zoneless: bool = False
    currency: str = ""
    decimal_comma: bool = False


def look(values: Sequence[str]) -> Look:
    """Of all values of a column, empty ones too."""
    given = [value.strip() for value in values if value.strip()]
    filled = len(given) / max(len(values), 1)
    if not given:
        return Look(0.0, 0.0, "")
    distinct = len(set(given)) / len(given)
    if _share(given, lambda value: bool(_ISO.fullmatch(value))) >= MOST:
        zoneless = _share(given, lambda value: not _ZONED.fullmatch(value)) > 1 - MOST
        return Look(filled, distinct, "time", zoneless=zoneless)
    if found := _pattern(given):
        return Look(filled, distinct, "time", pattern=found[0], is_ambiguous=found[1], zoneless=True)
    if _share(given, lambda value: bool(_EPOCH.fullmatch(value))) >= MOST:
        return Look(filled, distinct, "epoch")
    for kind, pattern in _KINDS.items():
        wanted = re.compile(pattern)
        if _share(given, lambda value, wanted=wanted: bool(wanted.fullmatch(value))) >= MOST:  # type: ignore[misc]
            if kind != "local_amount":
                return Look(filled, distinct, kind)
            comma = _has_decimal_comma(given)
            return Look(filled, distinct, kind, currency=_currency(given), decimal_comma=comma)
    return Look(filled, distinct, "text")


def plain_amount(value: str, decimal_comma: bool) -> str:
    """`1.234,50 €` as 1234.50; what is no amount stays as it is."""
    bare = _bare(value)
    if not re.fullmatch(_LOCAL, bare):
        return value
    return bare.replace(".", "").replace(",", ".") if decimal_comma else bare.replace(",", "")


def _bare(value: str) -> str:
    return re.sub(rf"^{_SIGN}\s?|\s?{_SIGN}$", "", value.strip())


def _has_decimal_comma(values: Sequence[str]) -> bool:
    """By those that show it: a comma behind a point, or before other than three digits."""
    bare = [_bare(value) for value in values]
    return any(re.search(r"\..*,|,(?:\d{1,2}|\d{4,})$", value) is not None for value in bare)


def _share(values: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, values)) / len(values)


def _currency(values: Sequence[str]) -> str:
    found = {_SYMBOLS.get(sign, sign) for value in values for sign in re.findall(_SIGN, value)}
    return found.pop() if len(found) == 1 else ""


def _pattern(values: Sequence[str]) -> tuple[str, bool] | None:
    """Spark's pattern of dates and times, and whether day and month could be the other way round."""
    for clock, hours in _TIMES.items():
        for written, pattern in _WHOLE.items():
            wanted = re.compile(written + clock)
            if _share(values, lambda value, wanted=wanted: bool(wanted.fullmatch(value))) >= MOST:  # type: ignore[misc]
                return pattern + hours, False
        for written, (day_first, month_first) in _DATES.items():
            matches = [found for value in values if (found := re.fullmatch(written + clock, value))]
            if len(matches) < MOST * len(values):
                continue
            firsts = sum(int(found[1]) > 12 for found in matches)
            seconds = sum(int(found[2]) > 12 for found in matches)
            chosen = month_first if seconds > firsts else day_first
            if all(len(found[1]) == 2 and len(found[2]) == 2 for found in matches):
                chosen = chosen.replace("d", "dd", 1).replace("M", "MM", 1)
            return chosen + hours, not (firsts or seconds)
    return None
