"""Google Analytics 4, as it exports to BigQuery, in JSON lines: web and app events."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, required, scalar
from motherlode.columns.identifiers import FALLBACK, cleaned
from motherlode.columns.numbers import decimal
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.structure import structure
from motherlode.contracts import silver
from motherlode.contracts.fields import MONEY
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import Identifier, Parsed, canonical_type, read_json, shaped
from motherlode.sources.paths import LIST, at, type_at
from motherlode.sources.source import Source

FIELDS = (
    "event_timestamp", "event_name", "user_id", "user_pseudo_id", "stream_id", "platform",
    "batch_page_id", "batch_ordering_id", "batch_event_index",
    "privacy_info.analytics_storage", "privacy_info.ads_storage", "device.advertising_id",
    "collected_traffic_source.manual_campaign_name", "collected_traffic_source.manual_campaign_id",
    "collected_traffic_source.manual_source", "collected_traffic_source.manual_medium",
    "collected_traffic_source.gclid",
    "ecommerce.transaction_id", "ecommerce.purchase_revenue",
    "event_params[].key", "event_params[].value.string_value", "event_params[].value.int_value",
    "event_params[].value.double_value", "event_params[].value.float_value",
    "items[].item_id",
)  # fmt: skip
IDENTIFIERS = {
    "user_id": ("user_id",),
    "device": ("user_pseudo_id",),
    "advertising_id": ("device.advertising_id",),
    "cookie": ("user_pseudo_id",),
}
APPS = ("ANDROID", "IOS")
"""Platforms whose user_pseudo_id is an app's instance on a device; elsewhere it is a browser's cookie."""
PURCHASES = ("purchase", "ecommerce_purchase")
PARAMETERS = (
    "page_location", "firebase_screen", "firebase_screen_class", "search_term", "transaction_id", "value",
    "campaign", "source", "medium",
)  # fmt: skip
_TYPED = ("string_value", "int_value", "double_value", "float_value")
_LATEST_MICROS = 4_133_980_800_000_000


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`. GA4 gives no event an id: the key is a hash of the content.

    Two events are one where all that is read of them is the same, parameters in any order: time to the
    microsecond, name, user_pseudo_id, place in the batch and every parameter. Numbers and texts of numbers are
    the same, since BigQuery writes integers as texts into JSON, and other tools as numbers.
    """
    r = F.col("r")
    frame = read_json(records, FORMAT.schema).withColumns(
        {
            "_micros": decimal(r["event_timestamp"], "decimal(20,0)").try_cast("bigint"),
            "_parameters": F.sort_array(_list(r, "event_params")),
        }
    )
    frame = frame.withColumns(
        {
            "_occurred_at": _instant(F.col("_micros")),
            "_content": _content(r),
            **{f"_p_{name}": _parameter(name) for name in PARAMETERS},
        }
    )
    frame = frame.withColumn("_amount", _amount(r))
    occurred_at, content = F.col("_occurred_at"), F.col("_content")
    revenue = decimal(F.col("_amount"), MONEY)
    privacy, traffic = r["privacy_info"], r["collected_traffic_source"]
    by_ad = cleaned(traffic["gclid"]).isNotNull()
    screen = F.coalesce(F.col("_p_firebase_screen"), F.col("_p_firebase_screen_class"))
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=F.sha2(content, 256),
            content=content,
            problem=first_problem(
                F.col("problem"),
                required(cleaned(r["event_name"]), "event_name"),
                scalar(r["event_name"], "event_name"),
                plausible_time(r["event_timestamp"], occurred_at, "event_timestamp"),
            ),
            occurred_at=occurred_at,
            known_at=occurred_at,
            identifiers=[*_identifiers(r), Identifier(FALLBACK, F.sha2(content, 256))],
            flags={
                "analytics_denied": _denied(privacy["analytics_storage"]),
                "ads_denied": _denied(privacy["ads_storage"]),
                "revenue_unreadable": F.col("_amount").isNotNull() & revenue.isNull(),
                "revenue_negative": revenue < 0,
            },
            fields={
                "type": canonical_type(r["event_name"], source),
                "name": scrubbed(cleaned(r["event_name"])),
                "channel": F.lit(source.channel),
                "page": page_path(F.coalesce(F.col("_p_page_location"), screen)),
                "search": scrubbed(F.col("_p_search_term")),
                "product_id": F.when(F.size(r["items"]) == 1, _given(F.get(r["items"]["item_id"], F.lit(0)))),
                "order_id": F.coalesce(_given(r["ecommerce"]["transaction_id"]), _given(F.col("_p_transaction_id"))),
                "campaign_id": _campaign(traffic["manual_campaign_name"], traffic["manual_campaign_id"], "campaign"),
                # An ad of Google Ads names itself by its click alone.
                "campaign_source": _campaign(traffic["manual_source"], F.when(by_ad, "google"), "source"),
                "campaign_medium": _campaign(traffic["manual_medium"], F.when(by_ad, "cpc"), "medium"),
                "revenue": revenue,
                "marked_bot": F.lit(False),
            },
        ),
    )


