"""`try` on files that nobody prepared: what it says, and that it leaves nothing behind."""

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from motherlode.columns.keys import CONTACT_KEY, PSEUDONYM_KEY
from motherlode.contracts import silver
from motherlode.errors import QualityError, UsageError
from motherlode.runner.cli import main
from motherlode.runner.sample import read_sample
from motherlode.runner.session import spark_conf, without_traces
from motherlode.runner.trial_outcome import Outcome
from motherlode.settings import load_settings
from tests.lib.runner.small import ROOT
from tests.lib.sources.test_draft import SALES

Try = Callable[..., tuple[int, str, str]]
TRACK: dict[str, Any] = {
    "type": "track", "messageId": "1", "anonymousId": "visitor-4711", "event": "Product Viewed",
    "originalTimestamp": "2024-02-23T22:28:55.387Z", "receivedAt": "2024-02-23T22:28:55.800Z",
    "context": {"ip": "108.0.78.21", "page": {"path": "/products/17"}}, "properties": {"product_id": "17"},
}  # fmt: skip


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder: when it was written, and what is in it."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def tried(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Try:
    """Tries a file of this content; gives the exit code and what was printed. Nothing on the disk may change."""
    conf = tmp_path / "conf"
    shutil.copytree(ROOT / "conf", conf)
    (tmp_path / "logs" / "web").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()

    def go(name: str, file: str, content: bytes, *more: str) -> tuple[int, str, str]:
        where = tmp_path / "elsewhere" / file
        where.write_bytes(content)
        paths = {"landing": "logs", "warehouse": "warehouse", "documents": "documents", "artifacts": "mlruns"}
        settings = [word for key, path in paths.items() for word in ("--set", f"paths.{key}={tmp_path / path}")]
        settings += ["--set", f"paths.jars={ROOT / 'build/jars'}", "--conf-dir", str(conf)]
        before = snapshot(tmp_path)
        code = main([*settings, *more, "try", name, str(where)])
        assert snapshot(tmp_path) == before
        said = capsys.readouterr()
        return code, said.out, "\n".join(line for line in said.err.splitlines() if line.startswith("motherlode"))

    return go


def events(*changes: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps({**TRACK, "messageId": str(n), **change}) for n, change in enumerate(changes)).encode()


