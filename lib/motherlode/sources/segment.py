"""Segment-spec JSON lines (also RudderStack's and Jitsu's): web and app events.

https://segment.com/docs/connections/spec/
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, one_of, plausible_time, required, scalar
from motherlode.columns.identifiers import cleaned
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.structure import structure
from motherlode.columns.times import instant
from motherlode.contracts import silver
from motherlode.contracts.fields import MONEY
from motherlode.contracts.tables import Table
from motherlode.sources.parsed import Identifier, Parsed, product_of, read_json, shaped
from motherlode.sources.source import Source

SCHEMA = """
    type string, messageId string, anonymousId string, userId string, previousId string,
    originalTimestamp string, timestamp string, receivedAt string, event string, name string,
    traits struct<email string, phone string, name string, firstName string, lastName string, birthday string,
        address string>,
    properties struct<product_id string, sku string, order_id string, query string, path string, url string,
        revenue string, total string>,
    context struct<userAgent string, page struct<path string, url string>, device struct<id string>,
        campaign struct<name string>, traits struct<email string, phone string>>
"""
TYPES = ("track", "identify", "page", "screen", "group", "alias")
EVENTS = {
    "Product Viewed": "product_viewed",
    "Product List Viewed": "product_listed",
    "Product Added": "product_added",
    "Product Removed": "product_removed",
    "Products Searched": "searched",
    "Cart Viewed": "cart_viewed",
    "Checkout Started": "checkout_started",
    "Order Completed": "order_completed",
    "Order Refunded": "order_refunded",
    "Signed Up": "signed_up",
    "Signed In": "signed_in",
}
_CALLS = {
    "page": "page_viewed",
    "screen": "page_viewed",
    "identify": "identified",
    "alias": "aliased",
    "group": "grouped",
}


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is messageId, the time originalTimestamp, else timestamp."""
    r = F.col("r")
    amount = F.coalesce(r["properties"]["revenue"], r["properties"]["total"])
    frame = read_json(records, SCHEMA).withColumns(
        {
            "_key": cleaned(r["messageId"]),
            "_time": F.coalesce(cleaned(r["originalTimestamp"]), cleaned(r["timestamp"])),
            "_known_at": instant(r["receivedAt"], source.zone, source.time_formats),
            "_revenue": amount.try_cast(MONEY),
        }
    )
    key, time, known_at, revenue = F.col("_key"), F.col("_time"), F.col("_known_at"), F.col("_revenue")
    frame = frame.withColumn("_occurred_at", instant(time, source.zone, source.time_formats))
    occurred_at = F.col("_occurred_at")
    traits, context, properties = r["traits"], r["context"], r["properties"]
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=key,
            content=structure(*_said(r)),
            problem=first_problem(
                F.col("problem"),
                required(key, "messageId"),
                scalar(key, "messageId"),
                required(r["type"], "type"),
                one_of(r["type"], TYPES, "type"),
                plausible_time(time, occurred_at, "originalTimestamp"),
            ),
            occurred_at=occurred_at,
            known_at=known_at,
            identifiers=(
                Identifier("user_id", r["userId"]),
                Identifier("email", traits["email"]),
                Identifier("email", context["traits"]["email"]),
                Identifier("phone", traits["phone"]),
                Identifier("phone", context["traits"]["phone"]),
                Identifier("device", context["device"]["id"]),
                Identifier("cookie", r["anonymousId"]),
                # An alias links the id that the visitor had so far, which is the anonymous one.
                Identifier("cookie", r["previousId"]),
            ),
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
                "clock_ahead": occurred_at > known_at + F.expr("INTERVAL 1 HOUR"),
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
                "revenue": revenue,
                "user_agent": context["userAgent"],
                "marked_bot": F.lit(False),
            },
        ),
    )


def _said(r: Column) -> list[Column]:
    """What the record says, leaf by leaf: all that is read of it but how and when it was sent."""
    context = r["context"]
    return [
        *[r[n] for n in ("type", "anonymousId", "userId", "previousId", "originalTimestamp", "event", "name")],
        *[r["traits"][n] for n in ("email", "phone", "name", "firstName", "lastName", "birthday", "address")],
        *[r["properties"][n] for n in ("product_id", "sku", "order_id", "query", "path", "url", "revenue", "total")],
        *[context["userAgent"], context["device"]["id"], context["campaign"]["name"]],
        *[context["page"]["path"], context["page"]["url"], context["traits"]["email"], context["traits"]["phone"]],
    ]


def _type(r: Column, source: Source) -> Column:
    call = F.lit("other")
    for name, canonical in _CALLS.items():
        call = F.when(r["type"] == name, canonical).otherwise(call)
    names = {**EVENTS, **source.events}
    event = F.coalesce(F.try_element_at(_map(names), r["event"]), F.lit("other"))
    return F.when(r["type"] == "track", event).otherwise(call)


def _map(names: dict[str, str]) -> Column:
    return F.create_map(*[F.lit(text) for pair in names.items() for text in pair])
