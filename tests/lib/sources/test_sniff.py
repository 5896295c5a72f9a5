"""What small samples are taken for, the wrong ones too."""

import json

import pytest

from motherlode.sources.registry import known_formats
from motherlode.sources.sniff import Guess, sniff

SEGMENT = json.dumps({"type": "track", "messageId": "m", "event": "Product Viewed", "anonymousId": "a"})
POSTHOG = json.dumps({"uuid": "u", "event": "$pageview", "distinct_id": "d", "timestamp": "2024-01-01"})
GA4 = json.dumps({"event_timestamp": "1700000000000000", "event_name": "page_view", "event_params": []})
SENDGRID = json.dumps({"email": "ann@example.com", "timestamp": 1513299569, "event": "open", "sg_event_id": "x"})
ORDER = json.dumps({"id": 1, "created_at": "x", "updated_at": "y", "line_items": [], "currency": "USD"})
CSV = "order_id,sold_at,amount\n1,2024-01-01,9.50\n2,2024-01-02,3.00\n"


def lines(*texts: str) -> bytes:
    return "\n".join(texts).encode()


@pytest.mark.parametrize(
    ("data", "best", "records"),
    [
        (lines(*[SEGMENT] * 4), Guess("segment", 1.0), 4),
        (lines(*[POSTHOG] * 4), Guess("posthog", 1.0), 4),
        (lines(*[GA4] * 4), Guess("ga4", 1.0), 4),
        (f"[{SENDGRID}, {SENDGRID}]".encode(), Guess("sendgrid", 1.0), 2),
        (f"[\n{SENDGRID},\n{SENDGRID}\n]".encode(), Guess("sendgrid", 1.0), 2),
        (lines(ORDER), Guess("shopify", 1.0), 1),
        (json.dumps(json.loads(ORDER), indent=1).replace("\n", " ").encode(), Guess("shopify", 1.0), 1),
        # Broken lines, others' lines and blank ones decide nothing.
        (lines("{", SEGMENT, "", SEGMENT, "no JSON", SEGMENT), Guess("segment", 0.6), 5),
        (lines(GA4, *[SEGMENT] * 3), Guess("segment", 0.75), 4),
        (b"\xef\xbb\xbf" + lines(SEGMENT), Guess("segment", 1.0), 1),
        (CSV.encode(), Guess("csv", 1.0), 2),
        (CSV.replace("\n", "\r\n").encode(), Guess("csv", 1.0), 2),
        (b'name,comment\nx,"a ""b"",\nc"\ny,z\n', Guess("csv", 1.0), 2),
        (CSV.encode() + b"3,2024\n", Guess("csv", 0.75), 3),
    ],
)
def test_the_format(data: bytes, best: Guess, records: int) -> None:
    found = sniff(data, known_formats())
    assert (found.best, found.records, found.why_not, found.to_change) == (best, records, "", ())


LOG = '203.0.113.7 - - [10/Oct/2023:13:55:36 -0700] "GET / HTTP/1.1" 200 5 "-" "curl/8"'
FORM = "type=subscribe&fired_at=2009-03-26+21%3A35%3A57&data%5Bid%5D=8a25ff1d98"


def test_formats_that_are_no_json() -> None:
    formats = known_formats()
    assert sniff(lines(LOG, LOG, "no log", LOG), formats).best == Guess("access_log", 0.75)
    assert sniff(lines(FORM), formats).best == Guess("mailchimp", 1.0)
    assert sniff(lines("\t".join(["x"] * 131), "x\ty"), formats).best == Guess("snowplow", 0.5)


def test_every_format_can_be_told() -> None:
    untold = [f.name for f in known_formats().values() if not (f.maps_columns or f.marks or f.pattern)]
    assert untold == []


def test_a_close_second_is_named() -> None:
    found = sniff(lines(*[SEGMENT] * 3, *[POSTHOG] * 2), known_formats())
    assert (found.best, found.runner_up) == (Guess("segment", 0.6), Guess("posthog", 0.4))
    assert sniff(lines(*[SEGMENT] * 9, POSTHOG), known_formats()).runner_up is None


