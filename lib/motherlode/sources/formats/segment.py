"""Segment-spec JSON lines (also RudderStack's and Jitsu's): web and app events."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, one_of, plausible_time, required, scalar
from motherlode.columns.identifiers import cleaned
from motherlode.columns.numbers import decimal
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.structure import structure
from motherlode.columns.times import by_receivers_clock, if_plausible, instant
from motherlode.contracts import silver
from motherlode.contracts.fields import MONEY
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import Parsed, canonical_type, identifiers_in, product_of, read_json, shaped
from motherlode.sources.paths import at
from motherlode.sources.source import Source

FIELDS = (
    "type", "messageId", "anonymousId", "userId", "previousId", "originalTimestamp", "sentAt", "timestamp",
    "receivedAt", "event", "name",
    "traits.email", "traits.phone", "traits.name", "traits.firstName", "traits.lastName", "traits.birthday",
    "traits.address",
    "properties.product_id", "properties.sku", "properties.order_id", "properties.cart_id", "properties.query",
    "properties.path", "properties.url", "properties.revenue", "properties.total",
    "context.userAgent", "context.page.path", "context.page.url", "context.device.id",
    "context.device.advertisingId", "context.campaign.name", "context.campaign.source", "context.campaign.medium",
    "context.traits.email", "context.traits.phone",
)  # fmt: skip
TRANSPORT = ("messageId", "sentAt", "timestamp", "receivedAt")
"""What a redelivery changes, and the key: no part of the content."""
IDENTIFIERS = {
    "user_id": ("userId",),
    "email": ("traits.email", "context.traits.email"),
    "phone": ("traits.phone", "context.traits.phone"),
    "device": ("context.device.id",),
    "advertising_id": ("context.device.advertisingId",),
    "cart": ("properties.cart_id",),
    # An alias links the id that the visitor had so far, which is the anonymous one.
    "cookie": ("anonymousId", "previousId"),
}
TYPES = ("track", "identify", "page", "screen", "group", "alias")
_CALLS = {
    "page": "page_viewed",
    "screen": "page_viewed",
    "identify": "identified",
    "alias": "aliased",
    "group": "grouped",
}


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is messageId, the time originalTimestamp, else timestamp.

    Where sentAt and receivedAt say that the device's clock is wrong, the time is put right by them.
    """
    r = F.col("r")
    amount = F.coalesce(r["properties"]["revenue"], r["properties"]["total"])
    frame = read_json(records, FORMAT.schema).withColumns(
        {
            "_key": cleaned(r["messageId"]),
            "_time": F.coalesce(cleaned(r["originalTimestamp"]), cleaned(r["timestamp"])),
            "_known_at": instant(r["receivedAt"], source.zone, source.time_formats),
            "_sent_at": instant(r["sentAt"], source.zone, source.time_formats),
            "_revenue": decimal(amount, MONEY),
        }
    )
    key, time, known_at, revenue = F.col("_key"), F.col("_time"), F.col("_known_at"), F.col("_revenue")
    frame = frame.withColumns(
        {
            "_claimed_at": instant(time, source.zone, source.time_formats),
            "_received_at": if_plausible(known_at),
        }
    )
    claimed_at, sent_at, received_at = F.col("_claimed_at"), F.col("_sent_at"), F.col("_received_at")
    frame = frame.withColumn("_occurred_at", by_receivers_clock(claimed_at, sent_at, received_at))
    occurred_at = F.col("_occurred_at")
    traits, context, properties = r["traits"], r["context"], r["properties"]
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=key,
            content=structure(*[at(r, path) for path in FIELDS if path not in TRANSPORT]),
            problem=first_problem(
                F.col("problem"),
                required(key, "messageId"),
                scalar(key, "messageId"),
                required(r["type"], "type"),
                one_of(r["type"], TYPES, "type"),
                scalar(r["event"], "event"),
                scalar(r["name"], "name"),
                plausible_time(time, occurred_at, "originalTimestamp"),
            ),
            occurred_at=occurred_at,
            known_at=known_at,
            claimed_at=claimed_at,
            identifiers=identifiers_in(r, IDENTIFIERS),
            contacts={
                "email": cleaned(traits["email"]),
                "phone": cleaned(traits["phone"]),
                "name": cleaned(F.coalesce(traits["name"], F.concat_ws(" ", traits["firstName"], traits["lastName"]))),
                "address": cleaned(traits["address"]),
                "birth_date": cleaned(traits["birthday"]),
            },
            flags={
                "revenue_unreadable": amount.isNotNull() & revenue.isNull(),
                "revenue_negative": revenue < 0,
                "clock_corrected": occurred_at != claimed_at,
                "clock_ahead": occurred_at > received_at + F.expr("INTERVAL 1 HOUR"),
            },
            fields={
                "type": _type(r, source),
                "name": scrubbed(cleaned(F.coalesce(r["event"], r["name"]))),
                "channel": F.lit(source.channel),
                "page": page_path(
                    F.coalesce(context["page"]["path"], properties["path"], context["page"]["url"], properties["url"])
                ),
                "search": scrubbed(cleaned(properties["query"])),
                "product_id": product_of(properties, source),
                "order_id": cleaned(properties["order_id"]),
                "campaign_id": scrubbed(cleaned(context["campaign"]["name"])),
                "campaign_source": scrubbed(cleaned(context["campaign"]["source"])),
                "campaign_medium": scrubbed(cleaned(context["campaign"]["medium"])),
                "revenue": revenue,
                "user_agent": context["userAgent"],
                "marked_bot": F.lit(False),
            },
        ),
    )


def _type(r: Column, source: Source) -> Column:
    call = F.lit("other")
    for name, canonical in _CALLS.items():
        call = F.when(r["type"] == name, canonical).otherwise(call)
    event = canonical_type(r["event"], source)
    return F.when(r["type"] == "track", event).otherwise(call)


FORMAT = Format(
    name="segment",
    doc="Segment-spec JSON lines, also RudderStack's and Jitsu's: web and app events",
    url="https://segment.com/docs/connections/spec/",
    splitter="lines",
    parse=parse,
    targets=(silver.EVENTS,),
    fields=FIELDS,
    key=("messageId",),
    identifiers=IDENTIFIERS,
    unread=(
        "version", "integrations", "groupId", "channel", "category", "properties", "traits",
        "context",
    ),
    has_contacts=True,
    marks=("messageId", "type"),
)  # fmt: skip
