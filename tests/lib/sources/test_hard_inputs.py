"""What breaks parsers, each kind in one file: it ends as an event or in quarantine with its reason, and harms nobody.

A truncated file, one of other columns, marks amid files: through the very code that a run reads files with.
"""

import gzip
import hashlib
import json
import os
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.bronze import records as bronze_records
from motherlode.columns.cipher import decrypt
from motherlode.contracts import silver
from motherlode.runner.landing import list_landing, read_contents
from motherlode.settings import Ingest
from motherlode.sources.source import Source
from tests.lib.sources.formats.analytics_cases import hashed
from tests.lib.sources.silver_cases import SOURCES, Outcome, records_of, taken
from tests.lib.sources.test_formats import ORDER, SALES_HEADER, TRACK

BOM = b"\xef\xbb\xbf"
LONGEST = 20_000
MONTH_OLD = time.time() - 30 * 86_400


class Read:
    """What bronze and silver make of files below a folder."""

    def __init__(self, spark: SparkSession, folder: Path, sources: tuple[Source, ...]) -> None:
        listed = spark.createDataFrame(list_landing(str(folder), sources)).withColumn("batch", F.lit(1).cast("long"))
        contents = read_contents(listed, str(folder), sources, Ingest(chunk_bytes=6_000, max_record_bytes=LONGEST))
        found = bronze_records.transform(contents)
        self.records: DataFrame = found["records"].persist()
        self.flaws = found["quarantine"].orderBy("file", "offset").collect()


def track(**change: Any) -> bytes:
    return json.dumps({**TRACK, "messageId": f"m {change}", **change}).encode()


def inside(text: bytes, **change: Any) -> bytes:
    """A record with something more at its end."""
    return track(**change)[:-1] + b"," + text + b"}"


