"""Snowplow's enriched events: samples after its documentation against literal rows."""

import json
import tomllib
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.sources.intake import SilverParams, take_in
from motherlode.sources.source import Source
from tests.lib.sources.silver_cases import CONF, Outcome, nothing_yet, only, records_of
from tests.lib.sources.test_formats import hashed, picked

SOURCE = Source(
    name="site",
    format="snowplow",
    path="site/*.tsv",
    target="events",
    channel="web",
    zone="America/New_York",
    events={
        **tomllib.loads((CONF / "formats" / "snowplow.toml").read_text())["events"],
        "shop/wish": "wishlisted",
    },
)
# Where the columns stand, counted from 1 in Snowplow's own header.
PLACES = {
    "app_id": 1, "platform": 2, "etl_tstamp": 3, "collector_tstamp": 4, "dvce_created_tstamp": 5, "event": 6,
    "event_id": 7, "user_id": 13, "user_ipaddress": 14, "domain_userid": 16, "network_userid": 18, "page_url": 30,
    "page_title": 31, "mkt_medium": 48, "mkt_source": 49, "mkt_campaign": 52, "contexts": 53, "se_category": 54,
    "se_action": 55, "se_label": 56, "unstruct_event": 59, "tr_orderid": 60, "tr_total": 62, "ti_orderid": 68,
    "ti_sku": 69, "ti_price": 72, "useragent": 78, "dvce_sent_tstamp": 120, "refr_domain_userid": 121,
    "refr_device_tstamp": 122, "derived_contexts": 123, "derived_tstamp": 125, "event_name": 127,
    "event_fingerprint": 130, "true_tstamp": 131,
}  # fmt: skip
VIEW = {
    "app_id": "angry-birds",
    "platform": "web",
    "etl_tstamp": "2017-01-26 00:01:25.292",
    "collector_tstamp": "2013-11-26 00:02:05.000",
    "dvce_created_tstamp": "2013-11-26 00:03:57.885",
    "event": "page_view",
    "event_id": "c6ef3124-b53a-4b13-a233-0088f79dcbcb",
    "user_id": "jon.doe@email.com",
    "user_ipaddress": "92.231.54.234",
    "domain_userid": "bc2e92ec6c204a14",
    "network_userid": "ecdff4d0-9175-40ac-a8bb-325c49733607",
    "page_url": "http://www.snowplowanalytics.com/products/jon.doe%40email.com?_sp=bc2e92ec6c204a14.1",
    "page_title": "On Analytics",
    "mkt_medium": "cpc",
    "mkt_source": "google",
    "mkt_campaign": "spring",
    "useragent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_4) AppleWebKit/537.36 Chrome/73.0 Safari/537.36",
    "derived_tstamp": "2013-11-26 00:02:04.500",
    "event_name": "page_view",
    "event_fingerprint": "e3dbfa9cca0412c3d4052863cefb547f",
}
SEEN = (("user_id", VIEW["user_id"]), ("cookie", VIEW["domain_userid"]), ("cookie", VIEW["network_userid"]))


def line(**cells: str) -> str:
    row = [""] * 131
    for name, value in cells.items():
        row[PLACES[name] - 1] = value
    return "\t".join(row)


def entities(*found: tuple[str, Any], of: str = "com.snowplowanalytics.snowplow") -> str:
    data = [{"schema": f"iglu:{name if '/' in name else f'{of}/{name}'}/jsonschema/1-0-0", "data": each}
            for name, each in found]  # fmt: skip
    return json.dumps({"schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1", "data": data})


def shop(action: str, *found: tuple[str, Any]) -> dict[str, str]:
    event = custom("snowplow_ecommerce_action", {"type": action, "name": "a list"})
    return {**event, "contexts": entities(*found, of="com.snowplowanalytics.snowplow.ecommerce")}


def custom(name: str, data: Any) -> dict[str, str]:
    inner = {"schema": f"iglu:com.snowplowanalytics.snowplow/{name}/jsonschema/1-0-0", "data": data}
    outer = {"schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0", "data": inner}
    return {"event": "unstruct", "event_name": name, "unstruct_event": json.dumps(outer)}


def received(spark: SparkSession, lines: list[str]) -> Outcome:
    records = records_of(spark, "site", lines)
    made = take_in(silver.EVENTS, records, nothing_yet(spark, silver.EVENTS), SilverParams(sources=(SOURCE,)))
    return Outcome(silver.EVENTS, dict(made))


