"""PostHog's exports, batch or download, in JSON lines: web, app and server events.

person_id and person_properties are not read: they are how PostHog has merged by then, not what was seen. As
evidence they would bring in merges that no rule here could weigh, cut or take back.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, required, scalar
from motherlode.columns.identifiers import FALLBACK, cleaned
from motherlode.columns.numbers import decimal
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.shape import is_nested
from motherlode.columns.structure import structure
from motherlode.columns.times import instant
from motherlode.contracts import silver
from motherlode.contracts.fields import MONEY
from motherlode.contracts.tables import Table
from motherlode.sources.distinct_id import is_anonymous, named_by, person
from motherlode.sources.format import Format
from motherlode.sources.parsed import (
    Identifier,
    Parsed,
    canonical_type,
    json_in,
    json_problem,
    product_of,
    read_json,
    shaped,
)
from motherlode.sources.paths import at, ddl
from motherlode.sources.source import Source

_BELOW = "properties."
FIELDS = (
    "uuid", "event", "distinct_id", "timestamp", "created_at",
    "properties.$current_url", "properties.$pathname", "properties.$screen_name",
    "properties.$raw_user_agent", "properties.$user_agent", "properties.$browser_type",
    "properties.$device_id", "properties.$had_persisted_distinct_id", "properties.$is_identified",
    "properties.$user_id", "properties.$anon_distinct_id", "properties.alias", "properties.$lib",
    "properties.utm_source", "properties.utm_medium", "properties.utm_campaign",
    "properties.$set.email", "properties.$set.phone", "properties.$set.name",
    "properties.$set.first_name", "properties.$set.last_name", "properties.$set_once.email",
    "properties.product_id", "properties.sku", "properties.order_id",
    "properties.query", "properties.search_term", "properties.revenue", "properties.$revenue", "properties.total",
)  # fmt: skip
TRANSPORT = ("uuid", "created_at")
"""The key, and what a redelivery changes: no part of the content."""
_SEEN = {
    "email": ("properties.$set.email", "properties.$set_once.email"),
    "phone": ("properties.$set.phone",),
}
IDENTIFIERS = {
    "user_id": ("distinct_id", "properties.alias"),
    **_SEEN,
    "device": ("properties.$device_id",),
    "cookie": ("distinct_id", "properties.$anon_distinct_id", "properties.alias"),
}


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is uuid. Properties are an object, or a text of one."""
    r = F.col("r")
    frame = _read(records).withColumns(
        {
            "_key": cleaned(r["uuid"]),
            # PostHog's times are UTC, with or without an offset, whatever the source's zone.
            "_occurred_at": instant(r["timestamp"], formats=source.time_formats),
            "_known_at": instant(r["created_at"], formats=source.time_formats),
            "_amount": F.coalesce(*[_text(r["properties"][name]) for name in ("revenue", "$revenue", "total")]),
            "_distinct_id": person(r["distinct_id"]),
        }
    )
    frame = frame.withColumns(
        {"_anonymous": is_anonymous(r, F.col("_distinct_id")), "_revenue": decimal(F.col("_amount"), MONEY)}
    )
    key, occurred_at, known_at, revenue = (F.col(f"_{name}") for name in ("key", "occurred_at", "known_at", "revenue"))
    p = r["properties"]
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=key,
            content=structure(*[at(r, path) for path in FIELDS if path not in TRANSPORT]),
            problem=first_problem(
                F.col("problem"),
                required(key, "uuid"),
                scalar(key, "uuid"),
                required(cleaned(r["event"]), "event"),
                scalar(r["event"], "event"),
                scalar(r["distinct_id"], "distinct_id"),
                plausible_time(r["timestamp"], occurred_at, "timestamp"),
            ),
            occurred_at=occurred_at,
            known_at=known_at,
            identifiers=[
                *named_by(r, F.col("_distinct_id"), F.col("_anonymous")),
                *_contact_points(r),
                Identifier(FALLBACK, key),
            ],
            contacts={
                "email": F.coalesce(_text(p["$set"]["email"]), _text(p["$set_once"]["email"])),
                "phone": _text(p["$set"]["phone"]),
                "name": cleaned(
                    F.coalesce(p["$set"]["name"], F.concat_ws(" ", p["$set"]["first_name"], p["$set"]["last_name"]))
                ),
            },
            flags={
                "distinct_id_unusable": cleaned(r["distinct_id"]).isNotNull() & F.col("_distinct_id").isNull(),
                "revenue_unreadable": F.col("_amount").isNotNull() & revenue.isNull(),
                "revenue_negative": revenue < 0,
                "clock_ahead": occurred_at > known_at + F.expr("INTERVAL 1 HOUR"),
            },
            fields={
                "type": canonical_type(r["event"], source),
                "name": scrubbed(cleaned(r["event"])),
                "channel": F.lit(source.channel),
                "page": page_path(_first(p, ("$pathname", "$current_url", "$screen_name"))),
                "search": scrubbed(_first(p, ("query", "search_term"))),
                "product_id": _text(product_of(p, source)),
                "order_id": _text(p["order_id"]),
                "campaign_id": scrubbed(_text(p["utm_campaign"])),
                "campaign_source": scrubbed(_text(p["utm_source"])),
                "campaign_medium": scrubbed(_text(p["utm_medium"])),
                "revenue": revenue,
                "user_agent": _first(p, ("$raw_user_agent", "$user_agent")),
                "marked_bot": F.coalesce(p["$browser_type"] == "bot", F.lit(False)),
            },
        ),
    )


def _read(records: DataFrame) -> DataFrame:
    """What read_json gives, properties from either form."""
    outer = ddl([*[path for path in FIELDS if not path.startswith(_BELOW)], "properties"])
    inner = ddl([path.removeprefix(_BELOW) for path in FIELDS if path.startswith(_BELOW)])
    # An object where a text is asked for is read as its JSON.
    frame = read_json(records, outer).withColumn("_text", cleaned(F.col("r.properties")))
    frame = frame.withColumn("_properties", json_in(F.col("_text"), inner))
    unread = first_problem(F.col("problem"), json_problem(F.col("_text"), F.col("_properties"), "properties"))
    return frame.withColumn("problem", unread).withColumn(
        "r", F.col("r").withField("properties", F.col("_properties.r"))
    )


def _text(value: Column) -> Column:
    """Null for an object or list: these are the app's own properties, of any form."""
    return F.when(~is_nested(value), cleaned(value))


def _first(properties: Column, names: Sequence[str]) -> Column:
    return F.coalesce(*[_text(properties[name]) for name in names])


def _contact_points(r: Column) -> list[Identifier]:
    return [Identifier(kind, _text(at(r, path))) for kind, paths in _SEEN.items() for path in paths]


FORMAT = Format(
    name="posthog",
    doc="PostHog's exports as JSON lines, properties an object or, as in Parquet, a text: web, app and server events",
    url="https://posthog.com/docs/data-pipelines/batch-exports/s3",
    splitter="lines",
    parse=parse,
    targets=(silver.EVENTS,),
    fields=FIELDS,
    key=("uuid",),
    identifiers=IDENTIFIERS,
    unread=(
        "person_id", "person_properties", "_inserted_at", "team_id", "set", "set_once", "elements", "elements_chain",
        "ip", "site_url", "properties",
    ),
    has_contacts=True,
    marks=("uuid", "event", "distinct_id"),
)  # fmt: skip
