"""Small files, by Python and by Hadoop's client: the same promises."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from motherlode.runner.storage import DamagedError, Storage, _Files, _Hadoop, _Local


@pytest.fixture(params=["this machine", "hadoop"])
def files(request: pytest.FixtureRequest, spark: SparkSession) -> _Files:
    return _Local() if request.param == "this machine" else _Hadoop(spark)


def test_a_file_is_replaced_as_a_whole(files: _Files, tmp_path: Path) -> None:
    path = f"{tmp_path}/a folder/file.json"
    assert files.read(path) is None
    assert files.names(f"{tmp_path}/a folder") == []
    files.replace(path, b"one")
    files.replace(path, b"two")
    assert files.read(path) == b"two"
    assert [name for name in files.names(f"{tmp_path}/a folder") if not name.endswith(".crc")] == ["file.json"]
    files.delete(path)
    files.delete(path)
    assert files.read(path) is None


def test_a_reader_never_meets_a_gap_or_a_half(tmp_path: Path) -> None:
    """HDFS promises the same of its rename; Hadoop's local client, which stands for it here, does not."""
    files = _Local()
    path = f"{tmp_path}/file"
    contents = [bytes([65 + n]) * 20_000 for n in range(2)]
    files.replace(path, contents[0])
    ends = threading.Event()

    def read() -> set[bytes | None]:
        seen: set[bytes | None] = set()
        while not ends.is_set() or len(seen) < 2:
            seen.add(files.read(path))
        return seen

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        for n in range(41):
            files.replace(path, contents[n % 2])
            time.sleep(0.001)
        ends.set()
        files.replace(path, contents[1])
        assert reader.result(timeout=60) == set(contents)


def test_of_many_that_create_one_file_one_does(files: _Files, tmp_path: Path) -> None:
    for turn in range(10):
        path = f"{tmp_path}/{turn}"
        gate = threading.Barrier(4)

        def create(content: bytes, path: str = path, gate: threading.Barrier = gate) -> bool:
            gate.wait()
            return files.create(path, content)

        with ThreadPoolExecutor(4) as pool:
            told = dict(zip("abcd", pool.map(create, (b"a", b"b", b"c", b"d")), strict=True))
        winners = [name for name, is_told in told.items() if is_told]
        # Hadoop's local client lets several write, as some stores do: what stays is of one that was told so.
        assert len(winners) == 1 if isinstance(files, _Local) else winners
        assert files.read(path) in [name.encode() for name in winners]
        assert files.create(path, b"late") is False


def test_a_folder_goes_with_all_that_is_in_it(files: _Files, tmp_path: Path) -> None:
    files.replace(f"{tmp_path}/x/y/z", b"1")
    files.delete(f"{tmp_path}/x")
    assert not (tmp_path / "x").exists()


def test_paths_as_spark_writes_them(spark: SparkSession, tmp_path: Path) -> None:
    storage = Storage(spark)
    storage.write_json(f"file://{tmp_path}/a.json", {"n": 1})
    assert storage.read_json(f"file:{tmp_path}/a.json") == storage.read_json(f"{tmp_path}/a.json") == {"n": 1}
    assert storage.exists(f"{tmp_path}/a.json")
    assert not storage.exists(f"{tmp_path}/b.json")


def test_a_flipped_bit_is_noticed(spark: SparkSession, tmp_path: Path) -> None:
    storage = Storage(spark)
    storage.write_json(f"{tmp_path}/a.json", {"version": 11})
    path = tmp_path / "a.json"
    path.write_text(path.read_text().replace("11", "12"))
    with pytest.raises(DamagedError, match=r"a\.json: is not as it was written"):
        storage.read_json(str(path))
