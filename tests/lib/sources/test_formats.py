"""A sample of each format, after its vendor's documentation, against literal rows."""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.sources.intake import SilverParams, take_in
from tests.lib.sources.silver_cases import SOURCES, Outcome, nothing_yet, only, records_of, taken

TRACK: dict[str, Any] = {
    "anonymousId": "23adfd82-aa0f-45a7-a756-24f2a7a4c895",
    "context": {
        "ip": "108.0.78.21",
        "userAgent": "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:53.0) Gecko/20100101 Firefox/53.0",
        "page": {"path": "/products/123", "url": "https://shop.example.com/products/123?email=ann%40example.com"},
        "campaign": {"name": "weekly-ad"},
    },
    "event": "Order Completed",
    "messageId": "022bb90c-bbac-11e4-8dfc-aa07a5b093db",
    "originalTimestamp": "2015-02-23T22:28:55.387Z",
    "properties": {"order_id": "50314b8e", "revenue": 25.5, "products": [{"product_id": "1"}]},
    "receivedAt": "2015-02-23T22:28:55.800Z",
    "sentAt": "2015-02-23T22:28:55.500Z",
    "timestamp": "2015-02-23T22:28:55.687Z",
    "type": "track",
    "userId": "97980cfea0067",
    "version": "1.1",
}
OPEN: dict[str, Any] = {
    "email": "Ann@Example.com",
    "timestamp": 1513299569,
    "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
    "event": "open",
    "category": ["cat facts"],
    "sg_event_id": "FOTFFO0ecsBE-zxFXfs6WA==",
    "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
    "useragent": "Mozilla/4.0 (compatible; MSIE 6.1; Windows XP)",
    "ip": "255.255.255.255",
    "sg_machine_open": True,
    "marketing_campaign_id": 12345,
}
ORDER: dict[str, Any] = {
    "id": 450789469,
    "email": "bob@example.com",
    "created_at": "2017-01-05T12:00:00-05:00",
    "updated_at": "2017-01-06T12:00:00-05:00",
    "currency": "USD",
    "total_discounts": "5.00",
    "financial_status": "partially_refunded",
    "test": False,
    "customer": {"id": 207119551, "email": "bob@example.com", "phone": "+14155552671", "first_name": "Bob"},
    "line_items": [
        {"id": 1, "product_id": 632910392, "sku": "A", "quantity": 2, "price": "10.00", "total_discount": "2.00"},
        {"id": 2, "product_id": None, "sku": "B", "quantity": 1, "price": "40.00", "total_discount": "0.00"},
    ],
    "refunds": [{"id": 9, "refund_line_items": [{"line_item_id": 1, "quantity": 1, "subtotal": 8.5}]}],
}
SALES_HEADER = (
    "transaction_id,line_no,sold_at,store_id,till,loyalty_card,product_id,quantity,sales_value,"
    "retail_disc,coupon_disc,coupon_match_disc"
)


def hashed(kind: str, scope: str, value: str) -> str:
    key = base64.b64decode(os.environ["MOTHERLODE_PSEUDONYM_KEY"])
    return hmac.new(key, f"{kind}\x1f{scope}\x1f{value}".encode(), hashlib.sha256).hexdigest()[:32]


def picked(row: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in expected}


