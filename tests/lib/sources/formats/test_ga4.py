"""GA4's export to BigQuery, after Google's description of its schema, against literal rows."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from motherlode.sources.formats.ga4 import FORMAT
from tests.lib.sources.formats.analytics_cases import hashed, seen, source_of, taken

SOURCE = source_of("ga4")
# As BigQuery extracts a table into JSON: integers are texts, nulls are left out, empty lists stand.
PURCHASE: dict[str, Any] = {
    "event_date": "20240115",
    "event_timestamp": "1705334400123456",
    "event_name": "purchase",
    "event_params": [
        {"key": "page_location", "value": {"string_value": "https://shop.example.com/thanks/?email=ann%40example.com"}},
        {"key": "ga_session_id", "value": {"int_value": "1705334000"}},
        {"key": "transaction_id", "value": {"string_value": "T-1001"}},
        {"key": "value", "value": {"double_value": 99.5}},
        {"key": "currency", "value": {"string_value": "EUR"}},
    ],
    "event_bundle_sequence_id": "7",
    "user_id": "u-42",
    "user_pseudo_id": "1234567890.1705300000",
    "privacy_info": {"analytics_storage": "Yes", "ads_storage": "No", "uses_transient_token": "No"},
    "user_properties": [],
    "device": {"category": "mobile", "web_info": {"browser": "Chrome"}},
    "geo": {"country": "Germany"},
    "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
    "collected_traffic_source": {
        "manual_campaign_name": "winter sale",
        "manual_source": "newsletter",
        "manual_medium": "email",
    },
    "stream_id": "3000001",
    "platform": "WEB",
    "ecommerce": {"transaction_id": "T-1001", "purchase_revenue": 89.55, "total_item_quantity": "2"},
    "items": [{"item_id": "SKU-1", "item_name": "Boots", "price": 44.775, "quantity": "2", "item_revenue": 89.55}],
    "batch_page_id": "1705334390000",
    "batch_ordering_id": "3",
    "batch_event_index": "1",
}
COOKIE = ("cookie", hashed("cookie", "tracking", "1234567890.1705300000"))
USER = ("user_id", hashed("user_id", "shop", "u-42"))


def changed(**change: Any) -> dict[str, Any]:
    return {name: value for name, value in {**PURCHASE, **change}.items() if value is not ...}


def with_parameters(name: str, **parameters: Any) -> dict[str, Any]:
    """An event without a user, shop or campaign; a parameter's value by its type, a dict as it is."""
    kinds = {str: "string_value", int: "int_value", float: "double_value"}
    listed = [
        {"key": key, "value": value if isinstance(value, dict) else {kinds[type(value)]: value}}
        for key, value in parameters.items()
    ]
    return changed(event_name=name, event_params=listed, collected_traffic_source=..., ecommerce=..., items=[])


def test_lists_and_objects_of_the_schema_nest() -> None:
    value = (
        "`value`: struct<`string_value`: string, `int_value`: string, `double_value`: string, `float_value`: string>"
    )
    assert f"`event_params` array<struct<`key`: string, {value}>>, `items` array<struct<`item_id`: string>>" in (
        FORMAT.schema
    )
    assert FORMAT.schema.startswith("`event_timestamp` string, ")


def test_a_purchase(spark: SparkSession) -> None:
    (row,) = taken(spark, SOURCE, [PURCHASE]).rows
    expected = {
        "who": [USER, COOKIE],
        "identifier": USER[1],
        "occurred_at": datetime(2024, 1, 15, 16, 0, 0, 123456),
        "occurred_on": date(2024, 1, 15),
        "claimed_on": date(2024, 1, 15),
        "known_at": datetime(2024, 1, 15, 16, 0, 0, 123456),
        "type": "order_completed",
        "name": "purchase",
        "channel": "web",
        "page": "/thanks/",
        "search": None,
        "product_id": "SKU-1",
        "order_id": "T-1001",
        "campaign_id": "winter sale",
        "campaign_source": "newsletter",
        "campaign_medium": "email",
        "revenue": Decimal("89.5500"),
        "is_bot": False,
        "flags": ["ads_denied"],
        "source": "ga4",
    }
    assert seen(row.asDict(recursive=True), expected) == expected


CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # Numbers as numbers.
    (changed(event_timestamp=1705334400123457), {"occurred_at": datetime(2024, 1, 15, 16, 0, 0, 123457)}),
    (changed(event_timestamp=1.7053344e15), {"occurred_at": datetime(2024, 1, 15, 16)}),
    # Lists that are null, absent, empty; two items are no one product; brackets say that there is nothing.
    (changed(event_params=None, items=None, user_id=None),
     {"who": [COOKIE], "page": None, "product_id": None, "order_id": "T-1001"}),
    (changed(event_params=..., items=..., batch_page_id=...), {"page": None, "product_id": None}),
    (changed(items=[{"item_id": "A"}, {"item_id": "B"}]), {"product_id": None}),
    (changed(items=[{"item_name": "no id"}]), {"product_id": None}),
    (changed(items=[{"item_id": "(not set)"}], ecommerce={"transaction_id": "(not set)", "purchase_revenue": None}),
     {"product_id": None, "order_id": "T-1001", "revenue": Decimal("99.5")}),
    # Revenue: the shop's amount, else the parameter, and only of a purchase.
    (with_parameters("purchase", value=20, transaction_id=77), {"revenue": Decimal(20), "order_id": "77"}),
    (with_parameters("purchase", value={"float_value": "12.5"}), {"revenue": Decimal("12.5")}),
    (with_parameters("view_item", value=20.0), {"revenue": None, "type": "product_viewed"}),
    (with_parameters("purchase", value={"string_value": "a lot"}),
     {"revenue": None, "flags": ["ads_denied", "revenue_unreadable"]}),
    (with_parameters("purchase", value=-1.5), {"flags": ["ads_denied", "revenue_negative"]}),
    # Parameters of any type, scrubbed; a parameter without a value, or without a name.
    (with_parameters("search", search_term="boots bob@example.com"), {"type": "searched", "search": "boots [email]"}),
    (with_parameters("view_search_results", search_term=1234), {"type": "searched", "search": "1234"}),
    (with_parameters("page_view", page_location={}), {"type": "page_viewed", "page": None}),
    (changed(event_params=[{"key": None}, None, {"key": "search_term", "value": {"string_value": "x"}}]),
     {"search": "x", "page": None}),
    (with_parameters("screen_view", firebase_screen="Home", firebase_screen_class="Main"), {"page": "Home"}),
    # Campaigns: of the event, else its parameters, else the click on an ad.
    (with_parameters("session_start", campaign="spring", source="google", medium="cpc"),
     {"type": "session_started", "campaign_id": "spring", "campaign_source": "google", "campaign_medium": "cpc"}),
    (with_parameters("page_view", campaign="(direct)", source="(direct)", medium="(none)"),
     {"campaign_id": None, "campaign_source": None, "campaign_medium": None}),
    (changed(collected_traffic_source={"gclid": "Cj0KCQ"}),
     {"campaign_id": None, "campaign_source": "google", "campaign_medium": "cpc"}),
    # Names that nobody maps.
    (with_parameters("danced_for_bob@example.com"), {"type": "other", "name": "[email]"}),
    # An app's instance is a device, and says its advertising id, or zeros.
    (changed(platform="ANDROID", user_id=None, device={"advertising_id": "38400000-8cf0-11bd-b23e-10b96e40000d"}),
     {"who": [("device", hashed("device", "ga4", "1234567890.1705300000")),
              ("advertising_id", hashed("advertising_id", "ga4", "38400000-8cf0-11bd-b23e-10b96e40000d"))]}),
    (changed(platform="IOS", device={"advertising_id": "00000000-0000-0000-0000-000000000000"}),
     {"who": [USER, ("device", hashed("device", "ga4", "1234567890.1705300000"))],
      "flags": ["advertising_id_unusable", "ads_denied"]}),
    (changed(platform=None), {"who": [USER, COOKIE]}),
    # Consent stays on the event.
    (changed(privacy_info={"analytics_storage": "No", "ads_storage": "Unset"}), {"flags": ["analytics_denied"]}),
    (changed(privacy_info={"analytics_storage": 0, "ads_storage": False}),
     {"flags": ["analytics_denied", "ads_denied"]}),
    (changed(privacy_info={"analytics_storage": 1, "ads_storage": True}), {"flags": []}),
    (changed(privacy_info=None), {"flags": []}),
]  # fmt: skip


