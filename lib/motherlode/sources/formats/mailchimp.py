"""Mailchimp's webhook, form-encoded, a delivery a line: who came, left, moved, and which campaigns were sent."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, problem, required
from motherlode.columns.identifiers import FALLBACK, cleaned
from motherlode.columns.scrub import scrubbed
from motherlode.columns.structure import structure
from motherlode.columns.times import instant
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import CARRIED, Identifier, Parsed, canonical_type, identifiers_in, shaped
from motherlode.sources.source import Source

FIELDS = (
    "type", "fired_at",
    "data[id]", "data[new_id]", "data[list_id]", "data[campaign_id]",
    "data[email]", "data[new_email]", "data[old_email]", "data[action]", "data[reason]", "data[status]",
    "data[merges][EMAIL]", "data[merges][FNAME]", "data[merges][LNAME]", "data[merges][PHONE]",
)  # fmt: skip
"""By their names in the form. A merge field is called as the business calls it: these are Mailchimp's own."""
KEY = (
    "type", "fired_at", "data[id]", "data[new_id]", "data[email]", "data[new_email]", "data[list_id]",
    "data[campaign_id]",
)  # fmt: skip
"""A delivery has no id: these together tell a repeat."""
IDENTIFIERS = {
    "email": ("data[email]", "data[merges][EMAIL]", "data[new_email]", "data[old_email]"),
    "phone": ("data[merges][PHONE]",),
    "subscriber": ("data[id]", "data[new_id]"),
}
_COMPLAINTS = ("unsubscribe", "cleaned")
_REPLACED = "\ufffd"
"""What stands where bytes are no UTF-8."""


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the time is fired_at, a wall clock's in the source's zone."""
    frame = _read(records).withColumn("_occurred_at", instant(F.col("r.fired_at"), source.zone, source.time_formats))
    r, occurred_at = F.col("r"), F.col("_occurred_at")
    is_campaign = r["type"] == "campaign"
    is_complaint = r["type"].isin(*_COMPLAINTS) & (r["data[reason]"] == "abuse")
    kind = F.when(is_complaint, F.concat(r["type"], F.lit(" abuse"))).otherwise(r["type"])
    frame = frame.withColumn("_kind", kind)
    # Of a campaign, data[id] is the campaign's; nobody is in it, so that it names itself.
    people = identifiers_in(r, {**IDENTIFIERS, "subscriber": ("data[new_id]",)})
    people.append(Identifier("subscriber", F.when(~is_campaign, r["data[id]"])))
    nobody = Identifier(FALLBACK, F.when(is_campaign, r["data[id]"]))
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=structure(*[r[name] for name in KEY]),
            content=structure(*[r[name] for name in FIELDS]),
            problem=first_problem(
                F.col("problem"),
                required(r["type"], "type"),
                plausible_time(r["fired_at"], occurred_at, "fired_at"),
            ),
            occurred_at=occurred_at,
            known_at=occurred_at,
            identifiers=[*people, nobody],
            contacts={
                "email": F.coalesce(r["data[new_email]"], r["data[email]"]),
                "phone": r["data[merges][PHONE]"],
                "name": cleaned(F.concat_ws(" ", r["data[merges][FNAME]"], r["data[merges][LNAME]"])),
            },
            fields={
                "type": canonical_type(F.col("_kind"), source),
                # A campaign's status tells one that was sent from one that was cancelled.
                "name": scrubbed(F.concat_ws(" ", F.col("_kind"), F.when(is_campaign, r["data[status]"]))),
                "channel": F.lit(source.channel),
                "campaign_id": _campaign(F.coalesce(r["data[campaign_id]"], F.when(is_campaign, r["data[id]"]))),
                "marked_bot": F.lit(False),
            },
        ),
    )


def _read(records: DataFrame) -> DataFrame:
    """CARRIED, `r` (the FIELDS as texts, null for nothing) and `problem`."""
    pieces = F.filter(F.split("raw", "&", -1), lambda piece: piece != "")
    keys = F.transform("_pieces", lambda piece: F.try_url_decode(F.substring_index(piece, "=", 1)))
    values = F.transform("_pieces", _value)
    frame = records.withColumn("_pieces", pieces).withColumn("_keys", keys).withColumn("_values", values)
    used = F.array(*[F.lit(name) for name in FIELDS])
    once = F.filter("_keys", lambda key: F.array_contains(used, key))
    found = {name: F.get("_values", F.array_position("_keys", F.lit(name)).cast("int") - 1) for name in FIELDS}
    return frame.withColumn("_used", once).select(
        *CARRIED,
        F.struct(*[cleaned(value).alias(name) for name, value in found.items()]).alias("r"),
        first_problem(_undecoded("_keys"), _undecoded("_values"), _repeated()).alias("problem"),
    )


def _value(piece: Column) -> Column:
    """What stands behind the first `=`, decoded; null where it cannot be."""
    text = F.substr(piece, F.length(F.substring_index(piece, "=", 1)) + 2)
    decoded = F.try_url_decode(text)
    meant = F.upper(text).contains("%EF%BF%BD") | text.contains(_REPLACED)
    return F.when(~decoded.contains(_REPLACED) | meant, decoded)


def _campaign(value: Column) -> Column:
    """One of Mailchimp's ids may be all digits, which `scrubbed` takes for a telephone number."""
    return F.when(value.rlike("^[0-9a-f]{10}$"), value).otherwise(scrubbed(value))


def _undecoded(part: str) -> Column:
    at = F.array_position(F.transform(part, lambda text: text.isNull()), F.lit(True)).cast("int") - 1
    piece = F.get("_pieces", at)
    return F.when(piece.isNotNull(), problem("form", None, piece, "key=value, percent-encoded UTF-8"))


def _repeated() -> Column:
    """Two deliveries that ran together: reading one would lose the other."""
    repeats = F.size(F.array_distinct("_used")) < F.size("_used")
    return F.when(repeats, problem("form", None, None, "each field once"))


FORMAT = Format(
    name="mailchimp",
    doc="Mailchimp's webhook, form-encoded, a delivery a line: who subscribed, left, bounced, changed their address",
    url="https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/",
    splitter="lines",
    pattern=r"^(?=.*?(?:^|&)type=)(?=.*?(?:^|&)fired_at=)",
    parse=parse,
    targets=(silver.EVENTS,),
    fields=FIELDS,
    key=KEY,
    identifiers={**IDENTIFIERS, FALLBACK: ("data[id]",)},
    unread=("data[web_id]", "data[email_type]", "data[ip_opt]", "data[ip_signup]", "data[subject]", "data[merges]"),
    has_contacts=True,
)
