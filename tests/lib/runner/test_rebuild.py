"""Deriving an appended table again: after deaths, other hands and upkeep it holds each record once."""

import datetime
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.bronze import BATCH, FILES, RECORDS
from motherlode.contracts.fields import STRING, Field
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Layer, Purpose
from motherlode.errors import MotherlodeError, UsageError
from motherlode.runner import doctor, status, upkeep
from motherlode.runner import rebuild as module
from motherlode.runner.context import Context
from motherlode.runner.rebuild import rebuild
from motherlode.runner.run import run_job
from motherlode.runner.state import State
from motherlode.runner.warehouse import Transaction
from tests.lib.runner.small import rows, table
from tests.thorough import THOROUGH

LINE = Field("line", STRING, "A line.")
LINES, AGAIN = (table(Layer.SILVER, name, LINE, BATCH, key=("line", "batch")) for name in ("test_lines", "test_again"))
MARCH = [datetime.date(2017, 3, day) for day in range(1, 9)]
Dies = Callable[..., None]


def lines(mark: str = "", of_many: Callable[[str], Column] = F.min) -> Job:
    """Each line once, by its first batch or another one, and those that were there before."""

    def transform(records: DataFrame, previous: DataFrame) -> dict[str, DataFrame]:
        new = records.groupBy(F.concat("raw", F.lit(mark)).alias("line")).agg(of_many("batch").alias("batch")).persist()
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
    found = context.spark.createDataFrame([("web", file, 1, at, batch, None)], FILES.schema)
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
    with pytest.raises(
        UsageError, match=r"test_lines: another hand changed it \(is gone.*`rebuild silver\.test_lines`"
    ):
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
    assert status.state_of(context, job, None) == ("died", "its next run finishes the rebuild")
    rebuild(context, LINES, MARCH[1])
    assert rows(context, LINES) == [("a", 1), ("b!", 2), ("c!", 3)]


@pytest.mark.parametrize(
    ("point", "number"),
    [("planned", 1), ("written", 1), ("written", 2), ("outputs", 1)] if THOROUGH else [("planned", 1), ("written", 2)],
)
def test_a_rebuild_that_died_is_finished_by_the_next_run(
    context: Context, dies: Dies, monkeypatch: pytest.MonkeyPatch, point: str, number: int
) -> None:
    """What came in since is judged with the rest: nothing that it wrote before holds."""
    job = lines(of_many=F.max)
    monkeypatch.setattr(module, "owner_of", lambda _: job)
    arrive(context, 1, "a")
    run_job(context, job)
    arrive(context, 2, "a", "b")
    run_job(context, job)
    assert (rows(context, LINES), rows(context, AGAIN)) == ([("a", 1), ("b", 2)], [("a", 2)])
    runs = len(context.state.runs(job.name))
    dies(job, f"{point}:{number}", lambda: rebuild(context, LINES, None))
    arrive(context, 3, "b", "c")
    assert run_job(context, job).why == "a rebuild that had died"
    assert rows(context, LINES) == [("a", 2), ("b", 3), ("c", 3)]
    assert rows(context, AGAIN) == []
    assert run_job(context, job).status == "skipped"
    assert len(context.state.runs(job.name)) == runs + 1


def test_a_rebuild_that_died_after_its_record(context: Context, job: Job, dies: Dies) -> None:
    arrive(context, 1, "a")
    run_job(context, job)
    dies(job, "recorded", lambda: rebuild(context, LINES, None))
    arrive(context, 2, "a", "b")
    run_job(context, job)
    assert rows(context, LINES) == [("a", 1), ("b", 2)]


def test_what_another_hand_does_while_a_table_is_derived_is_not_recorded(
    context: Context, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(context, 1, "a")
    arrive(context, 2, "b")
    run_job(context, job)
    quiet = lines()

    def transform(records: DataFrame, previous: DataFrame) -> dict[str, DataFrame]:
        context.spark.sql(f"DELETE FROM delta.`{context.warehouse.path(LINES)}` WHERE line = 'a'")
        return dict(quiet.transform(records=records, previous=previous))

    object.__setattr__(job, "transform", transform)
    with pytest.raises(MotherlodeError, match=r"changed it while its job ran \(DELETE"):
        rebuild(context, LINES, MARCH[1])
    with pytest.raises(UsageError, match=r"another hand changed it \(DELETE.*maybe rows from before that day too"):
        run_job(context, quiet)
    monkeypatch.setattr(module, "owner_of", lambda _: quiet)
    rebuild(context, LINES, None)
    assert rows(context, LINES) == [("a", 1), ("b", 2)]


def test_a_batch_that_has_offsets_and_no_plan(context: Context, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark wrote where the batch ends, and died before anything of ours was written; then a table was lost."""
    arrive(context, 1, "a")
    run_job(context, job)
    arrive(context, 2, "a", "b")
    with monkeypatch.context() as patched:
        patched.setattr(State, "begin", lambda *_: (_ for _ in ()).throw(OSError(5, "died")))
        with pytest.raises(OSError, match="died"):
            run_job(context, job)
    shutil.rmtree(context.warehouse.path(LINES))
    again = Context(context.spark, context.settings)
    rebuild(again, LINES, None)
    monkeypatch.setattr(doctor, "all_jobs", lambda: {job.name: job})
    monkeypatch.setattr(doctor, "TABLES", {LINES.full_name: LINES})
    assert list(doctor.findings(again)) == []
    arrive(again, 3, "b", "c")
    run_job(again, job)
    assert rows(again, LINES) == [("a", 1), ("b", 2), ("c", 3)]
    assert rows(again, AGAIN) == [("b", 3)]


def test_bronze_keeps_what_a_rebuild_that_died_has_to_read(
    context: Context, job: Job, dies: Dies, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(context, 1, "a")
    arrive(context, 2, "b")
    run_job(context, job)
    dies(job, "planned", lambda: rebuild(context, LINES, MARCH[1]))
    monkeypatch.setattr(upkeep, "all_jobs", lambda: {job.name: job})
    monkeypatch.setattr(upkeep, "owner_of", lambda _: job)
    with pytest.raises(MotherlodeError, match=r"bronze\.records: silver\.test_lines has not taken in all of it"):
        upkeep.maintain(context, RECORDS)
    # As upkeep of another machine would have said and done at that moment.
    context.state.keep_from(RECORDS.full_name, f"received_on < '{MARCH[3]}'")
    with pytest.raises(UsageError, match=r"records that it was made from are past bronze's retention"):
        run_job(context, job)
    assert rows(context, LINES) == [("a", 1), ("b", 2)]


def test_what_another_hand_does_during_the_first_run_is_not_taken_for_ours(context: Context, job: Job) -> None:
    quiet = lines()

    def transform(records: DataFrame, previous: DataFrame) -> dict[str, DataFrame]:
        made = dict(quiet.transform(records=records, previous=previous))
        if context.warehouse.version(LINES) is not None:
            context.spark.sql(f"DELETE FROM delta.`{context.warehouse.path(LINES)}`")
        return made

    object.__setattr__(job, "transform", transform)
    arrive(context, 1, "a")
    arrive(context, 2, "b")
    context.settings = replace(context.settings, ingest=replace(context.settings.ingest, files_per_batch=1))
    for _ in range(2):
        with pytest.raises(UsageError, match=r"test_lines: another hand changed it \(DELETE.*another paths\.warehouse"):
            run_job(context, job)


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
