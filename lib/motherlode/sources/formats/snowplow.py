"""Snowplow's enriched events: tab-separated, 131 columns, without a header."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, required
from motherlode.columns.identifiers import FALLBACK, cleaned
from motherlode.columns.numbers import decimal
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.structure import structure
from motherlode.columns.times import instant, is_off
from motherlode.contracts import silver
from motherlode.contracts.fields import MONEY
from motherlode.contracts.tables import Table
from motherlode.sources.enriched import CELLS, COLUMNS, ENTITIES, EVENT, FIELDS, read_enriched
from motherlode.sources.format import Format
from motherlode.sources.parsed import CARRIED, Parsed, canonical_type, identifiers_in, shaped
from motherlode.sources.source import Source

KEY = ("event_id", "event_fingerprint")
TRANSPORT = (*KEY, "collector_tstamp", "derived_tstamp", "network_userid")
"""The key, and what the collector says of each delivery anew: no part of the content, nor are derived_contexts."""
IDENTIFIERS = {
    # Where it is missing, the shop's own of contexts.user, unless that is a guest's.
    "user_id": ("user_id",),
    "email": ("contexts.user.email",),
    "device": ("contexts.mobile_context.appleIdfv", "contexts.mobile_context.appSetId"),
    "advertising_id": tuple(f"contexts.mobile_context.{name}" for name in ("appleIdfa", "androidIdfa", "openIdfa")),
    "cart": ("contexts.cart.cart_id",),
    # In a browser the session's userId is the domain_userid; an app's tracker makes it in the same way.
    "cookie": ("domain_userid", "network_userid", "refr_domain_userid", "contexts.client_session.userId"),
    # Anonymous tracking sends none of these, and is no fault of the record.
    FALLBACK: ("event_id",),
}
_CLOCKS = ("true_tstamp", "derived_tstamp", "dvce_created_tstamp", "collector_tstamp")


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is event_id with event_fingerprint, since clients reuse ids.

    The time is true_tstamp, else derived_tstamp (the device's, set right by the collector's), else the device's.
    An event of several products names none of them. A refund is negative revenue.
    """
    r = F.col("r")
    contexts, details = r["contexts"], r[EVENT]
    refund = contexts["refund"]["refund_amount"]
    claim = F.coalesce(r["tr_total"], contexts["transaction"]["revenue"])
    frame = _settled(read_enriched(records)).withColumns(
        {
            "_name": _name(r),
            "_clock": F.coalesce(*[F.when(r[name].isNotNull(), name) for name in _CLOCKS]),
            "_time": F.coalesce(*[r[name] for name in _CLOCKS]),
            "_known_at": instant(r["collector_tstamp"]),
            "_device_at": instant(r["dvce_created_tstamp"]),
            "_claimed": decimal(claim, MONEY),
            "_refunded": decimal(refund, MONEY),
        }
    )
    frame = frame.withColumn("_occurred_at", instant(F.col("_time")))
    name, time, known_at, occurred_at = F.col("_name"), F.col("_time"), F.col("_known_at"), F.col("_occurred_at")
    revenue = F.coalesce(F.col("_claimed"), -F.col("_refunded"))
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=structure(*[r[column] for column in KEY]),
            content=structure(
                *[r[name] for name in CELLS if name not in TRANSPORT], F.to_json(contexts), F.to_json(details)
            ),
            problem=first_problem(
                F.col("problem"),
                required(r["event_id"], "event_id"),
                required(r["event"], "event"),
                plausible_time(r["collector_tstamp"], known_at, "collector_tstamp"),
                plausible_time(time, occurred_at, F.col("_clock")),
            ),
            occurred_at=occurred_at,
            known_at=known_at,
            claimed_at=F.coalesce(F.col("_device_at"), occurred_at),
            identifiers=identifiers_in(r, IDENTIFIERS),
            flags={
                "clock_corrected": is_off(instant(r["derived_tstamp"]), F.col("_device_at")),
                "json_unreadable": F.col("unreadable"),
                "revenue_unreadable": F.coalesce(claim, refund).isNotNull() & revenue.isNull(),
                "revenue_negative": F.col("_claimed") < 0,
                "clock_ahead": occurred_at > known_at + F.expr("INTERVAL 1 HOUR"),
            },
            fields={
                "type": canonical_type(name, source),
                "name": scrubbed(name),
                "channel": F.lit(source.channel),
                "page": F.coalesce(page_path(r["page_url"]), _of(r, "screen_view", scrubbed(details["name"]))),
                "search": _of(r, "site_search", scrubbed(cleaned(F.array_join(details["terms"], " ")))),
                "product_id": cleaned(F.coalesce(contexts["product"]["id"], r["ti_sku"], details["sku"])),
                "order_id": _order_id(r),
                "campaign_id": scrubbed(r["mkt_campaign"]),
                "campaign_source": scrubbed(r["mkt_source"]),
                "campaign_medium": scrubbed(r["mkt_medium"]),
                "revenue": revenue,
                "user_agent": r["useragent"],
                "marked_bot": _is_robot(r["derived_contexts"]),
            },
        ),
    )