def who(*found: tuple[str, str]) -> list[dict[str, str]]:
    scopes = {"email": ""}
    return [
        {"type": kind, "scope": (s := scopes.get(kind, "site")), "id": hashed(kind, s, value)} for kind, value in found
    ]


def test_a_page_view(spark: SparkSession) -> None:
    row = only(received(spark, [line(**VIEW)]).rows)
    ids = who(*SEEN)
    expected = {
        "identifier": ids[0]["id"],
        "identifiers": ids,
        "occurred_at": datetime(2013, 11, 26, 0, 2, 4, 500000),
        "occurred_on": date(2013, 11, 26),
        "claimed_on": date(2013, 11, 26),
        "known_at": datetime(2013, 11, 26, 0, 2, 5),
        "type": "page_viewed",
        "name": "page_view",
        "channel": "web",
        "page": "/products/[email]",
        "search": None,
        "product_id": None,
        "order_id": None,
        "campaign_id": "spring",
        "campaign_source": "google",
        "campaign_medium": "cpc",
        "revenue": None,
        "is_bot": False,
        "flags": [],
        "source": "site",
        "batch": 1,
        "file": "a",
        "offset": 0,
    }
    assert picked(row, expected) == expected
    assert set(row) == {*expected, "row_id", "key_id"}