def test_a_segment_event(spark: SparkSession) -> None:
    row = only(taken(silver.EVENTS, records_of(spark, "web", [json.dumps(TRACK)])).rows)
    user, cookie = hashed("user_id", "shop", "97980cfea0067"), hashed("cookie", "tracking", TRACK["anonymousId"])
    expected = {
        "identifier": user,
        "identifiers": [
            {"type": "user_id", "scope": "shop", "id": user},
            {"type": "cookie", "scope": "tracking", "id": cookie},
        ],
        "occurred_at": datetime(2015, 2, 23, 22, 28, 55, 387000),
        "occurred_on": date(2015, 2, 23),
        "claimed_on": date(2015, 2, 23),
        "known_at": datetime(2015, 2, 23, 22, 28, 55, 800000),
        "type": "order_completed",
        "name": "Order Completed",
        "channel": "web",
        "page": "/products/123",
        "search": None,
        "product_id": None,
        "order_id": "50314b8e",
        "campaign_id": "weekly-ad",
        "campaign_source": None,
        "campaign_medium": None,
        "revenue": Decimal("25.5000"),
        "is_bot": False,
        "flags": [],
        "source": "web",
        "batch": 1,
        "file": "a",
        "offset": 0,
    }
    assert picked(row, expected) == expected
    assert set(row) == {*expected, "row_id", "key_id"}


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"event": "Products Searched", "properties": {"query": "milk bob@example.com"}},
     {"type": "searched", "search": "milk [email]"}),
    ({"event": "Weekly Ad Opened"}, {"type": "page_viewed", "name": "Weekly Ad Opened"}),
    ({"event": "Danced for bob@example.com"}, {"type": "other", "name": "Danced for [email]"}),
    ({"type": "identify", "event": None, "traits": {"email": "x"}},
     {"type": "identified", "name": None, "flags": ["email_unusable"]}),
    ({"type": "screen", "event": None, "name": "home"}, {"type": "page_viewed", "name": "home"}),
    ({"properties": {"revenue": "a lot"}}, {"revenue": None, "flags": ["revenue_unreadable"]}),
    ({"originalTimestamp": None}, {"occurred_at": datetime(2015, 2, 23, 22, 28, 55, 687000)}),
    ({"receivedAt": None}, {"known_at": datetime(2015, 2, 23, 22, 28, 55, 387000)}),
    ({"context": {"userAgent": "Googlebot/2.1"}}, {"is_bot": True, "page": None}),
]  # fmt: skip


def test_segment_events_of_every_kind(spark: SparkSession) -> None:
    raws = [json.dumps({**TRACK, "messageId": str(n), **change}) for n, (change, _) in enumerate(CHANGES)]
    rows = taken(silver.EVENTS, records_of(spark, "web", raws)).rows
    found = [picked(row.asDict(recursive=True), expected) for row, (_, expected) in zip(rows, CHANGES, strict=True)]
    assert found == [expected for _, expected in CHANGES]


def test_a_sendgrid_event(spark: SparkSession) -> None:
    click = {**OPEN, "event": "click", "sg_event_id": "c", "sg_machine_open": None,
             "url": "https://shop.example.com/deals?email=ann%40example.com"}  # fmt: skip
    strange = {**OPEN, "event": "teleported", "sg_event_id": "t"}
    records = records_of(spark, "email", [json.dumps(each) for each in (OPEN, click, strange)])
    opened, clicked, other = (row.asDict(recursive=True) for row in taken(silver.EVENTS, records).rows)
    expected = {
        "identifier": hashed("email", "", "ann@example.com"),
        "occurred_at": datetime(2017, 12, 15, 0, 59, 29),
        "known_at": datetime(2017, 12, 15, 0, 59, 29),
        "type": "email_opened",
        "name": "open",
        "channel": "email",
        "campaign_id": "12345",
        "is_bot": True,
        "page": None,
    }
    assert picked(opened, expected) == expected
    assert (clicked["type"], clicked["page"], clicked["is_bot"]) == ("email_clicked", "/deals", False)
    assert (other["type"], other["name"]) == ("other", "teleported")


def test_a_shopify_order(spark: SparkSession) -> None:
    rows = taken(silver.ORDER_LINES, records_of(spark, "shop", [json.dumps(ORDER)])).rows
    first, second = (row.asDict(recursive=True) for row in sorted(rows, key=lambda row: str(row["line_no"])))
    whole = {
        "identifier": hashed("user_id", "shop", "207119551"),
        "identifiers": [
            {"type": "user_id", "scope": "shop", "id": hashed("user_id", "shop", "207119551")},
            {"type": "email", "scope": "", "id": hashed("email", "", "bob@example.com")},
            {"type": "phone", "scope": "", "id": hashed("phone", "", "+14155552671")},
        ],
        "order_id": "shop:450789469",
        "occurred_at": datetime(2017, 1, 5, 17),
        "version_at": datetime(2017, 1, 6, 17),
        "known_at": datetime(2017, 1, 6, 17),
        "status": "partially_refunded",
        "currency": "USD",
        "is_test": False,
        "store_id": None,
    }
    assert picked(first, whole) == whole and picked(second, whole) == whole
    # Of 5.00 off, 2.00 is the first line's own; the rest goes by amount: 20 of 60 and 40 of 60 of 3.00.
    one = {
        "product_id": "632910392",
        "quantity": 1.0,
        "gross": Decimal(20),
        "discount": Decimal(3),
        "net": Decimal("8.5"),
    }
    two = {"product_id": "B", "quantity": 1.0, "gross": Decimal(40), "discount": Decimal(2), "net": Decimal(38)}
    assert picked(first, one) == one
    assert picked(second, two) == two
    assert first["row_id"] != second["row_id"]


