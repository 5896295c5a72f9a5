"""Deriving an appended table again: after deaths, other hands and upkeep it holds each record once."""

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.bronze import BATCH, FILES, RECORDS
from motherlode.contracts.fields import STRING, Field
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Layer, Purpose
from motherlode.errors import MotherlodeError, UsageError
from motherlode.runner import rebuild as module
from motherlode.runner import status
from motherlode.runner.context import Context
from motherlode.runner.rebuild import rebuild
from motherlode.runner.run import run_job
from motherlode.runner.warehouse import Transaction
from tests.lib.runner.small import rows, table

LINE = Field("line", STRING, "A line.")
LINES, AGAIN = (table(Layer.SILVER, name, LINE, BATCH, key=("line", "batch")) for name in ("test_lines", "test_again"))
MARCH = [datetime.date(2017, 3, day) for day in range(1, 9)]
Dies = Callable[..., None]


def lines(mark: str = "") -> Job:
    """Each line once, and those that were there before."""

    def transform(records: DataFrame, previous: DataFrame) -> dict[str, DataFrame]:
        new = records.groupBy(F.concat("raw", F.lit(mark)).alias("line")).agg(F.min("batch").alias("batch")).persist()
        known = previous.select("line")
        return {
            "test_lines": new.join(known, on="line", how="left_anti"),
            "test_again": new.join(known, on="line", how="left_semi"),
        }

    return Job(
        name="silver.test_lines",
        doc="Lines.",
        reads={"records": RECORDS, "previous": Previous(LINES)},
        writes=(LINES, AGAIN),
        transform=transform,
        mode=Append(stream="records"),
        purpose=Purpose.OPERATION,
    )


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Job:
    job = lines()
    monkeypatch.setattr(module, "owner_of", lambda _: job)
    return job


def arrive(context: Context, batch: int, *raw: str, on: datetime.date | None = None) -> None:
    """A file of a day, by default of the batch-th of March."""
    at = datetime.datetime.combine(on or MARCH[batch - 1], datetime.time(12))
    file, transaction = f"web/{batch}.json", Transaction("test", batch)
    found = context.spark.createDataFrame([("web", file, 1, at, batch)], FILES.schema)
    context.warehouse.append(FILES, found, transaction)
    made = [("web", batch, file, n, at, at.date(), None, text) for n, text in enumerate(raw)]
    context.warehouse.append(RECORDS, context.spark.createDataFrame(made, RECORDS.schema), transaction)


def test_a_table_that_was_lost_while_its_stream_was_dead_in_a_batch(context: Context, job: Job, dies: Dies) -> None:
    arrive(context, 1, "a", "b")
    run_job(context, job)
    arrive(context, 2, "b", "c")
    dies(job, "written")
    shutil.rmtree(context.warehouse.path(LINES))
    again = Context(context.spark, context.settings)
    with pytest.raises(MotherlodeError, match="another hand changed it"):
        run_job(again, job)
    with pytest.raises(UsageError, match=r"test_lines: another hand changed it, maybe rows from before that day"):
        rebuild(again, LINES, MARCH[1])
    rebuild(again, LINES, None)
    assert rows(again, LINES) == [("a", 1), ("b", 1), ("c", 2)]
    assert rows(again, AGAIN) == []
    assert run_job(again, job).status == "skipped"
    arrive(again, 3, "c", "d")
    run_job(again, job)
    assert rows(again, LINES) == [("a", 1), ("b", 1), ("c", 2), ("d", 3)]
    assert rows(again, AGAIN) == [("c", 3)]


def test_a_batch_that_died_is_finished_before_a_part_is_derived_again(context: Context, job: Job, dies: Dies) -> None:
    arrive(context, 1, "a")
    run_job(context, job)
    arrive(context, 2, "b")
    arrive(context, 3, "c")
    dies(job, "written")
    rebuild(context, LINES, MARCH[2])
    assert rows(context, LINES) == [("a", 1), ("b", 2), ("c", 3)]
    assert run_job(context, job).status == "skipped"


def test_who_asks_for_more_after_a_rebuild_that_died_gets_it(
    context: Context, job: Job, dies: Dies, monkeypatch: pytest.MonkeyPatch
) -> None:
    for batch, raw in enumerate(("a", "b", "c"), 1):
        arrive(context, batch, raw)
        run_job(context, job)
    mended = lines("!")
    monkeypatch.setattr(module, "owner_of", lambda _: mended)
    dies(job, "written", lambda: rebuild(context, LINES, MARCH[2]))
    assert rows(context, LINES) == [("a", 1), ("b", 2), ("c!", 3)]
    assert status.state_of(context, job, None) == "died in a rebuild: its next run finishes it"
    rebuild(context, LINES, MARCH[1])
    assert rows(context, LINES) == [("a", 1), ("b!", 2), ("c!", 3)]


def test_a_rebuild_that_died_is_finished_by_the_next_run(context: Context, job: Job, dies: Dies) -> None:
    arrive(context, 1, "a")
    run_job(context, job)
    arrive(context, 2, "a", "b")
    run_job(context, job)
    runs = len(context.state.runs(job.name))
    dies(job, "written", lambda: rebuild(context, LINES, None))
    arrive(context, 3, "c")
    assert run_job(context, job).why == "a rebuild that had died"
    assert rows(context, LINES) == [("a", 1), ("b", 2), ("c", 3)]
    assert rows(context, AGAIN) == []
    assert run_job(context, job).status == "skipped"
    assert len(context.state.runs(job.name)) == runs + 1


def test_records_whose_older_files_upkeep_has_deleted(context: Context, job: Job) -> None:
    for batch, raw in enumerate(("a", "b"), 1):
        arrive(context, batch, raw, on=MARCH[0])
    run_job(context, job)
    path = Path(context.warehouse.path(RECORDS))
    older = list(path.rglob("*.parquet"))
    context.spark.sql(f"OPTIMIZE delta.`{path}`")
    for file in older:
        file.unlink()
    rebuild(Context(context.spark, context.settings), LINES, None)
    assert rows(context, LINES) == [("a", 1), ("b", 2)]