PHONE = "0fe6b6a5-3dbd-4a0b-8b8c-0c5a1f6d4d52"
ROBOT = ("com.iab.snowplow/spiders_and_robots", {"spiderOrRobot": True, "category": "SPIDER_OR_ROBOT"})
YAUAA = "nl.basjes/yauaa_context"
NOBODY = {"user_id": "", "domain_userid": "", "network_userid": "00000000-0000-0000-0000-000000000000"}
BUYING = {"transaction_id": "T-1", "revenue": 49.5, "currency": "EUR", "payment_method": "card"}
CASES: list[tuple[dict[str, str], dict[str, Any]]] = [
    # Times.
    ({"true_tstamp": "2013-11-25 23:00:00.001"}, {"occurred_at": datetime(2013, 11, 25, 23, 0, 0, 1000)}),
    ({"derived_tstamp": ""}, {"occurred_at": datetime(2013, 11, 26, 0, 3, 57, 885000)}),
    ({"derived_tstamp": "", "dvce_created_tstamp": " "}, {"occurred_at": datetime(2013, 11, 26, 0, 2, 5)}),
    ({"true_tstamp": "2013-11-26 01:02:06"}, {"flags": ["clock_ahead"]}),
    ({"derived_tstamp": "2013-11-25 23:59:00"},
     {"occurred_at": datetime(2013, 11, 25, 23, 59), "claimed_on": date(2013, 11, 26), "flags": ["clock_corrected"]}),
    # Events of the tracker, and of the site's own.
    ({"event": "page_ping", "event_name": "page_ping"}, {"type": "heartbeat"}),
    ({"event": "struct", "event_name": "event", "se_category": "shop", "se_action": "wish", "se_label": "jon"},
     {"type": "wishlisted", "name": "shop/wish"}),
    ({"event": "struct", "event_name": "event", "se_category": "mail to", "se_action": "bob@example.com"},
     {"type": "other", "name": "mail to/[email]"}),
    ({"event": "struct", "event_name": "event"}, {"type": "other", "name": "event"}),
    ({"event": "page_view", "event_name": ""}, {"type": "page_viewed", "name": "page_view"}),
    ({"event": "transaction", "event_name": "transaction", "tr_orderid": "O-7", "tr_total": "12.99"},
     {"type": "order_completed", "order_id": "O-7", "revenue": Decimal("12.9900"), "product_id": None}),
    ({"event": "transaction", "event_name": "transaction", "tr_orderid": "O-7", "tr_total": "lots"},
     {"revenue": None, "flags": ["revenue_unreadable"]}),
    ({"event": "transaction", "event_name": "transaction", "tr_orderid": "O-7", "tr_total": "-1"},
     {"revenue": Decimal(-1), "flags": ["revenue_negative"]}),
    ({"event": "transaction_item", "event_name": "transaction_item", "ti_orderid": "O-7", "ti_sku": "S1",
      "ti_price": "9"},
     {"type": "other", "name": "transaction_item", "order_id": "O-7", "product_id": "S1", "revenue": None}),
    (custom("link_click", {"targetUrl": "https://x.example/?email=bob@example.com"}), {"type": "clicked"}),
    (custom("submit_form", {"formId": "f", "elements": [{"name": "email", "value": "bob@example.com"}]}),
     {"type": "form_submitted", "name": "submit_form", "flags": []}),
    (custom("site_search", {"terms": ["oat milk", "bob@example.com"], "totalResults": 4}),
     {"type": "searched", "search": "oat milk [email]"}),
    (custom("site_search", {"terms": "oat milk"}), {"type": "searched", "search": None}),
    (custom("add_to_cart", {"sku": 4711, "name": "Oats", "price": 2, "quantity": 1}),
     {"type": "product_added", "product_id": "4711", "search": None, "revenue": None}),
    ({**custom("screen_view", {"name": "Cart", "id": PHONE}), "page_url": ""}, {"type": "page_viewed", "page": "Cart"}),
    ({**custom("viewed_alpaca", {"type": "add_to_cart", "name": "x", "terms": ["x"]}), "page_url": ""},
     {"type": "other", "name": "viewed_alpaca", "page": None, "search": None}),
    # The shop's events.
    (shop("product_view", ("product", {"id": "P1", "price": 1})), {"type": "product_viewed", "product_id": "P1"}),
    (shop("list_click", ("product", {"id": "P1"})), {"type": "product_clicked"}),
    (shop("list_view", ("product", {"id": "P1"}), ("product", {"id": "P2"})),
     {"type": "product_listed", "product_id": None}),
    (shop("add_to_cart", ("product", {"id": "P1"}), ("product", {"id": "P1"}), ("cart", {"cart_id": "C1"})),
     {"type": "product_added", "product_id": "P1", "identifiers": who(*SEEN, ("cart", "C1"))}),
    (shop("remove_from_cart"), {"type": "product_removed", "name": "remove_from_cart"}),
    (shop("checkout_step", ("checkout_step", {"step": 1})), {"type": "checkout_started", "name": "checkout_step"}),
    (shop("checkout_step", ("checkout_step", {"step": 2})), {"type": "other", "name": "checkout_step 2"}),
    (shop("transaction", ("transaction", BUYING), ("product", {"id": "P1"}), ("product", {"id": "P2"})),
     {"type": "order_completed", "order_id": "T-1", "revenue": Decimal("49.5"), "product_id": None}),
    (shop("refund", ("refund", {"transaction_id": "T-1", "refund_amount": 9.5, "currency": "EUR"})),
     {"type": "order_refunded", "order_id": "T-1", "revenue": Decimal("-9.5"), "flags": []}),
    (shop("promo_view"), {"type": "promotion_viewed"}),
    (shop("promo_click"), {"type": "promotion_clicked"}),
    (shop("trns_error"), {"type": "other", "name": "trns_error"}),
    # Who.
    ({**NOBODY}, {"identifiers": who(("order", VIEW["event_id"])), "flags": ["cookie_unusable"]}),
    ({**NOBODY, "contexts": entities(
        ("client_session", {"userId": PHONE, "sessionIndex": 1}),
        ("mobile_context", {"appleIdfa": "A1", "appleIdfv": "V1", "openIdfa": None, "androidIdfa": "0"}))},
     {"identifiers": who(("device", "V1"), ("advertising_id", "A1"), ("cookie", PHONE)),
      "flags": ["advertising_id_unusable", "cookie_unusable"]}),
    ({**NOBODY, **shop("cart", ("user", {"id": "U1", "email": "Bob@Example.com"}))},
     {"identifiers": who(("user_id", "U1"), ("email", "bob@example.com"))}),
    ({**NOBODY, **shop("cart", ("user", {"id": "U1", "email": "bob@example.com", "is_guest": True}))},
     {"identifiers": who(("email", "bob@example.com"))}),
    ({"domain_userid": "", "network_userid": "", **shop("cart", ("user", {"id": "U1"}))},
     {"identifiers": who(("user_id", VIEW["user_id"]))}),
    ({**NOBODY, "network_userid": "", "refr_domain_userid": "d1", "refr_device_tstamp": "2013-11-26 00:03:50.000"},
     {"identifiers": who(("cookie", "d1"))}),
    ({**NOBODY, "network_userid": "", "refr_domain_userid": "d1", "refr_device_tstamp": "2013-11-20 00:03:50.000"},
     {"identifiers": who(("order", VIEW["event_id"]))}),
    ({**NOBODY, "network_userid": "n1", "contexts": entities(("com.acme/user", {"id": "U1", "email": "a@b.example"}))},
     {"identifiers": who(("cookie", "n1"))}),
    # Robots.
    ({"useragent": "Googlebot/2.1"}, {"is_bot": True}),
    ({"derived_contexts": entities(ROBOT)}, {"is_bot": True}),
    ({"derived_contexts": entities((YAUAA, {"deviceClass": "Robot Mobile"}))}, {"is_bot": True}),
    ({"derived_contexts": entities((YAUAA, {"deviceClass": "Phone", "agentClass": "Browser"}))}, {"is_bot": False}),
    ({"derived_contexts": entities(("bot_detection", {"bot": True, "indicators": ["iab"]}))}, {"is_bot": True}),
    ({"derived_contexts": entities((ROBOT[0], {"spiderOrRobot": False}))}, {"is_bot": False}),
    # JSON that is none, or none that one expects; a broken entity harms no other.
    ({"contexts": '{"data":['}, {"type": "page_viewed", "flags": ["json_unreadable"]}),
    ({"contexts": "[" * 20_000}, {"flags": ["json_unreadable"]}),
    ({"derived_contexts": "x", "unstruct_event": "7"}, {"is_bot": False, "flags": ["json_unreadable"]}),
    ({**NOBODY, "network_userid": "", "contexts": json.dumps({"data": [
        5, None, [], {"schema": ["q"]},
        *json.loads(entities(("mobile_context", [1]), ("client_session", {"userId": PHONE})))["data"]]})},
     {"identifiers": who(("cookie", PHONE)), "flags": []}),
]  # fmt: skip