def test_a_sample_may_end_anywhere() -> None:
    data = lines(SEGMENT, SEGMENT, SEGMENT)
    for end in (len(SEGMENT) + 9, len(data) - 1):
        found = sniff(data[:end], known_formats(), is_cut=True)
        assert found.best == Guess("segment", 1.0)
        assert found.data.endswith(b"}\n")
    array = f"[{SENDGRID}, {SENDGRID}, {SENDGRID}]".encode()
    assert sniff(array[:-9], known_formats(), is_cut=True).best == Guess("sendgrid", 2 / 3)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b"\n \r\n\t\n", "the file is empty"),
        (b"\xef\xbb\xbf\n", "the file is empty"),
        (bytes(range(256)) * 40, "the file is no text: Motherlode reads JSON, CSV and logs, plain or gzip"),
        (b"PK\x03\x04abc", "the file is a zip archive or an Excel file: unpack it, or export it as CSV"),
        (b"Once upon a time\nthere was a file.\n", "the file is neither JSON nor a table with a header row"),
        (b"name,price\n", "the file has a header row and nothing below it"),
        (b"{broken\n{as well\n", "the file begins like JSON, and no record of it can be read"),
        (
            b"7,bob@example.com,Bob\n8,ann@example.com,Ann\n",
            "its first line holds values, and a table wants a header row: put one before",
        ),
        (
            b"17,Bob,9.50\n18,Ann,3.00\n",
            "its first line holds values, and a table wants a header row: put one before",
        ),
        (
            lines('{"uuid": "u", "event": "e"}'),
            "the file is JSON of no format that Motherlode knows; posthog comes nearest, and its records have"
            " distinct_id too",
        ),
    ],
)
def test_what_is_none(data: bytes, why: str) -> None:
    found = sniff(data, known_formats())
    assert (found.best, found.why_not) == (None, why)


def test_json_of_nobody_names_what_is_known() -> None:
    found = sniff(b'{"a": 1}\n', known_formats())
    assert found.why_not.startswith("the file is JSON of no format that Motherlode knows (ga4, ")


GERMAN = "Größe;Preis\nüber;1,50\nmäßig;2,50\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (GERMAN.encode("cp1252"), ["iconv -f WINDOWS-1252 -t UTF-8", "separated by a semicolon"]),
        (GERMAN.encode("utf-16"), ["iconv -f UTF-16 -t UTF-8", "separated by a semicolon"]),
        (GERMAN.encode("utf-16-le"), ["iconv -f UTF-16 -t UTF-8", "separated by a semicolon"]),
        (GERMAN.encode(), ["separated by a semicolon"]),
        (CSV.replace(",", "\t").encode(), ["separated by a tab", "delimiter='\\t'"]),
        (CSV.replace(",", "|").encode(), ["separated by a bar"]),
        ("a,b\nStraße,1\nß,2\n".encode("latin-1"), ["iconv -f WINDOWS-1252"]),
    ],
)
def test_what_has_to_be_changed_first(data: bytes, words: list[str]) -> None:
    found = sniff(data, known_formats())
    assert found.best == Guess("csv", 1.0)
    said = "\n".join(found.to_change)
    assert [word for word in words if word not in said] == []
    assert not any("separated" in line for line in found.to_change) or "separated" in " ".join(words)
    assert found.data.decode().startswith(("Größe", "order_id", "a,b"))


def test_a_byte_order_mark_and_a_broken_line_are_remarks() -> None:
    assert sniff(b"\xef\xbb\xbf" + CSV.encode(), known_formats()).remarks == (
        "UTF-8 with a byte order mark: is read as it is",
    )
    found = sniff("a,b\nStraße,1\nß,2\n".encode() + b"\xdf,3\n", known_formats())
    assert found.best == Guess("csv", 1.0)
    assert found.remarks == ("lines that are no UTF-8, and will be quarantined: 1",)
    assert found.to_change == ()
    # Bytes that are no letters, and one line among hundreds, are broken lines.
    for broken in (b"a,b\nx,1\ny,2\n\xff\xfe\x9d\x81,3\n", b"a,b\n" + b"x,1\n" * 200 + b"Stra\xdfe,3\n"):
        found = sniff(broken, known_formats())
        assert (found.to_change, len(found.remarks)) == ((), 1)
