"""PostHog's distinct_id: whom it names, which its exports do not say.

An anonymous visitor's until the app calls identify, the app's own user's after it. So that one value has one type
wherever it stands, it is a cookie where

1. it equals `$device_id`: a browser's first anonymous id is both. Not where `$had_persisted_distinct_id` is set,
   since then the device took over an id that may have been a user's;
2. it begins with `cookieless_`: PostHog's own hash of a visitor without cookies, another one each day;
3. the SDK says so, by `$is_identified`: false. It has its word before the shapes below, since many apps give
   their users UUIDs; `$identify` is by its meaning about the user, and so is an id that `$user_id` repeats;
4. nothing of this is said, and it is a version 7 UUID, which PostHog's SDKs make, or any UUID out of a browser or
   app: their older SDKs made others. A server's other UUIDs are its users'.

Everything else is a user_id, and beside it an email where it is an address. What begins with `$` is PostHog's own
stand-in for a group or for nobody.

`$identify` links `$anon_distinct_id` to distinct_id, `$create_alias` and `$merge_dangerously` link `alias`: to a
visitor the user that they turned out to be, to a user the visitor, or another account. `$device_id` stays the same
when the user of a browser changes, so it is a device.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from motherlode.columns.identifiers import cleaned
from motherlode.sources.parsed import Identifier

ALIASES = ("$create_alias", "$merge_dangerously")
CLIENTS = (
    "web", "js", "posthog-js", "posthog-js-lite", "posthog-react-native", "posthog-ios", "posthog-android",
    "posthog-flutter", "posthog-unity",
)  # fmt: skip
"""What `$lib` says on a visitor's own machine."""
NOBODY = ("id", "distinct_id", "distinctid", "email", "not_authenticated")
"""What PostHog refuses to identify, beside the values that are blocked everywhere."""
_UUID = r"(?i)^[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_ADDRESS = r"^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$"


def person(distinct_id: Column) -> Column:
    """Null where it stands for a group or for nobody."""
    value = cleaned(distinct_id)
    return F.when(~value.startswith("$") & ~F.lower(value).isin(*NOBODY), value)


def is_anonymous(r: Column, value: Column) -> Column:
    """Whether a record's distinct_id, as `value`, names a browser or app rather than a user; null for null."""
    p = r["properties"]
    identified = p["$is_identified"].try_cast("boolean")
    said = (
        F.when(_is_own_device(p, value), True)
        .when(r["event"] == "$identify", False)
        .when(identified.isNotNull(), ~identified)
        .when(p["$user_id"] == value, False)
        .otherwise(_is_generated(p, value))
    )
    return F.when(value.isNotNull(), said)


def named_by(r: Column, value: Column, anonymous: Column) -> list[Identifier]:
    """The identifiers of a record's distinct_id and of what its event links to it."""
    p = r["properties"]
    alias = F.when(r["event"].isin(*ALIASES), person(p["alias"]))
    visitor = _is_own_device(p, alias) | (~anonymous & _is_generated(p, alias))
    return [
        Identifier("user_id", F.when(~anonymous, value)),
        Identifier("user_id", F.when(~visitor, alias)),
        *[Identifier("email", F.when(each.rlike(_ADDRESS), each)) for each in (value, alias)],
        Identifier("device", F.when(~_took_over(p), person(p["$device_id"]))),
        Identifier("cookie", F.when(anonymous, value)),
        Identifier("cookie", F.when(r["event"] == "$identify", person(p["$anon_distinct_id"]))),
        Identifier("cookie", F.when(visitor, alias)),
    ]


def _is_own_device(p: Column, value: Column) -> Column:
    same = (p["$device_id"] == value) & ~_took_over(p)
    return F.coalesce(same, F.lit(False)) | value.startswith("cookieless_")


def _took_over(p: Column) -> Column:
    return F.coalesce(p["$had_persisted_distinct_id"].try_cast("boolean"), F.lit(False))


def _is_generated(p: Column, value: Column) -> Column:
    in_client = F.coalesce(p["$lib"].isin(*CLIENTS), F.lit(False))
    return value.rlike(_UUID % "7") | (in_client & value.rlike(_UUID % "[0-9a-f]"))