def test_events_of_every_kind(spark: SparkSession) -> None:
    # Each in a batch of its own, or some would be repeats.
    lines = [{**line, "batch_ordering_id": n} for n, (line, _) in enumerate(CASES)]
    outcome = taken(spark, SOURCE, list(lines))
    assert outcome.rules == {} and not outcome.duplicates
    found = [seen(row.asDict(recursive=True), expected) for row, (_, expected) in zip(outcome.rows, CASES, strict=True)]
    assert found == [expected for _, expected in CASES]


def test_a_repeat_is_told_by_all_that_is_read(spark: SparkSession) -> None:
    parameters = PURCHASE["event_params"]
    numbers = {
        "event_timestamp": 1705334400123456,
        "batch_page_id": 1705334390000,
        "batch_ordering_id": 3,
        "batch_event_index": 1,
        "event_params": [parameters[0], {"key": "ga_session_id", "value": {"int_value": 1705334000}}, *parameters[2:]],
    }
    repeats = [
        PURCHASE,
        changed(**numbers),
        changed(event_params=list(reversed(parameters))),
        changed(geo=None, traffic_source=..., user_ltv={"revenue": 1.0}, is_active_user=True, event_date=...),
    ]
    others = [
        changed(event_timestamp="1705334400123457"),
        changed(event_name="refund"),
        changed(user_pseudo_id="1.1"),
        changed(batch_page_id="1"),
        changed(batch_ordering_id="4"),
        changed(batch_event_index="2"),
        changed(event_params=parameters[1:]),
        changed(event_params=[*parameters, {"key": "coupon", "value": {"string_value": "X"}}]),
        changed(items=[]),
    ]
    outcome = taken(spark, SOURCE, [*repeats, *others])
    assert outcome.offsets == [0, *range(4, 13)]
    assert [row["offset"] for row in outcome.duplicates] == [1, 2, 3]
    assert len({row["row_id"] for row in outcome.rows}) == 10
    assert {row["row_id"] for row in outcome.duplicates} == {outcome.rows[0]["row_id"]}
    assert outcome.rules == {}


def test_what_is_wrong_is_said_without_its_words(spark: SparkSession) -> None:
    bad: list[tuple[dict[str, Any] | str, str]] = [
        ("{", "json"),
        ('"ann@example.com"', "json"),
        (json.dumps(changed(event_params={"key": "ann@example.com"})), "json_types"),
        (json.dumps(changed(items="none")), "json_types"),
        (changed(event_name=None), "required"),
        (changed(event_name=" "), "required"),
        (changed(event_name=["ann@example.com"]), "scalar"),
        (changed(event_timestamp=...), "required"),
        (changed(event_timestamp="2024-01-15"), "readable"),
        (changed(event_timestamp="NaN"), "readable"),
        (changed(event_timestamp="-5"), "readable"),
        (changed(event_timestamp="99999999999999999999"), "readable"),
        # Milliseconds in the place of microseconds.
        (changed(event_timestamp="1705334400123"), "plausible_time"),
    ]
    outcome = taken(spark, SOURCE, [line for line, _ in bad])
    assert outcome.rules == dict(enumerate(rule for _, rule in bad))
    assert outcome.rows == []
    said = " ".join(str(row[name]) for row in outcome.quarantine for name in ("path", "found", "allowed"))
    assert "ann" not in said


def test_a_ping_without_consent_is_nobodys(spark: SparkSession) -> None:
    (row,) = taken(spark, SOURCE, [json.dumps(changed(user_id=None, user_pseudo_id=None))]).rows
    assert [entry["type"] for entry in row["identifiers"]] == ["order"]