def test_a_shopify_order_without_lines_is_one_row_without_a_product(spark: SparkSession) -> None:
    bare = {**ORDER, "line_items": [], "refunds": [], "customer": None, "email": None, "cancelled_at": "2017-01-06"}
    row = only(taken(silver.ORDER_LINES, records_of(spark, "shop", [json.dumps(bare)])).rows)
    expected = {
        "product_id": None, "quantity": 0.0, "net": Decimal(0), "status": "cancelled", "flags": ["no_lines"],
        "identifiers": [{"type": "order", "scope": "shop", "id": hashed("order", "shop", "450789469")}],
    }  # fmt: skip
    assert picked(row, expected) == expected


def test_what_a_shop_allocated_to_a_line_is_its_discount(spark: SparkSession) -> None:
    items = [{"id": 1, "sku": "A", "quantity": 1, "price": "10", "total_discount": "0",
              "discount_allocations": [{"amount": "1.50"}, {"amount": "0.50"}]}]  # fmt: skip
    order = {**ORDER, "line_items": items, "refunds": None, "total_discounts": "2.00"}
    row = only(taken(silver.ORDER_LINES, records_of(spark, "shop", [json.dumps(order)])).rows)
    assert (row["discount"], row["net"]) == (Decimal(2), Decimal(8))


def shop_order(spark: SparkSession, **changes: Any) -> list[dict[str, Any]]:
    rows = taken(silver.ORDER_LINES, records_of(spark, "shop", [json.dumps({**ORDER, **changes})])).rows
    return [row.asDict() for row in sorted(rows, key=lambda row: str(row["line_no"]))]


def test_what_a_shop_says_of_no_tax_is_not_known(spark: SparkSession) -> None:
    assert [row["tax"] for row in shop_order(spark)] == [None, None]


def test_a_tax_on_top_of_prices_is_no_revenue(spark: SparkSession) -> None:
    """6.00 on the whole order go by amount: 20 of 60 and 40 of 60."""
    first, second = shop_order(spark, total_tax="6.00", taxes_included=False)
    assert (first["tax"], first["net"]) == (Decimal(2), Decimal("8.5"))
    assert (second["tax"], second["net"]) == (Decimal(4), Decimal(38))


def test_a_tax_within_prices_is_taken_out_and_that_of_refunds_paid_back(spark: SparkSession) -> None:
    lines = [{**line, "tax_lines": [{"price": "1.50"}, {"price": "0.50"}]} for line in ORDER["line_items"]]
    back = [{"refund_line_items": [{"line_item_id": 1, "quantity": 1, "subtotal": 8.5, "total_tax": 1}]}]
    first, second = shop_order(spark, line_items=lines, refunds=back, total_tax="4.00", taxes_included=True)
    # Paid: 20 - 3 off - 8.50 back, of which 2 - 1 are tax; 40 - 2 off, of which 2 are.
    assert (first["tax"], first["net"]) == (Decimal(1), Decimal("7.5"))
    assert (second["tax"], second["net"]) == (Decimal(2), Decimal(36))


def test_a_shop_that_names_its_products_by_sku(spark: SparkSession) -> None:
    shop = replace(SOURCES["shop"], product="sku")
    nothing = nothing_yet(spark, silver.ORDER_LINES)
    records = records_of(spark, "shop", [json.dumps(ORDER)])
    made = take_in(silver.ORDER_LINES, records, nothing, SilverParams(sources=(shop,)))
    outcome = Outcome(silver.ORDER_LINES, dict(made))
    assert sorted(row["product_id"] for row in outcome.rows) == ["A", "B"]


