"""What lies in the landing folder."""

from pathlib import Path

import pyarrow.fs
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.functions import lit

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


def test_names_that_mean_something_in_a_uri_and_files_that_vanish(spark: SparkSession, tmp_path: Path) -> None:
    web = Source(name="web", format="segment", path="web/*.jsonl", target="events", channel="web")
    (tmp_path / "web").mkdir()
    for name in ("a b.jsonl", "c#d.jsonl", "e%20f.jsonl", "gone.jsonl"):
        (tmp_path / "web" / name).write_text(f'{{"name": "{name}"}}\n')
    listed = list_landing(spark, tmp_path.as_uri(), (web,)).withColumn("batch", lit(1).cast("long")).persist()
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
