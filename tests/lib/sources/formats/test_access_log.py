"""Access logs: lines after Apache's and nginx's documentation against literal rows."""

import time
import tomllib
from datetime import date, datetime
from typing import Any

from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.sources.intake import SilverParams, take_in
from motherlode.sources.source import Source
from tests.lib.sources.silver_cases import CONF, Outcome, nothing_yet, only, records_of
from tests.lib.sources.test_formats import hashed, picked

SOURCE = Source(
    name="server",
    format="access_log",
    path="server/*.log",
    target="events",
    channel="web",
    zone="America/New_York",
    events=tomllib.loads((CONF / "formats" / "access_log.toml").read_text())["events"],
)
# Apache's documentation has this very line; its file is an asset, a page is below.
FRANK = (
    r'127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 '
    r'"http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"'
)
NOW = "[10/Oct/2000:13:55:36 -0700]"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def line(request: str, status: str = "200", referrer: str = "-", agent: str = FIREFOX, user: str = "-") -> str:
    return f'203.0.113.7 - {user} {NOW} "{request}" {status} 512 "{referrer}" "{agent}"'


def received(spark: SparkSession, lines: list[str]) -> Outcome:
    records = records_of(spark, "server", lines)
    made = take_in(silver.EVENTS, records, nothing_yet(spark, silver.EVENTS), SilverParams(sources=(SOURCE,)))
    return Outcome(silver.EVENTS, dict(made))


def who(kind: str, value: str) -> list[dict[str, str]]:
    return [{"type": kind, "scope": "server", "id": hashed(kind, "server", value)}]


def test_a_line_of_apaches_documentation(spark: SparkSession) -> None:
    row = only(received(spark, [FRANK]).rows)
    expected = {
        "identifier": hashed("user_id", "server", "frank"),
        "identifiers": who("user_id", "frank"),
        "occurred_at": datetime(2000, 10, 10, 20, 55, 36),
        "occurred_on": date(2000, 10, 10),
        "claimed_on": date(2000, 10, 10),
        "known_at": datetime(2000, 10, 10, 20, 55, 36),
        "type": "request",
        "name": "GET 200",
        "channel": "web",
        "page": "/apache_pb.gif",
        "search": None,
        "product_id": None,
        "order_id": None,
        "campaign_id": None,
        "campaign_source": None,
        "campaign_medium": None,
        "revenue": None,
        "is_bot": False,
        "flags": [],
        "source": "server",
        "batch": 1,
        "file": "a",
        "offset": 0,
    }
    assert picked(row, expected) == expected
    assert set(row) == {*expected, "row_id", "key_id"}