COOKIE = hashed("cookie", "tracking", TRACK["anonymousId"])
USER = hashed("user_id", "shop", TRACK["userId"])
AT = datetime(2015, 2, 23, 22, 28, 55, 387000)
ZONES = {
    "2015-02-23T22:28:55+05:30": datetime(2015, 2, 23, 16, 58, 55),
    "2015-02-23 22:28:55 -0800": datetime(2015, 2, 24, 6, 28, 55),
    "2015-02-23T22:28:55 Europe/Berlin": datetime(2015, 2, 23, 21, 28, 55),
    "2015-02-23T22:28:55": datetime(2015, 2, 24, 3, 28, 55),
}
"""Without an offset it is the source's zone."""
HARD: list[tuple[bytes, dict[str, Any] | str]] = [
    (BOM + track(n=1), {"identifier": USER}),
    (track(n=2).replace(b"weekly-ad", "wöchentlich".encode("latin-1")), "encoding"),
    (track(n=3)[:-1] + b',"x":' + b"[" * 3_000 + b"]" * 3_000 + b"}", "json"),
    (b"\x1f\x8b" + track(n=4), "encoding"),
    (track(n=5).decode().encode("utf-16"), "encoding"),
    (inside(b'"long":"' + b"x" * LONGEST + b'"'), "record_too_long"),
    # The last of two keys holds, as in most parsers.
    (inside(b'"userId":"later"'), {"identifier": hashed("user_id", "shop", "later")}),
    (inside(b'"userId":NaN'), {"identifier": COOKIE, "flags": ["user_id_unusable"]}),
    (inside(b'"properties":{"revenue":NaN}'), {"revenue": None, "flags": ["revenue_unreadable"]}),
    (inside(b'"properties":{"revenue":-Infinity}'), {"revenue": None, "flags": ["revenue_unreadable"]}),
    (inside(b'"properties":{"revenue":1e-999999999}'), {"revenue": Decimal(0), "flags": []}),
    (inside(b'"properties":{"revenue":"1e-999999999"}'), {"revenue": None, "flags": ["revenue_unreadable"]}),
    (inside(b'"properties":{"revenue":1e-99}'), {"revenue": Decimal(0), "flags": []}),
    (inside(b'"properties":{"total":"%s"}' % (b"9" * 9_000)), {"revenue": None, "flags": ["revenue_unreadable"]}),
    (inside(b'"event":"\\ud800 half"'), {"type": "other"}),
    (track(n=6).replace(b"weekly-ad", b"\xed\xa0\x80"), "encoding"),
    (inside(b'"event":"zero \\u0000 and \\u0001"'), {"name": "zero \x00 and \x01"}),
    (inside(b'"event":"%s"' % (b"a" * 9_000 + b"%")), {"type": "other"}),
    (track(userId={}), {"identifier": COOKIE, "flags": ["user_id_unusable"]}),
    (track(userId={"id": "7"}), {"identifier": COOKIE, "flags": ["user_id_unusable"]}),
    (track(userId=["7"]), {"identifier": COOKIE, "flags": ["user_id_unusable"]}),
    (track(userId={"mail": "x@y.zz"}, traits={"email": {"mail": "x@y.zz"}}),
     {"identifier": COOKIE, "flags": ["user_id_unusable", "email_unusable"]}),
    (track(userId=7), {"identifier": hashed("user_id", "shop", "7")}),
    (track(userId="{3F2504E0-4F89-11D3-9A0C-0305E82C3301}"),
     {"identifier": hashed("user_id", "shop", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}")}),
    (track(event=7), {"type": "other", "name": "7"}),
    (track(event={"name": "x"}), "scalar"),
    (track(event="[Amplitude] Start Session"), {"name": "[Amplitude] Start Session"}),
    (track(messageId=7), {"identifier": USER}),
    (track(type=7), "one_of"),
    (track(context=7), "json_types"),
    (track(originalTimestamp="0000-01-01T00:00:00Z"), "plausible_time"),
    (track(originalTimestamp="0001-01-01T00:00:00Z"), "plausible_time"),
    (track(originalTimestamp="9999-12-31T23:59:59.999999Z"), "plausible_time"),
    (track(originalTimestamp="+999999-12-31T23:59:59Z"), "readable"),
    (track(originalTimestamp=1424730535387), "readable"),
    # A device that is behind by decades, or more, and whose clock the receiver's puts right.
    *[
        (track(originalTimestamp=f"{year}-01-01T00:00:00Z", sentAt=f"{year}-01-01T00:01:00Z"),
         {"occurred_at": datetime(2015, 2, 23, 22, 27, 55, 800000), "claimed_on": None, "flags": ["clock_corrected"]})
        for year in ("0000", "1970")
    ],
    # Go's programs write year 1 for no time at all.
    (track(sentAt="0001-01-01T00:00:00Z"), {"occurred_at": AT, "flags": []}),
    *[
        (track(receivedAt=at), {"known_at": AT, "claimed_on": AT.date(), "flags": ["known_at_implausible"]})
        for at in ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z")
    ],
    *[(track(originalTimestamp=at, sentAt=None), {"occurred_at": when}) for at, when in ZONES.items()],
    (track(originalTimestamp="2015-02-23T22:28:55+25:00"), "readable"),
]  # fmt: skip
GOOD = track(good=True)


@pytest.fixture(scope="module")
def web(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Read, Outcome]:
    folder = tmp_path_factory.mktemp("web")
    (folder / "web").mkdir()
    (folder / "web/hard.jsonl").write_bytes(b"".join(GOOD + b"\n" + line + b"\n" for line, _ in HARD) + GOOD)
    packed = gzip.compress(b"\n".join(track(packed=n) for n in range(40)), 0)
    (folder / "web/cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    read = Read(spark, folder, (SOURCES["web"],))
    return read, taken(silver.EVENTS, read.records)


def starts() -> list[int]:
    """The byte at which each hard line begins."""
    found, at = [], 0
    for line, _ in HARD:
        at += len(GOOD) + 1
        found.append(at + (len(BOM) if line.startswith(BOM) else 0))
        at += len(line) + 1
    return found


def test_each_hard_record_is_an_event_or_is_set_aside_with_its_reason(web: tuple[Read, Outcome]) -> None:
    read, outcome = web
    events = {row["offset"]: row.asDict(recursive=True) for row in outcome.rows if "hard" in row["file"]}
    rules = {row["offset"]: row["rule"] for row in (*outcome.quarantine, *read.flaws) if "hard" in row["file"]}
    found = []
    for at, (_, expected) in zip(starts(), HARD, strict=True):
        row = events.get(at)
        is_event = isinstance(expected, dict) and row is not None
        found.append({name: row[name] for name in expected} if is_event else rules.get(at))
    assert found == [expected for _, expected in HARD]


def test_no_neighbour_of_a_hard_record_is_harmed(web: tuple[Read, Outcome]) -> None:
    _, outcome = web
    (first,) = [row for row in outcome.rows if row["offset"] == 0 and "hard" in row["file"]]
    repeats = [row for row in outcome.duplicates if row["row_id"] == first["row_id"]]
    assert (first["identifier"], len(repeats)) == (USER, len(HARD))


def test_all_that_is_there_is_accounted_for(web: tuple[Read, Outcome]) -> None:
    read, outcome = web
    count = len(outcome.rows) + len(outcome.duplicates) + len(outcome.quarantine)
    assert read.records.count() == count
    hard = [row for row in read.flaws if "hard" in row["file"]]
    assert len(hard) + read.records.where("file like '%hard%'").count() == 2 * len(HARD) + 1
    (long,) = [row for row in hard if row["rule"] == "record_too_long"]
    line = HARD[5][0]
    assert long["found"] == f"{len(line)} bytes, SHA-256 {hashlib.sha256(line).hexdigest()}"
    assert len(decrypt(long["record"])) < 6_000


def test_of_a_gzip_that_is_cut_off_the_whole_records_count_and_no_other(web: tuple[Read, Outcome]) -> None:
    read, outcome = web
    cut = read.records.where("file like '%cut%'").orderBy("offset").collect()
    assert [row["raw"].encode() for row in cut] == [track(packed=n) for n in range(len(cut))]
    assert 10 < len(cut) < 30
    assert len([row for row in outcome.rows if "cut" in row["file"]]) == len(cut)
    (flaw,) = [row for row in read.flaws if "cut" in row["file"]]
    assert (flaw["rule"], flaw["offset"]) == ("gzip", sum(len(row["raw"]) + 1 for row in cut))


ROW = "{n},1,2017-01-05T12:00:00-05:00,367,5,,853529,2,3.00,0,0,0"


def sales(*rows: str, header: str = SALES_HEADER) -> bytes:
    return "".join(f"{row}\n" for row in (header, *rows)).encode()


def test_tables_whose_columns_change_and_files_that_are_cut_off(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "store_sales"
    pattern = SOURCES["store_sales"].path
    reverse = ",".join(reversed(SALES_HEADER.split(",")))
    turned = ",".join(reversed(ROW.format(n=2).split(",")))
    files = {
        # Glued together, each with its mark, the second with its columns in another order.
        "a": BOM + sales(ROW.format(n=1)) + BOM + sales(turned, header=reverse),
        "added": sales(ROW.format(n=3) + ",new", header=SALES_HEADER + ",added"),
        "dropped": sales(ROW.format(n=4).replace(",367", ""), header=SALES_HEADER.replace(",store_id", "")),
        "renamed": sales(ROW.format(n=5), header=SALES_HEADER.replace("store_id", "shop")),
        "twice": sales(ROW.format(n=6) + ",7", header=SALES_HEADER + ",quantity"),
        "twice_unused": sales(ROW.format(n=7) + ",7,8", header=SALES_HEADER + ",x,x"),
        "utf16": sales(ROW.format(n=8)).decode().encode("utf-16"),
        "years": sales(*[ROW.format(n=n).replace("2017", year) for n, year in ((9, "0000"), (10, "9999"))]),
        "numbers": sales(*[ROW.format(n=n).replace("3.00", value)
                           for n, value in ((11, "NaN"), (12, "1e-999999999"), (13, "9" * 5_000), (14, "3e0"))]),
    }  # fmt: skip
    for name, content in files.items():
        path = tmp_path / pattern.replace("*", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    # The last row is cut off in the middle of its last number.
    packed = gzip.compress(sales(ROW.format(n=20), ROW.format(n=21)), 0)
    (tmp_path / f"{pattern.replace('*', 'z')}.gz").write_bytes(packed[:-10])
    old = tmp_path / pattern.replace("*", "added")
    os.utime(old, (MONTH_OLD, MONTH_OLD))
    read = Read(spark, tmp_path, (SOURCES["store_sales"],))
    outcome = taken(silver.ORDER_LINES, read.records)
    assert folder.name == pattern.partition("/")[0]
    assert sorted(int(row["order_id"].partition(":")[2]) for row in outcome.rows) == [1, 2, 3, 7, 14, 20]
    assert {(row["quantity"], row["net"], row["store_id"]) for row in outcome.rows} == {(2.0, Decimal(3), "367")}

    def of(name: str) -> list[tuple[str, str | None]]:
        wanted = pattern.replace("*", name)
        return [(row["rule"], row["path"]) for row in outcome.quarantine if row["file"] == wanted]

    assert of("a") == [("repeated_header", None)]
    assert of("dropped") == of("renamed") == [("column_missing", "store_id")]
    assert of("twice") == [("column_twice", "quantity")]
    assert of("years") == [("plausible_time", "sold_at")] * 2
    assert of("numbers") == [("readable", "sales_value")] * 3
    assert [row["rule"] for row in read.flaws] == ["header_encoding", "gzip"]
    cut = decrypt(read.flaws[1]["record"])
    assert cut
    assert read.records.count() == len(outcome.rows) + len(outcome.quarantine)


def test_orders_with_numbers_and_times_that_are_none(spark: SparkSession) -> None:
    item = ORDER["line_items"][0]
    changes: list[dict[str, Any]] = [
        {}, {"quantity": float("nan")}, {"price": float("inf")}, {"quantity": "1e-999999999"}, {"price": {"amount": 1}},
    ]  # fmt: skip
    numbers = [{"id": n, "line_items": [{**item, **change}]} for n, change in enumerate(changes, 1)]
    times = [{key: f"{year}-01-01T00:00:00Z"} for key in ("created_at", "updated_at") for year in ("0000", "9999")]
    raws = [json.dumps({**ORDER, **change}) for change in (*numbers, *times)]
    outcome = taken(silver.ORDER_LINES, records_of(spark, "shop", raws))
    assert outcome.offsets == [0]
    assert list(outcome.rules.values()) == ["readable"] * 4 + ["plausible_time"] * 4


def test_days_that_no_calendar_has(spark: SparkSession) -> None:
    rows = ["1,TypeA,0000-01-01,2017-01-01", "2,TypeA,2017-01-01,9999-12-31", "3,TypeA,1899-12-31,2017-01-01"]
    header = "campaign_id,campaign_type,start_date,end_date"
    outcome = taken(silver.CAMPAIGNS, records_of(spark, "campaigns", rows, header))
    assert outcome.offsets == [1]
    assert outcome.rules == {0: "plausible_time", 2: "plausible_time"}
