"""What lies in the landing folder."""

from pathlib import Path

import pyarrow.fs
import pytest

from motherlode.errors import UsageError
from motherlode.runner.landing import _file_system, _matching


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