COMMON = '::1 - - [01/Jan/2024:00:00:00 +0530] "GET /shop HTTP/2.0" 304 -'
NGINX = '2001:db8::7 - ann [29/Feb/2024:23:59:59 +0000] "GET /a?b=c HTTP/1.1" 200 5 "-" "curl/8.5.0" "::1, -" 0.001'
BARE = '192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /" 200 7'
CASES: list[tuple[str, dict[str, Any]]] = [
    (COMMON, {"type": "page_viewed", "name": "GET 304", "page": "/shop", "is_bot": False,
              "occurred_at": datetime(2023, 12, 31, 18, 30), "identifiers": who("order", COMMON)}),
    (NGINX, {"type": "page_viewed", "page": "/a", "occurred_at": datetime(2024, 2, 29, 23, 59, 59),
             "identifiers": who("user_id", "ann")}),
    (BARE, {"type": "page_viewed", "page": "/"}),
    # What a request is.
    (line("GET /shop/milk.html HTTP/1.1"), {"type": "page_viewed", "name": "GET 200", "page": "/shop/milk.html"}),
    (line("GET /old HTTP/1.1", "301"), {"type": "request", "name": "GET 301"}),
    (line("GET /a/style.CSS?v=3 HTTP/1.1"), {"type": "request", "name": "GET 200", "page": "/a/style.CSS"}),
    (line("GET /favicon.ico HTTP/1.1"), {"type": "request"}),
    (line("GET /f/inter.woff2 HTTP/1.1"), {"type": "request"}),
    (line("GET /js HTTP/1.1"), {"type": "page_viewed"}),
    (line("GET /buy?file=a.css HTTP/1.1"), {"type": "page_viewed", "page": "/buy"}),
    (line("GET /price-list.pdf HTTP/1.1"), {"type": "file_downloaded", "page": "/price-list.pdf"}),
    (line("GET /price-list.pdf HTTP/1.1", "206"), {"type": "request", "name": "GET 206"}),
    (line("GET /price-list.pdf HTTP/1.1", "404"), {"type": "request", "name": "GET 404"}),
    (line("GET /no?email=bob@example.com HTTP/1.1", "404"), {"type": "request", "name": "GET 404", "page": "/no"}),
    (line("GET /slow HTTP/1.1", "499"), {"type": "request", "name": "GET 499"}),
    (line("GET /slow HTTP/1.1", "-"), {"type": "request", "name": "GET -"}),
    (line("POST /cart HTTP/1.1"), {"type": "request", "name": "POST 200", "page": "/cart"}),
    (line("HEAD / HTTP/1.1"), {"type": "request", "name": "HEAD 200"}),
    (line("OPTIONS * HTTP/1.0"), {"type": "request", "name": "OPTIONS 200", "page": None}),
    (line("CONNECT mail.example.com:25 HTTP/1.1", "405"), {"type": "request", "page": None}),
    (line("GET http://shop.example.com/milk?x=1 HTTP/1.1"), {"type": "page_viewed", "page": "/milk"}),
    (line("GET //milk HTTP/1.1"), {"type": "page_viewed", "page": "/milk"}),
    (line(r"GET /say\"hello\"/\xe2\x82 HTTP/1.1"), {"page": r'/say"hello"/\xe2\x82'}),
    (line("GET /account/bob%40example.com/orders HTTP/1.1"), {"page": "/account/[email]/orders"}),
    # Who.
    (line("GET / HTTP/1.1", user="bob@example.com"), {"identifiers": who("user_id", "bob@example.com")}),
    (line("GET / HTTP/1.1", "401", user="mallory"),
     {"identifiers": who("order", line("GET / HTTP/1.1", "401", user="mallory")), "flags": []}),
    (line("GET / HTTP/1.1", user='""'), {"identifiers": who("order", line("GET / HTTP/1.1", user='""')), "flags": []}),
    (line("GET / HTTP/1.1", user="guest"),
     {"identifiers": who("order", line("GET / HTTP/1.1", user="guest")), "flags": ["user_id_unusable"]}),
    # By what they came.
    (line("GET /?utm_source=news%20letter&utm_medium=email&utm_campaign=may+bob%40example.com HTTP/1.1"),
     {"campaign_id": "may [email]", "campaign_source": "news letter", "campaign_medium": "email", "page": "/"}),
    (line("GET /?utm_source=%zz&utm_campaign= HTTP/1.1"), {"campaign_id": None, "campaign_source": None}),
    (line("GET /a HTTP/1.1", referrer="https://www.google.co.uk/"),
     {"campaign_source": "google", "campaign_medium": "organic", "campaign_id": None}),
    (line("GET /a?gclid=x HTTP/1.1", referrer="https://www.google.com/"), {"campaign_medium": "cpc"}),
    (line("GET /a?utm_source=x HTTP/1.1", referrer="https://www.google.com/"),
     {"campaign_source": "x", "campaign_medium": None}),
    (line("GET /a HTTP/1.1", referrer="https://uk.search.yahoo.com/search?p=bob"), {"campaign_source": "yahoo"}),
    (line("GET /a HTTP/1.1", referrer="https://mail.google.com/"), {"campaign_source": None}),
    (line("GET /a HTTP/1.1", referrer="https://google.com.evil.example/"), {"campaign_source": None}),
    (line("GET /a HTTP/1.1", referrer="https://shop.example.com/?q=google.com"), {"campaign_source": None}),
    # By what program.
    (line("GET /a HTTP/1.1", agent="Mozilla/5.0 (compatible; Googlebot/2.1)"), {"is_bot": True}),
    (line("GET /b HTTP/1.1", agent=r"a \"quoted\" \\ agent"), {"is_bot": False}),
    (line("GET /b HTTP/1.1", agent=""), {"is_bot": False}),
]  # fmt: skip