def test_a_csv_sale_and_the_same_in_another_order_of_columns(spark: SparkSession) -> None:
    line = "31198570044,1,2017-01-05T12:00:00-05:00,367,5,6000000997,853529,2,3.00,0.50,1.00,0.25"
    turned_header = ",".join(reversed(SALES_HEADER.split(",")))
    turned = ",".join(reversed(line.split(",")))
    records = records_of(spark, "store_sales", [line], SALES_HEADER)
    outcome = taken(
        silver.ORDER_LINES, records.union(records_of(spark, "store_sales", [turned], turned_header, file="b"))
    )
    expected = {
        "identifier": hashed("loyalty_card", "crm", "6000000997"),
        "order_id": "store_sales:31198570044",
        "line_no": "1",
        "occurred_at": datetime(2017, 1, 5, 17),
        "channel": "store",
        "store_id": "367",
        "product_id": "853529",
        "quantity": 2.0,
        "gross": Decimal("3.75"),
        "discount": Decimal("1.75"),
        "net": Decimal("2.00"),
        "currency": "USD",
        "status": "paid",
        "is_test": False,
    }
    assert picked(only(outcome.rows), expected) == expected
    assert [(row["file"], row["row_id"]) for row in outcome.duplicates] == [("b", outcome.rows[0]["row_id"])]


def test_an_anonymous_sale_is_nobodys(spark: SparkSession) -> None:
    line = "31198570044,1,2017-01-05 12:00:00,367,5,,853529,2,3.00,0,,"
    row = only(taken(silver.ORDER_LINES, records_of(spark, "store_sales", [line], SALES_HEADER)).rows)
    assert row["identifiers"] == [
        {"type": "order", "scope": "store_sales", "id": hashed("order", "store_sales", "31198570044")}
    ]
    assert (row["net"], row["occurred_at"]) == (Decimal(3), datetime(2017, 1, 5, 17))


def test_statuses_and_amounts_as_systems_write_them(spark: SparkSession) -> None:
    store = SOURCES["store_sales"]
    columns = {name: column for name, column in store.columns.items() if name not in ("discount", "store_id")}
    constants = {"currency": "USD"}
    till = replace(store, identifiers={}, constants=constants, columns={**columns, "net": "net", "status": "status"})
    written = [("3.00", "Paid"), ("3.00", "CANCELED"), ("3.00", " Voided "), ("NaN", "paid"), ("-Infinity", "paid")]
    lines = [f"{n},1,2017-01-05 12:00:00,1,2,{net},{status}" for n, (net, status) in enumerate(written, 1)]
    header = "transaction_id,line_no,sold_at,product_id,quantity,net,status"
    records = records_of(spark, "store_sales", lines, header)
    made = take_in(silver.ORDER_LINES, records, nothing_yet(spark, silver.ORDER_LINES), SilverParams(sources=(till,)))
    outcome = Outcome(silver.ORDER_LINES, dict(made))
    assert [row["status"] for row in outcome.rows] == ["paid", "cancelled", "voided"]
    assert set(outcome.rules) == {3, 4}


def test_quotes_commas_and_line_ends_inside_a_csv_field(spark: SparkSession) -> None:
    header = 'response_id,"email",loyalty_card,answered_at,question,answer'
    rows = [
        'r1,ann@example.com,,2017-01-05T12:00:00Z,comment,"Milk, sour,\n""no"" they said. Mail ann@example.com"',
        "r1,ann@example.com,,2017-01-05T12:00:00Z,nps,9",
        'r2,,,2017-01-05T12:00:00Z,comment,""""',
    ]
    found = taken(silver.SURVEY_ANSWERS, records_of(spark, "surveys", rows, header)).rows
    assert [(row["score"], row["comment"]) for row in found] == [
        (None, 'Milk, sour,\n"no" they said. Mail [email]'),
        (9.0, None),
        (None, '"'),
    ]
    assert [row["identifiers"][0]["type"] for row in found] == ["email", "email", "order"]


