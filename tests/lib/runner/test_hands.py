"""What other hands do to tables and state: put right by the next run, or a line that says what to do."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from motherlode.contracts.jobs import Upsert
from motherlode.errors import MotherlodeError, UsageError
from motherlode.runner import doctor, upkeep
from motherlode.runner.context import Context
from motherlode.runner.run import run_job
from motherlode.settings import Consent
from tests.lib.runner.small import IN, KEPT, SEEN, SUMS, append, put, rows, upsert
from tests.lib.runner.test_recovery import repaired

Dies = Callable[..., None]


def sums(context: Context) -> list[tuple[object, ...]]:
    return rows(context, SUMS, "group_name", "number")


def anew(context: Context) -> Context:
    """As a process that starts now."""
    return Context(context.spark, context.settings)


def test_a_run_that_was_idle_for_longer_than_delta_keeps_files_is_finished(context: Context, dies: Dies) -> None:
    kept, job = append(), upsert([])
    put(context, IN, [("1", "a", 1)])
    run_job(context, kept)
    run_job(context, job)
    put(context, IN, [("2", "a", 2)], version=2)
    dies(kept, "written")
    dies(job, "written")
    for path in Path(context.warehouse.root).rglob("_delta_log/*.json"):
        os.utime(path, (0, 1_600_000_000 + int(path.stem)))
    again = anew(context)
    run_job(again, kept)
    run_job(again, job)
    assert (sums(again), rows(again, SEEN)) == ([("a", 3)], [("1",), ("2",)])


def test_what_was_written_after_a_death_is_not_taken_for_ours(ran: Context, dies: Dies) -> None:
    job = upsert([])
    put(ran, IN, [("3", "b", 3)], version=2)
    dies(job, "written")
    ran.spark.sql(f"UPDATE delta.`{ran.warehouse.path(SUMS)}` SET number = 99 WHERE group_name = 'a'")
    again = anew(ran)
    run_job(again, job)
    assert sums(again) == [("a", 1), ("b", 5)]


def test_a_death_under_settings_that_are_taken_back(ran: Context, dies: Dies) -> None:
    """What it wrote is made anew, though nothing seems to have changed since the last run that finished."""
    job = upsert([])
    before = ran.settings
    ran.settings = replace(before, consent=Consent(analytics=False, personalisation=False, marketing=True))
    dies(job, "planned")
    ran.settings = before
    assert run_job(ran, job).status == "done"
    assert run_job(ran, job).status == "skipped"
    assert sums(ran) == [("a", 1), ("b", 2)]


def test_two_deaths_under_other_settings(ran: Context, dies: Dies) -> None:
    """The second finds nothing changed since the last run that finished, and must not go on from half of another."""
    before = ran.settings
    twice = upsert([])
    object.__setattr__(twice, "transform", lambda numbers: {"test_sums": _doubled(numbers)})
    ran.settings = replace(before, consent=Consent(analytics=False, personalisation=False, marketing=True))
    dies(twice, "written")
    assert sums(ran) == [("a", 2), ("b", 4)]
    ran.settings = before
    dies(upsert([]), "planned")
    run_job(ran, upsert([]))
    assert sums(ran) == [("a", 1), ("b", 2)]


def _doubled(numbers: DataFrame) -> DataFrame:
    return numbers.groupBy("group_name").agg((2 * F.sum("number")).alias("number")).withColumn("at", F.lit("x"))


def test_an_upsert_that_died_before_its_table_was_lost(ran: Context, dies: Dies) -> None:
    job = upsert([])
    put(ran, IN, [("3", "b", 3)], version=2)
    dies(job, "written")
    shutil.rmtree(ran.warehouse.path(SUMS))
    again = anew(ran)
    run_job(again, job)
    assert sums(again) == [("a", 1), ("b", 5)]


def test_a_table_put_back_to_an_older_version_is_whole_after_the_next_change(ran: Context, known: None) -> None:
    job = upsert([])
    before = ran.warehouse.version(SUMS)
    put(ran, IN, [("3", "c", 3)], version=2)
    run_job(ran, job)
    upkeep.restore(ran, SUMS, before)
    assert run_job(ran, job).status == "skipped"
    put(ran, IN, [("4", "a", 4)], version=3)
    run_job(ran, job)
    assert sums(ran) == [("a", 5), ("b", 2), ("c", 3)]


def test_what_a_death_had_written_survives_a_restore(ran: Context, known: None, dies: Dies) -> None:
    kept = append()
    put(ran, IN, [("3", "c", 3)], version=2)
    dies(kept, "outputs")
    ran.spark.sql(f"DELETE FROM delta.`{ran.warehouse.path(KEPT)}` WHERE id = '1'")
    again = anew(ran)
    with pytest.raises(MotherlodeError, match="another hand changed it"):
        put(again, IN, [("4", "d", 4)], version=3)
        run_job(again, kept)
    upkeep.restore(again, KEPT, None)
    run_job(again, kept)
    assert rows(again, KEPT) == [("1", 1), ("2", 2), ("3", 3), ("4", 4)]
    assert rows(again, SEEN) == [("1",), ("2",), ("3",), ("4",)]


def test_what_streams_follow_is_not_put_back(ran: Context, known: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        upkeep, "owner_of", lambda _: replace(upsert([]), reads={"numbers": KEPT}, mode=Upsert(), writes=(IN,))
    )
    ran.state.finish(replace(ran.state.done("silver.test_sums"), outputs={"test_in": 0}))  # type: ignore[type-var]
    with pytest.raises(UsageError, match=r"silver\.test_kept follows it and would take in again"):
        upkeep.restore(ran, IN, 0)


def test_a_checkpoint_that_is_gone_is_not_begun_anew(ran: Context, known: None) -> None:
    job = append()
    put(ran, IN, [("3", "c", 3)], version=2)
    shutil.rmtree(ran.state.checkpoint(job.name))
    with pytest.raises(MotherlodeError, match=r"checkpoints/silver\.test_kept: is gone.*doctor --repair"):
        run_job(ran, job)
    repaired(ran)
    run_job(ran, job)
    assert rows(ran, SEEN) == [("1",), ("2",), ("3",)]
    assert rows(ran, KEPT) == [("1", 1), ("2", 2), ("3", 3)]


def test_state_that_is_gone_stops_an_append_and_makes_an_upsert_anew(ran: Context) -> None:
    shutil.rmtree(ran.state.root)
    again = anew(ran)
    with pytest.raises(
        MotherlodeError, match=r"test_kept: holds what this job took in, and .*_motherlode does not know"
    ):
        run_job(again, append())
    assert run_job(again, upsert([])).status == "done"
    assert sums(again) == [("a", 1), ("b", 2)]


def test_an_input_that_was_made_anew_is_read_as_a_whole(ran: Context) -> None:
    job = upsert([])
    version = ran.warehouse.version(IN)
    shutil.rmtree(ran.warehouse.path(IN))
    put(ran, IN, [("1", "z", 7)])
    again = anew(ran)
    assert again.warehouse.version(IN) == version  # its number alone says nothing
    run_job(again, job)
    assert sums(again) == [("z", 7)]


def test_a_table_that_was_made_anew_is_filled_again(ran: Context) -> None:
    shutil.rmtree(ran.warehouse.path(SUMS))
    again = anew(ran)
    assert run_job(again, upsert([])).status == "done"
    assert sums(again) == [("a", 1), ("b", 2)]


def test_an_older_offset_than_the_batch_began_with_is_noticed(ran: Context, known: None) -> None:
    """Without a checksum, as on an object store, Spark would go on from there."""
    job = append()
    path = Path(ran.state.checkpoint(job.name)) / "offsets/0"
    path.with_name(".0.crc").unlink()
    path.write_text(path.read_text().replace('"reservoirVersion":2', '"reservoirVersion":1'))
    put(ran, IN, [("3", "c", 3)], version=2)
    with pytest.raises(MotherlodeError, match=r"with other data.*doctor --repair"):
        run_job(ran, job)
    repaired(ran)
    run_job(ran, job)
    assert rows(ran, SEEN) == [("1",), ("2",), ("3",)]


def test_doctor_finds_nothing_in_a_warehouse_that_is_well(ran: Context, known: None, spark: SparkSession) -> None:
    assert list(doctor.findings(ran)) == []


def test_what_another_hand_writes_while_a_job_runs_is_not_recorded_as_its_own(ran: Context) -> None:
    quiet = upsert([])
    job = upsert([])

    def transform(numbers: DataFrame) -> dict[str, DataFrame]:
        made = quiet.transform(numbers)
        ran.spark.sql(f"UPDATE delta.`{ran.warehouse.path(SUMS)}` SET number = 99 WHERE group_name = 'a'")
        return dict(made)

    object.__setattr__(job, "transform", transform)
    put(ran, IN, [("3", "b", 3)], version=2)
    with pytest.raises(MotherlodeError, match=r"changed it while its job ran \(UPDATE, version 2\): run"):
        run_job(ran, job)
    run_job(ran, quiet)
    assert sums(ran) == [("a", 1), ("b", 5)]


def test_what_another_hand_writes_while_a_stream_runs_stops_it(ran: Context, known: None) -> None:
    job = append()
    quiet = job.transform

    def transform(numbers: DataFrame, previous: DataFrame) -> dict[str, DataFrame]:
        ran.spark.sql(f"DELETE FROM delta.`{ran.warehouse.path(KEPT)}` WHERE id = '1'")
        return dict(quiet(numbers=numbers, previous=previous))

    object.__setattr__(job, "transform", transform)
    put(ran, IN, [("3", "b", 3)], version=2)
    for _ in range(2):
        with pytest.raises(UsageError, match=r"test_kept: another hand changed it \(DELETE.*: `rebuild silver"):
            run_job(ran, job)
    # What the job appended after it would go, and is not taken in again.
    with pytest.raises(UsageError, match=r"has appended to it since .*: `rebuild silver\.test_kept` derives it again"):
        upkeep.restore(ran, KEPT, None)
    assert [found.remedy for found in doctor.findings(ran)] == ["`rebuild silver.test_kept` derives it again"]
