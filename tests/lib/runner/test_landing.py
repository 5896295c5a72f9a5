"""What lies in the landing folder."""

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from pyspark.errors import PythonException
from pyspark.sql import SparkSession
from pyspark.sql.functions import lit, spark_partition_id

from motherlode.errors import UsageError
from motherlode.runner.landing import _file_system, _matching, list_landing, read_contents
from motherlode.settings import Ingest
from motherlode.sources.source import Source


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("web/*.jsonl", ["web/a.jsonl", "web/b.jsonl.gz"]),
        ("web/*.jsonl.gz", ["web/b.jsonl.gz"]),
        ("web/*/*.jsonl", ["web/deep/d.jsonl"]),
        ("shop/*.jsonl", []),
    ],
)
def test_a_pattern_finds_its_files_compressed_or_not(tmp_path: Path, pattern: str, found: list[str]) -> None:
    for name in ("web/a.jsonl", "web/b.jsonl.gz", "web/c.txt", "web/deep/d.jsonl", "web/a.jsonl.part"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    files = _matching(pyarrow.fs.LocalFileSystem(), str(tmp_path), pattern)
    assert sorted(name for name, _, _ in files) == found


def test_a_place_that_cannot_be_opened_is_one_line() -> None:
    with pytest.raises(UsageError, match="nowhere://x: cannot be opened"):
        _file_system("nowhere://x")


def test_a_file_of_two_sources_with_one_target_would_count_twice(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.jsonl").write_text("{}\n")
    both = [
        Source(name=name, format="segment", path=path, target="events", channel="web")
        for name, path in (("site", "web/*.jsonl"), ("web", "web/a*.jsonl"))
    ]
    with pytest.raises(UsageError, match=r"web/a\.jsonl: site and web in conf/sources both read it into events"):
        list_landing(str(tmp_path), tuple(both))


def test_a_name_that_is_no_utf8_is_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    web = Source(name="web", format="segment", path="web/*.jsonl", target="events", channel="web")
    (tmp_path / "web").mkdir()
    for name in (b"a.jsonl", b"b\xe4r.jsonl"):
        (tmp_path / "web" / os.fsdecode(name)).write_text("{}\n")
    assert list_landing(str(tmp_path), (web,))["file"].to_pylist() == ["web/a.jsonl"]
    assert "a name that is no UTF-8: rename it" in caplog.text


def test_every_part_of_a_file_that_vanishes_is_said(spark: SparkSession, tmp_path: Path) -> None:
    web = Source(name="web", format="segment", path="web/*.jsonl", target="events", channel="web")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.jsonl").write_text("{}\n" * 100)
    listed = (
        spark.createDataFrame(list_landing(str(tmp_path), (web,))).withColumn("batch", lit(1).cast("long")).persist()
    )
    assert listed.count() == 1
    (tmp_path / "web" / "a.jsonl").unlink()
    read = read_contents(listed, str(tmp_path), (web,), Ingest(chunk_bytes=100)).select("offset", "rule").collect()
    assert sorted(map(tuple, read)) == [(0, "file_vanished"), (100, "file_vanished"), (200, "file_vanished")]
    # A folder that is not mounted on a worker looks like one whose files are gone.
    (tmp_path / "web").rmdir()
    with pytest.raises(PythonException, match="nothing is there now"):
        read_contents(listed, str(tmp_path), (web,), Ingest()).collect()


def test_arrays_a_line_are_read_in_chunks_and_others_whole(spark: SparkSession, tmp_path: Path) -> None:
    shop = Source(name="shop", format="shopify", path="shop/*", target="order_lines", channel="web")
    (tmp_path / "shop").mkdir()
    for name in ("lines.jsonl", "lines.json"):
        (tmp_path / "shop" / name).write_text('[{"id": 1}, {"id": 2}]\n' * 10)
    listed = spark.createDataFrame(list_landing(str(tmp_path), (shop,))).withColumn("batch", lit(1).cast("long"))
    read = read_contents(listed, str(tmp_path), (shop,), Ingest(chunk_bytes=50))
    records = read.groupBy("file").count().collect()
    assert sorted(map(tuple, records)) == [("shop/lines.json", 20), ("shop/lines.jsonl", 20)]
    tasks = read.select("file", spark_partition_id().alias("task")).distinct().groupBy("file").count().collect()
    assert {row["file"]: row["count"] for row in tasks}["shop/lines.json"] == 1
    assert {row["file"]: row["count"] for row in tasks}["shop/lines.jsonl"] > 1


def test_names_that_mean_something_in_a_uri_and_files_that_vanish(spark: SparkSession, tmp_path: Path) -> None:
    web = Source(name="web", format="segment", path="web/*.jsonl", target="events", channel="web")
    (tmp_path / "web").mkdir()
    for name in ("a b.jsonl", "c#d.jsonl", "e%20f.jsonl", "gone.jsonl"):
        (tmp_path / "web" / name).write_text(f'{{"name": "{name}"}}\n')
    listed = (
        spark.createDataFrame(list_landing(tmp_path.as_uri(), (web,)))
        .withColumn("batch", lit(1).cast("long"))
        .persist()
    )
    assert listed.count() == 4
    (tmp_path / "web" / "gone.jsonl").unlink()
    read = read_contents(listed, tmp_path.as_uri(), (web,), Ingest()).select("file", "raw", "rule").collect()
    assert sorted(map(tuple, read)) == [
        ("web/a b.jsonl", '{"name": "a b.jsonl"}', None),
        ("web/c#d.jsonl", '{"name": "c#d.jsonl"}', None),
        ("web/e%20f.jsonl", '{"name": "e%20f.jsonl"}', None),
        ("web/gone.jsonl", None, "file_vanished"),
    ]
    with pytest.raises(UsageError, match="web: files were listed and not yet read"):
        read_contents(listed, str(tmp_path), (), Ingest())


def test_parquet_is_read_by_many_tasks_and_a_broken_file_harms_no_other(spark: SparkSession, tmp_path: Path) -> None:
    tills = Source(
        name="tills",
        format="parquet",
        path="tills/*.parquet",
        target="products",
        key=("id",),
        columns={"product_id": "id"},
    )
    folder = tmp_path / "tills"
    folder.mkdir()
    day = pa.table({"id": list(range(100)), "sold_at": pa.array([0] * 100, pa.timestamp("us", "UTC"))})
    pq.write_table(day, folder / "a.parquet", row_group_size=10)
    pq.write_table(day.slice(0, 1).add_column(0, "new", [["x"]]).drop(["sold_at"]), folder / "b.parquet")
    whole = (folder / "b.parquet").read_bytes()
    (folder / "cut.parquet").write_bytes(whole[:-9])
    (folder / "empty.parquet").write_bytes(b"")
    (folder / "packed.parquet.gz").write_bytes(gzip.compress(whole))
    (folder / "packed_cut.parquet.gz").write_bytes(gzip.compress(whole)[:-9])
    listed = spark.createDataFrame(list_landing(str(tmp_path), (tills,))).withColumn("batch", lit(1).cast("long"))
    read = read_contents(listed, str(tmp_path), (tills,), Ingest(chunk_bytes=500)).withColumn(
        "task", spark_partition_id()
    )
    rows = sorted(read.collect(), key=lambda row: (row["file"], row["offset"]))
    days = [row for row in rows if row["file"] == "tills/a.parquet"]
    assert [(row["offset"], row["raw"], row["header"]) for row in days] == [
        (n, f'{{"id":{n},"sold_at":"1970-01-01T00:00:00.000000Z"}}', None) for n in range(100)
    ]
    assert len({row["task"] for row in days}) > 1
    others = [(row["file"], row["offset"], row["raw"], row["rule"]) for row in rows if row not in days]
    assert others == [
        ("tills/b.parquet", 0, '{"new":"x","id":0}', None),
        ("tills/cut.parquet", 0, None, "parquet"),
        ("tills/empty.parquet", 0, None, "parquet"),
        ("tills/packed.parquet.gz", 0, '{"new":"x","id":0}', None),
        ("tills/packed_cut.parquet.gz", 0, None, "gzip"),
    ]
    (cut,) = [row for row in rows if row["file"] == "tills/cut.parquet"]
    assert (cut["allowed"], cut["content"]) == ("a whole Parquet file", whole[:-9])


def test_a_format_of_json_reads_parquet_too(spark: SparkSession, tmp_path: Path) -> None:
    posthog = Source(name="posthog", format="posthog", path="posthog/*", target="events", channel="web")
    folder = tmp_path / "posthog"
    folder.mkdir()
    rows = pa.table({"uuid": ["a", "b"], "properties": ['{"x": 1}', None]})
    pq.write_table(rows, folder / "a.parquet", row_group_size=1)
    (folder / "b.jsonl").write_text('{"uuid": "c"}\n')
    (folder / "empty.parquet").write_bytes(b"")
    (folder / "packed.parquet.gz").write_bytes(gzip.compress((folder / "a.parquet").read_bytes()))
    listed = spark.createDataFrame(list_landing(str(tmp_path), (posthog,))).withColumn("batch", lit(1).cast("long"))
    read = read_contents(listed, str(tmp_path), (posthog,), Ingest(chunk_bytes=500)).collect()
    first, second = '{"uuid":"a","properties":"{\\"x\\": 1}"}', '{"uuid":"b","properties":null}'
    assert sorted((row["file"], row["offset"], row["raw"], row["rule"]) for row in read) == [
        ("posthog/a.parquet", 0, first, None),
        ("posthog/a.parquet", 1, second, None),
        ("posthog/b.jsonl", 0, '{"uuid": "c"}', None),
        ("posthog/empty.parquet", 0, None, "parquet"),
        ("posthog/packed.parquet.gz", 0, first, None),
        ("posthog/packed.parquet.gz", 1, second, None),
    ]