def table(printed: str, head: str) -> list[list[str]]:
    """The words of each line below a heading."""
    lines = printed.split(f"\n{head}", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [line.split() for line in lines if line.strip()]


def test_a_good_segment_file(tried: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PSEUDONYM_KEY)
    monkeypatch.delenv(CONTACT_KEY)
    content = events(
        {},
        {"event": "Product Added", "userId": "account-99"},
        {"event": "Spun the [wheel] for bob@example.com"},
        {"event": None, "type": "identify", "traits": {"email": "ann@example.com"}},
        {"properties": {"revenue": "much", "color": "red"}},
        {"messageId": "0"},
    )
    code, out, err = tried("shopweb", "web-2024-02-23.jsonl", content)
    assert (code, err) == (0, "")
    assert "segment: 100% of 6 records look like it\n" in out
    assert 'path = "shopweb/web-*.jsonl"' in out
    assert "6 records = 5 in silver.events + 1 repeats + 0 quarantined" in out
    assert "happened from 2024-02-23 22:28:55 to 2024-02-23 22:28:55, UTC" in out
    assert '    "Spun the [wheel] for [email]" = "…"    # 1 records\n' in out
    assert table(out, "Who they are about") == [
        ["identifier", "rows"], ["cookie", "5"], ["email", "1"], ["user_id", "1"],
    ]  # fmt: skip
    assert table(out, "Odd, and taken all the same") == [["flag", "rows"], ["revenue_unreadable", "1"]]
    assert "Quarantined, and why" not in out
    assert table(out, "Fields that nothing reads") == [["context.ip", "100", "%", "properties.color", "17", "%"]]
    assert f"{PSEUDONYM_KEY}, {CONTACT_KEY} not set: made up for this trial" in out
    for plain in ("ann@example.com", "bob@example.com", "account-99", "visitor-4711", "108.0.78.21"):
        assert plain not in out


def test_a_broken_file_of_a_declared_source(tried: Try) -> None:
    good = events({}, {}, {"messageId": None}, {"originalTimestamp": "23 Feb 2024"}, {"type": "tick"}).splitlines()
    lines = [*good, good[0][:80], b"\xff\xfe" + good[0], json.dumps([TRACK]).encode(), b"", good[2]]
    code, out, _ = tried("web", "a.jsonl", b"\n".join(lines))
    assert code == 0
    assert "sources/web.toml declares it" in out
    assert "A draft of" not in out
    assert "9 records = 2 in silver.events + 0 repeats + 7 quarantined" in out
    assert [(row[0], row[1], row[-2]) for row in table(out, "Quarantined, and why")[1:]] == [
        ("2", "required", "3"),
        ("1", "readable", "4"),
        ("1", "one_of", "5"),
        ("1", "json", "6"),
        ("1", "encoding", "7"),
        ("1", "json", "8"),
    ]
    assert "99 aaa 9999" in out  # a shape
    assert "23 Feb 2024" not in out


def test_values_in_the_place_of_a_header_are_not_shown(tried: Try) -> None:
    code, out, err = tried("store_sales", "a.csv", b"7,bob@example.com,Bob,9.50\n8,ann@example.com,Ann,3.00\n")
    assert (code, err) == (3, "")
    assert "its first line holds values, and a table wants a header row: put one before" in out
    assert "1 records = 0 in silver.order_lines + 0 repeats + 1 quarantined" in out
    assert "column_missing" in out
    assert "bob" not in out.lower()


def test_nothing_is_understood(tried: Try) -> None:
    code, out, _ = tried("web", "a.jsonl", events({"messageId": None}))
    assert code == 3
    assert "1 records = 0 in silver.events + 0 repeats + 1 quarantined" in out


def test_a_german_export_and_what_becomes_of_it_once_changed(tried: Try, tmp_path: Path) -> None:
    code, out, _ = tried("laden", "export_2024-01-31.csv", SALES.encode("cp1252"))
    assert code == 3
    assert "iconv -f WINDOWS-1252 -t UTF-8" in out
    assert "separated by a semicolon" in out
    assert "Einzelpreis, Gesamt (EUR): amounts with a decimal comma" in out
    assert "3 records = 3 in silver.order_lines + 0 repeats + 0 quarantined" in out
    assert "happened from 2024-01-03 09:12:00 to 2024-01-13 18:40:00, UTC" in out
    assert "As it lies the file is not read like this: 3 to be changed first" in out
    assert "Anna" not in out
    assert "beispiel" not in out
    # The draft is saved, the file changed as was said.
    draft = out.split("to be saved there\n")[1].split("\n\nWhat would become")[0]
    (tmp_path / "conf" / "sources" / "laden.toml").write_text(draft)
    changed = SALES.replace(",", ".").replace("1.002.49", "1002.49").replace(";", ",")
    code, out, err = tried("laden", "export_2024-02-29.csv", changed.encode())
    assert (code, err) == (0, "")
    assert "3 records = 3 in silver.order_lines + 0 repeats + 0 quarantined" in out
    assert table(out, "Fields that nothing reads") == [
        ["Vorname", "100", "%", "Nachname", "100", "%", "Einzelpreis", "100", "%"],
    ]  # fmt: skip


def parquet(rows: dict[str, Any]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(rows), sink, row_group_size=2)
    return bytes(sink.getvalue())


def test_a_table_in_parquet(tried: Try) -> None:
    times = pa.array([1_706_659_200 + day * 86_400 for day in range(3)], pa.timestamp("s", "UTC"))
    sales = {
        "receipt_id": [1, 2, 3],
        "customer_email": ["ann@example.com", None, "bob@example.com"],
        "sold_at": times,
        "sku": ["a", "b", "a"],
        "quantity": [1, 1, 2],
        "total": pa.array([9.5, 3.25, 4.0]),
        "currency": ["EUR"] * 3,
        "line_no": [1, 1, 1],
        "unread": [[1, 2], [], None],
    }
    code, out, err = tried("tills", "sales-2024-01-31.parquet", parquet(sales))
    assert (code, err) == (0, "")
    assert "parquet: 100% of 3 records look like it" in out
    assert 'format = "parquet"' in out
    assert "3 records = 3 in silver.order_lines + 0 repeats + 0 quarantined" in out
    assert "happened from 2024-01-31 00:00:00 to 2024-02-02 00:00:00, UTC" in out
    assert "ann@" not in out


def test_events_in_parquet(tried: Try) -> None:
    seen = {"uuid": ["1", "2"], "event": ["$pageview", "$pageview"], "distinct_id": ["v-1", "v-2"]}
    seen |= {"timestamp": ["2024-02-23T22:28:55Z"] * 2, "properties": ['{"$pathname": "/shoes"}', None]}
    code, out, err = tried("hog", "events.parquet", parquet(seen))
    assert (code, err) == (0, "")
    assert "posthog: 100% of 2 records look like it" in out
    assert "2 records = 2 in silver.events + 0 repeats + 0 quarantined" in out
    # What is cut off is no Parquet, and a source of tables in CSV reads none.
    code, _, err = tried("hog", "events.parquet", parquet(seen)[:-9])
    assert (code, "the file is no whole Parquet" in err) == (3, True)
    code, _, err = tried("products", "events.parquet", parquet(seen))
    assert (code, "is Parquet, and the source products says csv: which is it?" in err) == (3, True)


def test_a_draft_that_lacks_something(tried: Try) -> None:
    code, out, err = tried("tills", "a.csv", b"order_id,sku,total,sold_at\n1,a,9.50,2024-01-01\n1,a,9.50,2024-01-01\n")
    assert (code, err) == (3, "")
    assert "It cannot go on until line_no, currency is filled in" in out
    assert "Nothing was written" not in out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (bytes(range(256)) * 9, "the file is no text"),
        (b"\x1f\x8bnonsense", "nothing of it can be unpacked"),
        (b'{"a": 1}\n', "JSON of no format that Motherlode knows"),
    ],
)
def test_what_nobody_could_read_is_one_line(tried: Try, content: bytes, words: str) -> None:
    code, out, err = tried("web2", "a.bin", content)
    assert (code, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert words in err


def test_a_mistake_is_one_line(tried: Try, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jars = ("--set", f"paths.jars={ROOT / 'build/jars'}", "--conf-dir", str(ROOT / "conf"))
    for words, said in (
        (("try", "web"), "try needs a name and a file"),
        (("try", "a/b", "c"), "a source is named as its file"),
        (("try", "web", f"{tmp_path}/nowhere.csv"), "nowhere.csv: no such file"),
        (("try", "web", str(tmp_path)), "is a folder; name one file in it"),
        (("try", "web", f"{tmp_path}/a", "--repair"), "--repair does not go with try"),
    ):
        assert main([*jars, *words]) == 2
        assert said in capsys.readouterr().err


def test_the_first_source_can_be_tried_where_none_is_declared(tried: Try, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "conf" / "sources")
    code, out, err = tried("web", "a.jsonl", events({}))
    assert (code, err) == (0, "")
    assert "1 records = 1 in silver.events" in out


def test_values_of_a_wrongly_named_column_are_not_shown() -> None:
    def outcome(statuses: list[str]) -> Outcome:
        count = len(statuses)
        rows = pa.table({"offset": list(range(count)), "status": statuses, "channel": ["web"] * count})
        nothing = rows.slice(0, 0)
        return Outcome(silver.ORDER_LINES, count, (), b"", rows, nothing, nothing).checked()

    assert outcome(["paid", "paid", "partially_refunded", "+49 171", "a@example.com"]).counts("status", "channel") == [
        (("paid", "web"), 2), (("…", "web"), 2), (("partially_refunded", "web"), 1),
    ]  # fmt: skip
    assert outcome([f"Person {chr(65 + n)}" for n in range(21)]).counts("status") == [(("…",), 21)]
    with pytest.raises(QualityError, match="do not add up"):
        replace(outcome(["paid"]), records=2).checked()


def test_its_session_makes_no_folder_in_the_warehouse(tmp_path: Path) -> None:
    settings = load_settings(
        ROOT / "conf", "local", (f"paths.warehouse={tmp_path / 'w'}", f"paths.jars={ROOT / 'build/jars'}")
    )
    assert str(tmp_path / "w") in spark_conf(settings)["spark.sql.warehouse.dir"]
    assert str(tmp_path / "w") not in spark_conf(without_traces(settings))["spark.sql.warehouse.dir"]


def test_a_sample_of_what_is_packed(tmp_path: Path) -> None:
    text = b"".join(b"line %d\n" % n for n in range(1_000))
    file = tmp_path / "a.gz"

    def sample(content: bytes, most: int = 100_000) -> tuple[bytes, bool, int]:
        file.write_bytes(content)
        found = read_sample(str(file), most)
        assert found.size == len(content)
        return found.data, found.is_cut, len(found.remarks)

    assert sample(gzip.compress(text)) == (text, False, 0)
    assert sample(gzip.compress(text[:90]) + gzip.compress(text[90:])) == (text, False, 0)
    assert sample(gzip.compress(text), most=100) == (text[:100], True, 0)
    assert sample(text, most=100) == (text[:100], True, 0)
    assert sample(text[:100], most=100) == (text[:100], False, 0)
    data, is_cut, remarks = sample(gzip.compress(text)[:-900])
    assert (text.startswith(data), len(data) > 0, is_cut, remarks) == (True, True, False, 1)
    with pytest.raises(QualityError, match="nothing of it can be unpacked"):
        sample(b"\x1f\x8b\x08nonsense")
    with pytest.raises(UsageError, match="no such file"):
        read_sample(f"{tmp_path}/b.gz")
    named = tmp_path / "a.csv"
    named.write_bytes(gzip.compress(text))
    assert read_sample(str(named)).remarks == ("it is gzip, which is told by its name alone: call it .gz",)
