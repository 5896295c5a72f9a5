"""Personal data masked in what people type and in addresses of pages, natively."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# The @ itself, or percent-encoded once or more (%40, %2540).
_AT = r"(?:@|%(?:25)*40)"
_LOCAL = r"[^\s@/?&=#,;:<>\"()\[\]]"
# Only where such a part begins: from each of its letters on, a long one would be read again.
_EMAIL = rf"(?:(?<!{_LOCAL})|\G){_LOCAL}+{_AT}[^\s@/?&=#,;:<>\"'()\[\]%]+"
_CARD = r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])"
_PHONE = r"(?<![0-9A-Za-z])(?:\+|%2B|00)[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])"
_LOCAL_PHONE = r"(?<![0-9A-Za-z])\(?[0-9]{2,5}\)?(?:[ ./-]{0,2}[0-9]{2,5}){2,4}(?![0-9A-Za-z])"


def scrubbed(text: Column) -> Column:
    """Free text with [email], [card] and [phone] in the place of what looks like one."""
    hidden = _without_emails(text)
    digits = F.regexp_replace(F.regexp_replace(hidden, _CARD, "[card]"), f"{_PHONE}|{_long(_LOCAL_PHONE)}", "[phone]")
    return F.when(hidden.rlike("[0-9].{5,}[0-9]"), digits).otherwise(hidden)


def page_path(address: Column) -> Column:
    """The path of a URL or path, query and fragment dropped, personal data in its segments masked.

    Digits stay unless they look like a card or an international phone number: product numbers are long too.
    """
    found = F.regexp_extract(address, r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)", 1)
    hidden = _without_emails(F.when(found == "", "/").otherwise(found))
    digits = F.regexp_replace(F.regexp_replace(hidden, _CARD, "[card]"), _PHONE, "[phone]")
    return F.when(address.isNotNull(), F.when(hidden.rlike("[0-9]{7,}"), digits).otherwise(hidden))


def _without_emails(text: Column) -> Column:
    # Most texts have none: the scan for one character is much cheaper than the pattern.
    suspect = text.contains("@") | text.contains("%")
    return F.when(suspect, F.regexp_replace(text, _EMAIL, "[email]")).otherwise(text)


def _long(pattern: str) -> str:
    """`pattern` where at least nine digits stand: prices, years and sizes are shorter."""
    return rf"(?=(?:[^0-9]?[^0-9]?[^0-9]?[0-9]){{9}}){pattern}"
