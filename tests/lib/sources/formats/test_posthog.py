"""PostHog's export, after its description of the events model and what its SDKs send, against literal rows."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from motherlode.sources.formats.posthog import FORMAT, parse
from tests.lib.sources.formats.analytics_cases import hashed, seen, source_of, taken
from tests.lib.sources.silver_cases import records_of

SOURCE = source_of("posthog")
SEVEN = "018daf23-89b3-7cf8-a4f1-94064c96df90"
OTHER_SEVEN = "018fa5c3-7d10-7a2e-9c55-0242ac120002"
FOUR = "3f2b8c1e-5d7a-4e9b-8f6c-1a2b3c4d5e6f"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
PAGEVIEW: dict[str, Any] = {
    "uuid": "018f9a3c-1b2d-7e4f-8a5b-6c7d8e9f0a1b",
    "event": "$pageview",
    "distinct_id": SEVEN,
    "person_id": "0b54ef5a-0000-0000-0000-000000000001",
    "properties": {
        "$current_url": "https://shop.example.com/boots?email=ann%40example.com",
        "$pathname": "/boots",
        "$host": "shop.example.com",
        "$referrer": "https://www.google.com/",
        "$referring_domain": "www.google.com",
        "$raw_user_agent": CHROME,
        "$device_id": SEVEN,
        "$session_id": "018daf23-89b4-7000-8000-000000000000",
        "$is_identified": False,
        "$lib": "web",
        "utm_source": "newsletter",
        "utm_medium": "email",
        "utm_campaign": "winter sale",
        "token": "phc_x",
    },
    "person_properties": {"email": "merged@example.com"},
    "timestamp": "2024-05-22T17:09:29.220000Z",
    "created_at": "2024-05-22T17:09:31.500000Z",
    "_inserted_at": "2024-05-22T17:10:00.000000Z",
}
SET = {"email": "Ann@Example.com", "phone": "+14155552671", "name": "Ann Lee"}


def changed(properties: object = ..., **change: Any) -> dict[str, Any]:
    """The page view with other fields; properties are changed one by one, unless they are no dict."""
    mixed: object = properties
    if properties is ... or isinstance(properties, dict):
        mixed = {**PAGEVIEW["properties"], **({} if properties is ... else properties)}
    return {**PAGEVIEW, **change, "properties": mixed}


def bare(distinct_id: str | None, event: str = "bought", **properties: Any) -> dict[str, Any]:
    """An event with no other properties, `$` in the place of `_` at the start of their names."""
    own = {f"${name[1:]}" if name.startswith("_") else name: value for name, value in properties.items()}
    return {**PAGEVIEW, "event": event, "distinct_id": distinct_id, "properties": own}


def user(value: str) -> tuple[str, str]:
    return "user_id", hashed("user_id", "shop", value)


def cookie(value: str) -> tuple[str, str]:
    return "cookie", hashed("cookie", "tracking", value)


def device(value: str) -> tuple[str, str]:
    return "device", hashed("device", "posthog", value)


def email(value: str) -> tuple[str, str]:
    return "email", hashed("email", "", value)


def test_names_with_a_dollar_stand_in_the_schema() -> None:
    assert "`properties` struct<`$current_url`: string, `$pathname`: string" in FORMAT.schema
    assert "`$set`: struct<`email`: string, `phone`: string" in FORMAT.schema


EXPECTED = {
    "who": [device(SEVEN), cookie(SEVEN)],
    "identifier": device(SEVEN)[1],
    "occurred_at": datetime(2024, 5, 22, 17, 9, 29, 220000),
    "known_at": datetime(2024, 5, 22, 17, 9, 31, 500000),
    "type": "page_viewed",
    "name": "$pageview",
    "channel": "web",
    "page": "/boots",
    "search": None,
    "product_id": None,
    "order_id": None,
    "campaign_id": "winter sale",
    "campaign_source": "newsletter",
    "campaign_medium": "email",
    "revenue": None,
    "is_bot": False,
    "flags": [],
    "source": "posthog",
}


def as_text(line: dict[str, Any]) -> dict[str, Any]:
    """As Parquet has it."""
    return {**line, "properties": json.dumps(line["properties"])}


def test_a_page_view_and_the_same_from_parquet(spark: SparkSession) -> None:
    later = {**PAGEVIEW, "created_at": "2024-05-23 00:00:00+00:00", "_inserted_at": None, "person_id": None}
    corrected = changed({"$pathname": "/shoes"})
    outcome = taken(spark, SOURCE, [PAGEVIEW, as_text(PAGEVIEW), later, corrected])
    row, other = outcome.rows
    assert seen(row.asDict(recursive=True), EXPECTED) == EXPECTED
    assert (other["offset"], other["page"]) == (3, "/shoes")
    assert [duplicate["offset"] for duplicate in outcome.duplicates] == [1, 2]


WHO: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    # A browser: anonymous, identified, with another visitor after reset(), identified by an app that gives UUIDs.
    (bare(SEVEN, _device_id=SEVEN, _is_identified=False, _lib="web"), [device(SEVEN), cookie(SEVEN)]),
    (bare("u-1", _device_id=SEVEN, _is_identified=True, _user_id="u-1", _lib="web"), [user("u-1"), device(SEVEN)]),
    (bare(OTHER_SEVEN, _device_id=SEVEN, _is_identified=False, _lib="web"), [device(SEVEN), cookie(OTHER_SEVEN)]),
    (bare(OTHER_SEVEN, _device_id=SEVEN, _is_identified=True, _lib="web"), [user(OTHER_SEVEN), device(SEVEN)]),
    (bare(FOUR, _device_id=SEVEN, _is_identified="true", _lib="web"), [user(FOUR), device(SEVEN)]),
    # identify(get_distinct_id()) changes nothing of what the id is.
    (bare(SEVEN, _device_id=SEVEN, _user_id=SEVEN, _is_identified=False), [device(SEVEN), cookie(SEVEN)]),
    # The device took over a user's id.
    (bare("u-1", _device_id="u-1", _had_persisted_distinct_id=True, _user_id="u-1", _lib="web"), [user("u-1")]),
    # Older SDKs did not say whether the visitor is identified, and made other UUIDs, or none.
    (bare("17f1a-0b2c-4d5e", _device_id="17f1a-0b2c-4d5e"), [device("17f1a-0b2c-4d5e"), cookie("17f1a-0b2c-4d5e")]),
    (bare(FOUR, _device_id="idfv", _lib="posthog-ios"), [device("idfv"), cookie(FOUR)]),
    (bare(FOUR, _device_id="idfv", _lib="posthog-ios", _user_id=FOUR), [user(FOUR), device("idfv")]),
    # A server sends its users' ids, of whatever form, or a visitor's that a browser gave it.
    (bare("u-1", _lib="posthog-python"), [user("u-1")]),
    (bare(FOUR, _lib="posthog-python"), [user(FOUR)]),
    (bare(SEVEN, _lib="posthog-python"), [cookie(SEVEN)]),
    (bare(SEVEN.upper()), [cookie(SEVEN.upper())]),
    (bare("cookieless_Zm9v", _device_id=None), [cookie("cookieless_Zm9v")]),
    (bare("$posthog_cookieless", _device_id="d-1"), [device("d-1")]),
    (bare("Ann@Example.com"), [user("Ann@Example.com"), email("ann@example.com")]),
    # Links: at login, by alias from a user to a visitor, from a visitor to a user, between accounts.
    (bare("u-1", "$identify", _anon_distinct_id=SEVEN, _device_id=SEVEN, _is_identified=True, _set=SET),
     [user("u-1"), email("ann@example.com"), ("phone", hashed("phone", "", "+14155552671")), device(SEVEN),
      cookie(SEVEN)]),
    (bare(SEVEN, "$identify", _anon_distinct_id=OTHER_SEVEN), [user(SEVEN), cookie(OTHER_SEVEN)]),
    (bare("u-1", "$create_alias", alias=SEVEN, _lib="posthog-node"), [user("u-1"), cookie(SEVEN)]),
    (bare(SEVEN, "$create_alias", alias="u-1", _device_id=SEVEN, _is_identified=False),
     [user("u-1"), device(SEVEN), cookie(SEVEN)]),
    (bare(SEVEN, "$create_alias", alias=OTHER_SEVEN, _device_id=SEVEN), [user(OTHER_SEVEN), device(SEVEN),
                                                                         cookie(SEVEN)]),
    (bare("u-1", "$merge_dangerously", alias="u-2"), [user("u-1"), user("u-2")]),
    (bare("u-1", "$create_alias", alias="ann@example.com"),
     [user("u-1"), user("ann@example.com"), email("ann@example.com")]),
    # Only there: elsewhere these are an app's own words.
    (bare("u-1", alias="Annie", _anon_distinct_id=SEVEN), [user("u-1")]),
    # What a person's properties say.
    (bare("u-1", "$set", _set_once={"email": "ann@example.com"}), [user("u-1"), email("ann@example.com")]),
    # Whose address that is, an event does not say: "invited a friend" has the friend's.
    (bare("u-1", email="ann@example.com"), [user("u-1")]),
    (bare("u-1", email=["ann@example.com"]), [user("u-1")]),
]  # fmt: skip


def test_whom_an_id_names(spark: SparkSession) -> None:
    lines: list[dict[str, Any] | str] = [{**line, "uuid": str(n)} for n, (line, _) in enumerate(WHO)]
    outcome = taken(spark, SOURCE, lines)
    assert outcome.rules == {}
    found = [seen(row.asDict(recursive=True), {"who": None})["who"] for row in outcome.rows]
    assert found == [who for _, who in WHO]


CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # Times without an offset are UTC; without created_at the event is known when it happens.
    (changed(timestamp="2024-05-22 17:09:29.220", created_at=None),
     {"occurred_at": datetime(2024, 5, 22, 17, 9, 29, 220000), "known_at": datetime(2024, 5, 22, 17, 9, 29, 220000)}),
    (changed(timestamp="2024-05-22T19:09:29+02:00", created_at="some day"),
     {"occurred_at": datetime(2024, 5, 22, 17, 9, 29), "known_at": datetime(2024, 5, 22, 17, 9, 29)}),
    (changed(timestamp="2024-05-22T19:09:29Z"), {"flags": ["clock_ahead"]}),
    # Names of PostHog's own, of its e-commerce specification, and the app's.
    (changed(event="$autocapture"), {"type": "clicked", "name": "$autocapture"}),
    (changed(event="$pageleave"), {"type": "other", "name": "$pageleave"}),
    (changed(event="$feature_flag_called"), {"type": "other", "name": "$feature_flag_called"}),
    (changed(event="called bob@example.com"), {"type": "other", "name": "called [email]"}),
    (changed({"$pathname": None, "$current_url": None, "$screen_name": "Home"}, event="$screen"),
     {"type": "page_viewed", "page": "Home"}),
    (changed({"$pathname": None}), {"page": "/boots"}),
    (changed({"query": "boots bob@example.com"}, event="Products Searched"),
     {"type": "searched", "search": "boots [email]"}),
    # The app's properties: numbers, texts of numbers, other things.
    (changed({"product_id": 17, "order_id": 1001, "revenue": "25.5"}, event="Order Completed"),
     {"type": "order_completed", "product_id": "17", "order_id": "1001", "revenue": Decimal("25.5")}),
    (changed({"sku": "B-1", "$revenue": 7, "total": 9}), {"product_id": "B-1", "revenue": Decimal(7)}),
    (changed({"total": 9.25}), {"revenue": Decimal("9.25")}),
    (changed({"revenue": "a lot"}), {"revenue": None, "flags": ["revenue_unreadable"]}),
    (changed({"revenue": -1}), {"revenue": Decimal(-1), "flags": ["revenue_negative"]}),
    (changed({"product_id": ["1", "2"], "order_id": {"id": 1}, "query": {"kind": "q"}, "revenue": {}}),
     {"product_id": None, "order_id": None, "search": None, "revenue": None, "flags": []}),
    (changed({"utm_campaign": "for bob@example.com", "utm_source": " "}),
     {"campaign_id": "for [email]", "campaign_source": None}),
    # Machines, by what they or the SDK say.
    (changed({"$raw_user_agent": "Googlebot/2.1"}), {"is_bot": True}),
    (changed({"$raw_user_agent": None, "$user_agent": "Googlebot/2.1"}), {"is_bot": True}),
    (changed({"$browser_type": "bot"}), {"is_bot": True}),
    # No properties at all.
    (changed(None, distinct_id="u-1"), {"who": [user("u-1")], "page": None, "is_bot": False}),
    (changed("", distinct_id="u-1"), {"who": [user("u-1")], "page": None}),
    (changed("{}", distinct_id="u-1"), {"who": [user("u-1")], "page": None}),
    # The same as texts.
    (as_text(changed({"revenue": 25.50, "$set": SET})),
     {"revenue": Decimal("25.5"), "who": [email("ann@example.com"), ("phone", hashed("phone", "", "+14155552671")),
                                          device(SEVEN), cookie(SEVEN)]}),
    (as_text(changed({"$set": None, "product_id": None})), {"product_id": None, "page": "/boots"}),
    # A stand-in where there is another id.
    (changed(distinct_id="$company_acme", event="$groupidentify"),
     {"type": "grouped", "who": [device(SEVEN)], "flags": ["distinct_id_unusable"]}),
    (changed(distinct_id="distinct_id"), {"who": [device(SEVEN)], "flags": ["distinct_id_unusable"]}),
    (changed(distinct_id="undefined"), {"who": [device(SEVEN)], "flags": ["cookie_unusable"]}),
]  # fmt: skip


def test_events_of_every_kind(spark: SparkSession) -> None:
    lines: list[dict[str, Any] | str] = [{**line, "uuid": str(n)} for n, (line, _) in enumerate(CASES)]
    outcome = taken(spark, SOURCE, lines)
    assert outcome.rules == {}
    rows = [row.asDict(recursive=True) for row in outcome.rows]
    found = [seen(row, expected) for row, (_, expected) in zip(rows, CASES, strict=True)]
    assert found == [expected for _, expected in CASES]


def test_contact_points(spark: SparkSession) -> None:
    lines = [
        changed({"$set": SET}),
        changed({"$set": {"first_name": "Ann", "last_name": "Lee"}, "$set_once": {"email": "a@example.com"}}),
        changed({"email": "friend@example.com"}),
    ]
    parsed = parse(records_of(spark, "posthog", [json.dumps(line) for line in lines]), SOURCE)
    found = [[tuple(each) for each in row["contacts"]] for row in parsed.select("offset", "contacts").collect()]
    assert found == [
        [("email", "Ann@Example.com"), ("phone", "+14155552671"), ("name", "Ann Lee")],
        [("email", "a@example.com"), ("name", "Ann Lee")],
        [],
    ]


def test_what_is_wrong_is_said_without_its_words(spark: SparkSession) -> None:
    bad: list[tuple[dict[str, Any] | str, str, str | None]] = [
        ("{", "json", None),
        (changed("ann@example.com"), "json", "properties"),
        (changed('{"email": "ann@example.com"'), "json", "properties"),
        (changed('{"email": "a"} {"email": "b"}'), "json", "properties"),
        (changed("[]"), "json", "properties"),
        (changed(["ann@example.com"]), "json", "properties"),
        (changed('{"$set": "ann@example.com"}'), "json_types", "properties"),
        (changed({"$set": ["ann@example.com"]}), "json_types", "properties"),
        (changed(uuid=None), "required", "uuid"),
        (changed(uuid={"a": 1}), "scalar", "uuid"),
        (changed(event=" "), "required", "event"),
        (changed(event=["ann@example.com"]), "scalar", "event"),
        (changed(distinct_id=["ann@example.com"]), "scalar", "distinct_id"),
        (changed(timestamp=None), "required", "timestamp"),
        (changed(timestamp="yesterday"), "readable", "timestamp"),
        (changed(timestamp="1970-01-01T00:00:00Z"), "plausible_time", "timestamp"),
    ]
    outcome = taken(spark, SOURCE, [line for line, _, _ in bad])
    assert [(row["rule"], row["path"]) for row in outcome.quarantine] == [(rule, path) for _, rule, path in bad]
    assert outcome.rows == []
    said = " ".join(str(row[name]) for row in outcome.quarantine for name in ("found", "allowed"))
    assert "ann" not in said
