"""Warehouses that earlier versions wrote, each with a run of every mode that died in the middle.

`warehouses/format_N.tar.xz` was made by the last commit of that format, with the jobs of small.py.
"""

import tarfile
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from motherlode.errors import UsageError
from motherlode.runner import migrations
from motherlode.runner.context import Context
from motherlode.runner.run import run_job
from tests.lib.runner.conftest import opened
from tests.lib.runner.small import IN, KEPT, SEEN, SUMS, append, put, rows, upsert

FOUND = Path(__file__).parent / "warehouses"


def made_by(spark: SparkSession, folder: Path, number: int) -> Context:
    """A warehouse of that format."""
    with tarfile.open(FOUND / f"format_{number}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return opened(spark, folder)


def test_there_is_a_warehouse_of_each_format_that_can_be_gone_on_with() -> None:
    assert {path.name for path in FOUND.iterdir()} == {f"format_{number}.tar.xz" for number in migrations.STEPS}


@pytest.mark.parametrize("number", sorted(migrations.STEPS))
def test_its_runs_are_finished_and_go_on(spark: SparkSession, tmp_path: Path, number: int) -> None:
    context = made_by(spark, tmp_path, number)
    assert rows(context, KEPT) == [("1", 1), ("2", 2), ("3", 3), ("4", 4)]
    assert rows(context, SEEN) == [("1",), ("2",), ("3",)]  # it died here
    kept, sums = append(), upsert([])
    put(context, IN, [("3", "b", 3), ("5", "b", 5)], version=4)
    assert [run_job(context, job).status for job in (kept, sums)] == ["done", "done"]
    assert rows(context, KEPT) == [("1", 1), ("2", 2), ("3", 3), ("4", 4), ("5", 5)]
    assert rows(context, SEEN) == [("1",), ("2",), ("3",), ("4",), ("5",)]
    assert rows(context, SUMS, "group_name", "number") == [("a", 1), ("b", 13), ("c", 4)]
    again = Context(spark, context.settings)
    assert [run_job(again, job).status for job in (kept, sums)] == ["skipped", "skipped"]
    with pytest.raises(UsageError, match="another key"):
        again.state.keep_keys({"MOTHERLODE_PSEUDONYM_KEY": "not that mark"})


def test_a_migration_that_died_is_done_again(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = made_by(spark, tmp_path, 2)
    write = context.warehouse.storage.write_json

    def dies(path: str, value: dict[str, object]) -> None:
        if "checkpoints" in path:
            raise OSError("the power went")
        write(path, value)

    monkeypatch.setattr(context.warehouse.storage, "write_json", dies)
    with pytest.raises(OSError, match="the power went"):
        _ = context.state
    monkeypatch.undo()
    run_job(context, append())
    assert rows(context, SEEN) == [("1",), ("2",), ("3",), ("4",)]


def test_a_newer_format_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    context = made_by(spark, tmp_path, 2)
    context.warehouse.storage.write_json(f"{context.state.root}/id.json", {"id": "x", "format": migrations.FORMAT + 1})
    with pytest.raises(UsageError, match=r"made by another version.*format 4, this one has 3"):
        _ = Context(spark, context.settings).state