def _settled(frame: DataFrame) -> DataFrame:
    """All that was read as `r`, without identifiers that would name somebody else."""
    shopper = F.col("contexts")["user"]
    guest = F.coalesce(shopper["is_guest"].try_cast("boolean"), F.lit(False))
    # A person has one account: the one that stands in every event goes first.
    account = F.coalesce(F.col("user_id"), F.when(~guest, shopper["id"]))
    # A link between two sites carries the visitor's id and time. Who copied and sent it on gave both to others.
    clicked, arrived = instant(F.col("refr_device_tstamp")), instant(F.col("dvce_created_tstamp"))
    seconds = F.unix_timestamp(arrived) - F.unix_timestamp(clicked)
    followed = F.when(F.coalesce(F.abs(seconds) <= 1800, F.lit(True)), F.col("refr_domain_userid"))
    frame = frame.withColumns({"user_id": account, "refr_domain_userid": followed})
    return frame.select(*CARRIED, "problem", "unreadable", F.struct(*CELLS, *ENTITIES, EVENT).alias("r"))


def _name(r: Column) -> Column:
    """An event's name; CATEGORY/ACTION of a structured one, the action of a shop's."""
    step = r["contexts"]["checkout_step"]["step"].try_cast("int")
    action = cleaned(r[EVENT]["type"])
    stepped = F.when((action == "checkout_step") & (step > 1), F.concat_ws(" ", action, step.cast("string")))
    return F.coalesce(
        F.when(r["event"] == "struct", cleaned(F.concat_ws("/", r["se_category"], r["se_action"]))),
        _of(r, "snowplow_ecommerce_action", F.coalesce(stepped, action)),
        r["event_name"],
        r["event"],
    )


def _of(r: Column, event_name: str, value: Column) -> Column:
    """What only events of that name have."""
    return F.when(r["event_name"] == event_name, value)


def _order_id(r: Column) -> Column:
    bought, back = r["contexts"]["transaction"], r["contexts"]["refund"]
    return cleaned(F.coalesce(r["tr_orderid"], r["ti_orderid"], bought["transaction_id"], back["transaction_id"]))


def _is_robot(derived: Column) -> Column:
    """Whether an enrichment says so: any one of them is enough, as in Snowplow's own bot detection."""
    classes = derived["yauaa_context"]
    marks = (
        derived["spiders_and_robots"]["spiderOrRobot"].try_cast("boolean"),
        derived["bot_detection"]["bot"].try_cast("boolean"),
        classes["deviceClass"].startswith("Robot"),
        classes["agentClass"].startswith("Robot"),
    )
    return F.greatest(F.lit(False), *marks)


FORMAT = Format(
    name="snowplow",
    doc="Snowplow's enriched events as tab-separated lines: web and app events",
    url="https://docs.snowplow.io/docs/pipeline/enriched-tsv-format",
    splitter="lines",
    pattern=r"^[^\t]*(?:\t[^\t]*){127,130}$",
    parse=parse,
    targets=(silver.EVENTS,),
    fields=FIELDS,
    key=KEY,
    identifiers=IDENTIFIERS,
    unread=(*[name for name in COLUMNS if name not in (*FIELDS, *ENTITIES, EVENT)], *ENTITIES, EVENT),
)
