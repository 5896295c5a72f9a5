"""Identifiers made comparable before they are hashed: the same person's look the same afterwards."""

import phonenumbers
from pyspark.sql import Column
from pyspark.sql import functions as F

from motherlode.columns.shape import is_nested

PRIORITY = (
    "user_id", "crm_id", "loyalty_card", "email", "phone", "subscriber", "device", "advertising_id", "cookie", "cart",
    "household", "order",
)  # fmt: skip
"""Identifier types, the strongest first: the first that a record has is its primary one."""
FALLBACK = "order"
"""Names the transaction itself where nobody is seen: never evidence of a person."""
GLOBAL = ("email", "phone")
"""Types that mean the same in every source."""
BLOCKED = (
    "0", "-1", "null", "none", "nil", "nan", "n/a", "na", "undefined", "unknown", "anonymous", "guest", "test",
    "true", "false", "[object object]", '"nan"', '"infinity"', '"-infinity"', "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
"""Values that programs write where there is no identifier, in lower case."""
_EMAIL = r"^[^\s@]{1,64}@[^\s@]{1,190}\.[^\s@.]{2,63}$"
_BLOCKED_EMAIL = r"^(test|noreply|no-reply|nobody|none|null)@"
E164 = r"^\+[1-9][0-9]{6,14}$"
_PHONE = r"^[+(0-9][-+0-9 ().\u00a0/]{5,24}(?:(?:x|ext\.?)\s*[0-9]{1,6})?$"


def normalised(kind: str, value: Column) -> Column:
    """`value` (trimmed, not empty) in the one spelling of its type; null where it can name nobody.

    A phone number that is not plainly E.164 comes out as it is: `pseudonyms` reads it with a library.
    """
    value = F.when(~is_nested(value), value)
    if kind == "email":
        address = F.lower(value)
        return F.when(address.rlike(_EMAIL) & ~address.rlike(_BLOCKED_EMAIL), address)
    if kind == "phone":
        # Punctuation apart, most numbers are E.164 already, and need no library; "+44 (0)20 …" does.
        bare = F.when(value.rlike(E164), value).otherwise(F.regexp_replace(value, r"[\s.\u00a0/-]", ""))
        return F.when(bare.rlike(E164), bare).when(value.rlike(_PHONE), value)
    return F.when(~F.lower(value).isin(*BLOCKED), value)


def cleaned(value: Column) -> Column:
    """Trimmed, and null for nothing."""
    trimmed = F.trim(value)
    return F.when(trimmed != "", trimmed)


def e164(value: str, region: str) -> str | None:
    """A phone number as a person writes it, in E.164; None where it is none."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