def test_events_of_every_kind(spark: SparkSession) -> None:
    lines = [line(**{**VIEW, "event_fingerprint": str(n), **change}) for n, (change, _) in enumerate(CASES)]
    rows = received(spark, lines).rows
    assert [row["offset"] for row in rows] == list(range(len(CASES)))
    found = [picked(row.asDict(recursive=True), expected) for row, (_, expected) in zip(rows, CASES, strict=True)]
    wrong = [pair for pair in zip(found, [expected for _, expected in CASES], strict=True) if pair[0] != pair[1]]
    assert wrong == []


BROKEN: list[tuple[str, tuple[str, str | None, str | None]]] = [
    (line(**VIEW) + "\t", ("fields", None, "999 aaaaaa")),
    (line(**VIEW).removesuffix("\t"), ("fields", None, "999 aaaaaa")),
    ("not snowplow", ("fields", None, "9 aaaaaa")),
    ("\t" * 200_000, ("fields", None, "999999 aaaaaa")),
    (line(**{**VIEW, "event_id": ""}), ("required", "event_id", None)),
    (line(**{**VIEW, "event": " "}), ("required", "event", None)),
    (line(**{**VIEW, "collector_tstamp": ""}), ("required", "collector_tstamp", None)),
    (line(**{**VIEW, "collector_tstamp": "yesterday"}), ("readable", "collector_tstamp", "aaaaaaaaa")),
    (line(**{**VIEW, "true_tstamp": "2013-13-01 00:00:00"}), ("readable", "true_tstamp", "9999-99-99 99:99:99")),
    (line(**{**VIEW, "derived_tstamp": "1970-01-01"}), ("plausible_time", "derived_tstamp", "9999-99-99")),
]  # fmt: skip


def test_what_cannot_be_read_is_quarantined(spark: SparkSession) -> None:
    outcome = received(spark, [raw for raw, _ in BROKEN])
    assert [(row["rule"], row["path"], row["found"]) for row in outcome.quarantine] == [why for _, why in BROKEN]
    assert outcome.rows == []


def test_a_second_delivery_is_a_repeat_and_a_reused_id_is_not(spark: SparkSession) -> None:
    again = {**VIEW, "etl_tstamp": "2017-02-01 00:00:00", "collector_tstamp": "2013-11-26 00:02:09.000",
             "dvce_sent_tstamp": "2013-11-26 00:04:00", "derived_tstamp": "2013-11-26 00:02:04.700",
             "network_userid": "n2", "derived_contexts": entities(ROBOT)}  # fmt: skip
    reused = {**VIEW, "event_fingerprint": "f2"}
    changed = {**VIEW, "page_url": "http://www.snowplowanalytics.com/other"}
    outcome = received(spark, [line(**each) for each in (VIEW, again, reused, changed)])
    assert [row["offset"] for row in outcome.duplicates] == [1]
    assert outcome.offsets == [0, 2, 3]