def _list(r: Column, name: str) -> Column:
    """A list of the record; empty where it is absent or null, as BigQuery itself does not tell these apart."""
    return F.coalesce(r[name], F.array().cast(type_at(FIELDS, name)))


def _content(r: Column) -> Column:
    single = [at(r, path) for path in FIELDS if LIST not in path and path != "event_timestamp"]
    lists = [F.to_json("_parameters"), F.to_json(_list(r, "items"))]
    return structure(F.col("_micros").cast("string"), *single, *lists)


def _instant(micros: Column) -> Column:
    return F.when(micros.between(0, _LATEST_MICROS), F.timestamp_micros(micros))


def _parameter(name: str) -> Column:
    """The value of a parameter, whichever of its typed fields holds it."""
    place = (F.array_position(F.col("_parameters")["key"], F.lit(name)) - 1).cast("int")
    values = F.col("_parameters")["value"]
    return F.coalesce(*[cleaned(F.get(values[kind], place)) for kind in _TYPED])


def _amount(r: Column) -> Column:
    claimed = F.when(r["event_name"].isin(*PURCHASES), F.col("_p_value"))
    return F.coalesce(cleaned(r["ecommerce"]["purchase_revenue"]), claimed)


def _given(value: Column) -> Column:
    """Null for what GA4 writes in brackets where there is nothing: (not set), (direct), (none)."""
    text = cleaned(value)
    return F.when(~text.rlike(r"^\(.*\)$"), text)


def _campaign(first: Column, second: Column, parameter: str) -> Column:
    """What the event came by; traffic_source would say how the visitor came for the first time."""
    return scrubbed(F.coalesce(_given(first), _given(second), _given(F.col(f"_p_{parameter}"))))


def _denied(storage: Column) -> Column:
    """Yes, No or Unset in the export; older ones and copies have numbers or booleans."""
    return F.coalesce(F.lower(cleaned(storage)).isin("no", "0", "false", "denied"), F.lit(False))


def _identifiers(r: Column) -> list[Identifier]:
    in_app = F.coalesce(F.upper(cleaned(r["platform"])).isin(*APPS), F.lit(False))
    return [
        Identifier("user_id", r["user_id"]),
        Identifier("device", F.when(in_app, r["user_pseudo_id"])),
        Identifier("advertising_id", r["device"]["advertising_id"]),
        Identifier("cookie", F.when(~in_app, r["user_pseudo_id"])),
    ]


FORMAT = Format(
    name="ga4",
    doc="Google Analytics 4's export to BigQuery, as JSON lines: web and app events",
    url="https://support.google.com/analytics/answer/7029846",
    splitter="lines",
    whole_days=True,
    parse=parse,
    targets=(silver.EVENTS,),
    fields=FIELDS,
    identifiers=IDENTIFIERS,
    unread=(
        "event_date", "event_previous_timestamp", "event_value_in_usd", "event_bundle_sequence_id",
        "event_server_timestamp_offset", "privacy_info", "user_properties", "user_first_touch_timestamp", "user_ltv",
        "device", "geo", "app_info", "traffic_source", "collected_traffic_source", "session_traffic_source_last_click",
        "event_dimensions", "ecommerce", "items[]", "is_active_user", "publisher",
    ),
    marks=("event_timestamp", "event_name"),
)  # fmt: skip