def test_lines_of_every_kind(spark: SparkSession) -> None:
    rows = received(spark, [raw for raw, _ in CASES]).rows
    assert [row["offset"] for row in rows] == list(range(len(CASES)))
    found = [picked(row.asDict(recursive=True), expected) for row, (_, expected) in zip(rows, CASES, strict=True)]
    wrong = [pair for pair in zip(found, [expected for _, expected in CASES], strict=True) if pair[0] != pair[1]]
    assert wrong == []


BROKEN: list[tuple[str, tuple[str, str | None, str | None]]] = [
    (line(r"\x16\x03\x01\x02\x00\x01", "400"), ("request", "request", r"\a99\a99\a99\a99\a99\a99")),
    (line("-", "408"), ("request", "request", "-")),
    (line("", "400"), ("request", "request", "")),
    (line("get / HTTP/1.1", "400"), ("request", "request", "aaa / aaaa/9.9")),
    (line("GET /a b HTTP/1.1", "400"), ("request", "request", "aaa /a a aaaa/9.9")),
    (line("GET / HTTP/1.1").replace("10/Oct/2000", "32/Oct/2000"),
     ("readable", "time", "99/aaa/9999:99:99:99 -9999")),
    (line("GET / HTTP/1.1").replace(" -0700", ""), ("readable", "time", "99/aaa/9999:99:99:99")),
    (line("GET / HTTP/1.1").replace("10/Oct/2000", "10/Oct/1970"),
     ("plausible_time", "time", "99/aaa/9999:99:99:99 -9999")),
    (line("GET / HTTP/1.1").replace(NOW, "[]"), ("required", "time", None)),
    # A quote that nobody escaped; a host more, whose line would take the client for the user; a user with a blank.
    (line("GET / HTTP/1.1", agent='a "b"c'), ("log_line", None, "999.9.999.9 - - [99/aaa/9999:99:99:99 -9")),
    ("www.example.com:443 " + line("GET / HTTP/1.1"), ("log_line", None, "aaa.aaaaaaa.aaa:999 999.9.999.9 - - [99/")),
    (line("GET / HTTP/1.1", user="ann smith"), ("log_line", None, "999.9.999.9 - aaa aaaaa [99/aaa/9999:99:")),
    (line("GET / HTTP/1.1")[:60], ("log_line", None, "999.9.999.9 - - [99/aaa/9999:99:99:99 -9")),
    ("\x01".join(("ann", NOW[1:-1], "GET / HTTP/1.1", "200", "-", "x")),
     ("log_line", None, "aaa\x0199/aaa/9999:99:99:99 -9999\x01aaa / aaa")),
    (line("GET /\x01 HTTP/1.1"), ("log_line", None, "999.9.999.9 - - [99/aaa/9999:99:99:99 -9")),
    ("nonsense", ("log_line", None, "aaaaaaaa")),
]  # fmt: skip
# What makes a pattern that goes back over its steps take for ever, or its recursion too deep.
HOSTILE = [
    line("GET /" + r"\"" * 500_000 + " HTTP/1.1"),
    line(r"\"" * 500_000),
    "1 - - [" * 150_000,
    "1 " * 500_000,
    f'1 - - {NOW} "' + '"' * 500_000,
    f'1 - - {NOW} "GET / HTTP/1.1" 200 1 ' + '"a" ' * 250_000,
]


def test_what_cannot_be_read_is_quarantined(spark: SparkSession) -> None:
    outcome = received(spark, [raw for raw, _ in BROKEN])
    assert [(row["rule"], row["path"], row["found"]) for row in outcome.quarantine] == [why for _, why in BROKEN]
    assert outcome.rows == []


def test_hostile_lines_take_no_longer_than_their_length(spark: SparkSession) -> None:
    began = time.monotonic()
    outcome = received(spark, HOSTILE)
    assert time.monotonic() - began < 120
    assert (outcome.offsets, outcome.rules) == (
        [0, 5],
        {1: "request", 2: "log_line", 3: "log_line", 4: "log_line"},
    )


def test_the_same_line_is_the_same_request(spark: SparkSession) -> None:
    second = FRANK.replace("13:55:36", "13:55:37")
    outcome = received(spark, [FRANK, second, FRANK])
    assert outcome.offsets == [0, 1]
    assert [(row["offset"], row["row_id"]) for row in outcome.duplicates] == [(2, outcome.rows[0]["row_id"])]