def test_a_campaigns_targets_happen_when_it_starts(spark: SparkSession) -> None:
    campaign = (
        "row", None, "26", "Type A", date(2017, 3, 3), None, datetime(2017, 1, 1), [], "campaigns", 1, "a", 0,
    )  # fmt: skip
    campaigns = spark.createDataFrame([campaign], silver.CAMPAIGNS.schema)
    records = records_of(spark, "campaign_targets", ["26,1029", "27,1029"], "campaign_id,household_id")
    outcome = taken(silver.EVENTS, records, campaigns=campaigns)
    row = only(outcome.rows)
    assert (row["type"], row["campaign_id"], row["occurred_at"]) == (
        "campaign_targeted",
        "26",
        datetime(2017, 3, 3, 5),
    )
    assert row["identifiers"] == [{"type": "household", "scope": "crm", "id": hashed("household", "crm", "1029")}]
    assert outcome.rules == {1: "campaign_unknown"}


def test_a_labelled_identifier_hashes_like_the_one_that_it_labels(spark: SparkSession) -> None:
    rows = ["cookie,abc,p-1,1,late login,false", "email,Ann@example.com,p-1,1,late login,true"]
    header = "type,value,person_id,household_id,scenario,shared"
    found = taken(silver.IDENTITY_TRUTH, records_of(spark, "identity_truth", rows, header)).rows
    assert [row["identifier"] for row in found] == [
        hashed("cookie", "tracking", "abc"),
        hashed("email", "", "ann@example.com"),
    ]
    assert [row["is_shared"] for row in found] == [False, True]
    assert len({row["person"] for row in found}) == 1 and "p-1" not in found[0]["person"]


def test_no_source_for_a_target_gives_empty_tables(spark: SparkSession) -> None:
    from motherlode.sources.intake import SilverParams, take_in

    records = records_of(spark, "web", ["{}"])
    outputs = take_in(silver.COUPONS, records, nothing_yet(spark, silver.COUPONS), SilverParams())
    assert {name: frame.count() for name, frame in outputs.items()} == {
        "coupons": 0, "coupons_duplicates": 0, "coupons_quarantine": 0,
    }  # fmt: skip


def test_a_clock_that_is_wrong_is_put_right_by_the_receivers(spark: SparkSession) -> None:
    times = {
        "right": ("2015-02-23T22:28:55.387Z", "2015-02-23T22:28:55.500Z", "2015-02-23T22:28:55.800Z"),
        # Sent two days later, when the device was back online.
        "late": ("2015-02-23T22:28:55.387Z", "2015-02-25T08:00:00.000Z", "2015-02-25T08:00:00.300Z"),
        "a day ahead": ("2015-02-24T22:28:55.387Z", "2015-02-24T22:28:57.387Z", "2015-02-23T22:28:58.000Z"),
        "years behind": ("2010-01-01T00:00:10.000Z", "2010-01-01T00:01:10.000Z", "2015-02-23T22:30:00.000Z"),
        "unsaid": ("2015-02-23T22:28:55.387Z", None, "2015-02-23T22:28:55.800Z"),
    }
    raws = [
        json.dumps({**TRACK, "messageId": name, "originalTimestamp": at, "sentAt": sent, "receivedAt": received})
        for name, (at, sent, received) in times.items()
    ]
    rows = taken(silver.EVENTS, records_of(spark, "web", raws)).rows
    found = dict(zip(times, rows, strict=True))
    assert {name: row["occurred_at"] for name, row in found.items()} == {
        "right": datetime(2015, 2, 23, 22, 28, 55, 387000),
        "late": datetime(2015, 2, 23, 22, 28, 55, 387000),
        "a day ahead": datetime(2015, 2, 23, 22, 28, 56),
        "years behind": datetime(2015, 2, 23, 22, 29),
        "unsaid": datetime(2015, 2, 23, 22, 28, 55, 387000),
    }
    assert {name: row["claimed_on"] for name, row in found.items()} == {
        "right": date(2015, 2, 23),
        "late": date(2015, 2, 23),
        "a day ahead": date(2015, 2, 24),
        "years behind": date(2010, 1, 1),
        "unsaid": date(2015, 2, 23),
    }
    assert {name: row["flags"] for name, row in found.items()} == {
        "right": [],
        "late": [],
        "a day ahead": ["clock_corrected"],
        "years behind": ["clock_corrected"],
        "unsaid": [],
    }
