"""After a death, a second start, another hand or damage: as if it had run once, or a line that says what to do."""

import datetime
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.jobs import Job, Snapshot
from motherlode.contracts.tables import Purpose
from motherlode.errors import MotherlodeError, UsageError
from motherlode.runner import doctor, faults, rebuild, status, upkeep
from motherlode.runner.context import Context
from motherlode.runner.faults import FAULT
from motherlode.runner.run import run_job
from motherlode.runner.state import FOLDER
from motherlode.runner.storage import DamagedError
from tests.lib.runner.small import DAILY, FACTS, IN, KEPT, SEEN, SUMS, append, put, rows, upsert
from tests.thorough import pairs

Dies = Callable[..., None]
HARMS = ["cut", "flipped", "gone"]


@pytest.mark.parametrize("point", ["planned", "written", "outputs", "recorded"])
def test_an_upsert_that_died_anywhere(context: Context, dies: Dies, point: str) -> None:
    job = upsert([])
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    dies(job, point)
    put(context, IN, [("3", "b", 10)], version=2)
    run_job(context, job)
    assert rows(context, SUMS, "group_name", "number") == [("a", 1), ("b", 12)]
    assert run_job(context, job).status == "skipped"


@pytest.mark.parametrize("point", ["planned", "written", "batch", "outputs", "recorded"])
def test_an_append_that_died_anywhere(context: Context, dies: Dies, point: str) -> None:
    job = append()
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    dies(job, point)
    put(context, IN, [("2", "b", 2), ("3", "b", 10)], version=2)
    run_job(context, job)
    assert rows(context, KEPT) == [("1", 1), ("2", 2), ("3", 10)]
    assert rows(context, SEEN) == [("1",), ("2",), ("3",)]
    assert run_job(context, job).status == "skipped"


def test_a_batch_whose_commit_the_checkpoint_lost_is_written_once(context: Context) -> None:
    job = append()
    put(context, IN, [("1", "a", 1)])
    run_job(context, job)
    commits = Path(context.state.checkpoint(job.name)) / "commits"
    for file in (*commits.glob("*0"), *commits.glob(".*0.crc")):
        file.unlink()
    put(context, IN, [("2", "b", 2)], version=2)
    run_job(context, job)
    assert rows(context, KEPT) == [("1", 1), ("2", 2)]
    assert rows(context, SEEN) == [("1",), ("2",)]


def test_a_checkpoint_that_somebody_changed_is_not_followed(context: Context, known: None) -> None:
    """Its next batch would have the number of one that Delta has seen: its rows would be dropped in silence."""
    job = append()
    put(context, IN, [("1", "a", 1)])
    run_job(context, job)
    put(context, IN, [("2", "b", 2)], version=2)
    run_job(context, job)
    folder = Path(context.state.checkpoint(job.name))
    for name in ("offsets/1", "offsets/.1.crc", "commits/1", "commits/.1.crc", "commits/0", "commits/.0.crc"):
        (folder / name).unlink(missing_ok=True)
    put(context, IN, [("3", "c", 3)], version=3)
    with pytest.raises(MotherlodeError, match=r"goes on with batch 0, and the last one begun was 1.*doctor --repair"):
        run_job(context, job)
    repaired(context)
    run_job(context, job)
    assert rows(context, KEPT) == [("1", 1), ("2", 2), ("3", 3)]


@pytest.mark.parametrize(
    ("file", "harm"),
    pairs(["plans/{job}.json", "done/{job}.json", "checkpoints/{job}/motherlode.json", "id.json"], HARMS),
)
def test_damaged_state_is_said_and_repaired(ran: Context, known: None, file: str, harm: str) -> None:
    jobs = (append(), upsert([]))
    paths = {Path(ran.warehouse.root) / FOLDER / file.format(job=job.name) for job in jobs}
    for path in paths:
        if path.exists():
            damage(path, harm)
    put(ran, IN, [("3", "b", 10)], version=2)
    if harm != "gone":
        with pytest.raises(DamagedError, match=r"is not as it was written.*doctor"):
            for job in jobs:
                run_job(ran, job)
    again = Context(ran.spark, ran.settings)
    repaired(again)
    for job in jobs:
        run_job(again, job)
    assert rows(again, KEPT) == [("1", 1), ("2", 2), ("3", 10)]
    assert rows(again, SUMS, "group_name", "number") == [("a", 1), ("b", 12)]


@pytest.mark.parametrize(("file", "harm"), pairs(["offsets/0", "commits/0", "metadata"], HARMS))
def test_a_damaged_checkpoint_is_repaired(ran: Context, known: None, file: str, harm: str) -> None:
    job = append()
    damage(Path(ran.state.checkpoint(job.name)) / file, harm)
    put(ran, IN, [("3", "c", 3)], version=2)
    repaired(ran)
    run_job(ran, job)
    assert rows(ran, KEPT) == [("1", 1), ("2", 2), ("3", 3)]
    assert rows(ran, SEEN) == [("1",), ("2",), ("3",)]


def test_a_log_that_lacks_a_version_is_said(context: Context, known: None) -> None:
    job = upsert([])
    for version in (1, 2, 3):
        put(context, IN, [(str(version), "a", 1)], version=version)
        run_job(context, job)
    (Path(context.warehouse.path(SUMS)) / "_delta_log" / f"{1:020d}.json").unlink()
    (found,) = doctor.findings(context)
    assert "test_sums: its log lacks version 1" in found.what
    assert "delete its folder: `silver.test_sums` makes it anew" in found.remedy


def test_what_another_hand_took_from_an_appended_table_stops_its_job(context: Context, known: None) -> None:
    job = append()
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    run_job(context, job)
    left = context.warehouse.version(KEPT)
    context.spark.sql(f"DELETE FROM delta.`{context.warehouse.path(KEPT)}` WHERE id = '1'")
    put(context, IN, [("3", "c", 3)], version=2)
    with pytest.raises(MotherlodeError, match=r"silver\.test_kept: another hand changed it \(DELETE, version \d+\)"):
        run_job(context, job)
    with pytest.raises(UsageError, match=rf"goes back to version {left}"):
        upkeep.restore(context, KEPT, 0)
    upkeep.restore(context, KEPT, None)
    run_job(context, job)
    assert rows(context, KEPT) == [("1", 1), ("2", 2), ("3", 3)]


def test_a_table_put_back_stays_until_its_inputs_change(context: Context, known: None) -> None:
    job = upsert([])
    put(context, IN, [("1", "a", 1)])
    run_job(context, job)
    before = context.warehouse.version(SUMS)
    put(context, IN, [("2", "a", 2)], version=2)
    run_job(context, job)
    upkeep.restore(context, SUMS, before)
    assert rows(context, SUMS, "group_name", "number") == [("a", 1)]
    assert run_job(context, job).status == "skipped"
    put(context, IN, [("3", "a", 3)], version=3)
    run_job(context, job)
    assert rows(context, SUMS, "group_name", "number") == [("a", 6)]
    with pytest.raises(UsageError, match="no version 99"):
        upkeep.restore(context, SUMS, 99)


def test_looking_after_a_table_changes_nothing_for_anybody(context: Context, known: None) -> None:
    kept, sums = append(), upsert([])
    for version in (1, 2, 3):
        put(context, IN, [(str(version), "a", version)], version=version)
        run_job(context, kept)
        run_job(context, sums)
    context.spark.sql(f"OPTIMIZE delta.`{context.warehouse.path(IN)}`")
    deleted, before, after = upkeep.maintain(context, KEPT)
    assert (deleted, before > 1, after) == (0, True, 1)
    upkeep.maintain(context, SUMS)
    assert [run_job(context, job).status for job in (kept, sums)] == ["skipped", "skipped"]
    put(context, IN, [("4", "a", 4)], version=4)
    assert [run_job(context, job).status for job in (kept, sums)] == ["done", "done"]
    assert rows(context, KEPT) == [("1", 1), ("2", 2), ("3", 3), ("4", 4)]
    assert rows(context, SUMS, "group_name", "number") == [("a", 10)]


def test_a_feed_that_upkeep_has_cut_makes_all_be_computed_again(context: Context, known: None) -> None:
    seen: list[list[str]] = []
    job = upsert(seen)
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    run_job(context, job)
    # A change feed of its own, whose files are then gone: as if the job had not run for longer than VACUUM keeps.
    context.spark.sql(f"UPDATE delta.`{context.warehouse.path(IN)}` SET number = 5 WHERE id = '1'")
    put(context, IN, [("3", "b", 3)], version=2)
    shutil.rmtree(Path(context.warehouse.path(IN)) / "_change_data")
    run_job(context, job)
    assert rows(context, SUMS, "group_name", "number") == [("a", 5), ("b", 5)]
    assert seen[-1] == ["a", "b"]


def test_what_a_follower_has_not_read_is_not_looked_after(
    context: Context, known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = append()
    monkeypatch.setattr(upkeep, "owner_of", lambda _: upsert([]))
    put(context, IN, [("1", "a", 1)])
    run_job(context, upsert([]))
    with pytest.raises(MotherlodeError, match=r"test_in: silver\.test_kept has not taken in all of it"):
        upkeep.maintain(context, IN)
    run_job(context, kept)
    put(context, IN, [("2", "b", 2)], version=2)
    with pytest.raises(MotherlodeError, match=r"test_in: silver\.test_kept has not taken in all of it"):
        upkeep.maintain(context, IN)


def test_status_says_what_is_stale_and_why(context: Context, known: None, dies: Dies) -> None:
    job = upsert([])

    def said() -> str:
        return str(status.state_of(context, job, context.state.done(job.name)))

    assert said() == "never ran"
    put(context, IN, [("1", "a", 1)])
    run_job(context, job)
    assert said() == "up to date"
    put(context, IN, [("2", "a", 1)], version=2)
    assert said() == "stale: silver.test_in"
    dies(job, "written")
    assert said() == "died: its next run finishes what it began"
    run_job(context, job)
    assert said() == "up to date"
    assert status.state_of(context, append(), None) == ("never ran", "")


def test_history_tells_who_wrote_what(context: Context, known: None) -> None:
    job = upsert([])
    for version in (1, 2):
        put(context, IN, [(str(version), "a", 1)], version=version)
        run_job(context, job)
    grid = upkeep.history(context, SUMS)
    cells = [list(column.cells) for column in grid.columns]
    assert cells[0] == ["2", "1", "0"]
    assert cells[2] == ["merge", "write", "create table"]
    assert cells[3] == ["silver.test_sums run 2", "silver.test_sums run 1", ""]
    assert cells[4] == ["+0 ~1 -0", "+1", ""]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", str(when)) for when in cells[1])


def test_bronze_cannot_be_derived_again(context: Context) -> None:
    from motherlode.contracts.bronze import RECORDS

    with pytest.raises(UsageError, match=r"bronze\.records: was not written yet"):
        rebuild.rebuild(context, RECORDS, datetime.date(2020, 1, 1))


def damage(path: Path, harm: str) -> None:
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        # A digit for another one: still JSON, and another version.
        digits = [n for n, byte in enumerate(content) if chr(byte).isdigit()]
        at = digits[len(digits) // 2]
        path.write_bytes(content[:at] + (b"7" if content[at : at + 1] != b"7" else b"8") + content[at + 1 :])


def repaired(context: Context) -> None:
    for finding in doctor.findings(context):
        assert finding.repair is not None, finding
        finding.mend(context)
    assert list(doctor.findings(context)) == []


def test_a_batch_that_waited_for_longer_than_delta_knows_transactions(ran: Context, dies: Dies) -> None:
    job = append()
    put(ran, IN, [("3", "c", 3)], version=2)
    dies(job, "batch")
    for table in (KEPT, SEEN):
        ran.spark.sql(
            f"ALTER TABLE delta.`{ran.warehouse.path(table)}`"
            " SET TBLPROPERTIES ('delta.setTransactionRetentionDuration' = 'interval 0 seconds')"
        )
    assert run_job(ran, job).status == "done"
    assert rows(ran, SEEN) == [("1",), ("2",), ("3",)]


def test_a_day_that_died_is_finished_though_another_one_is_asked_for(context: Context, dies: Dies) -> None:
    other = replace(DAILY, name="test_daily_too")

    def transform(facts: DataFrame, as_of: datetime.date) -> dict[str, DataFrame]:
        made = facts.agg(F.sum("number").alias("number")).withColumn("as_of", F.lit(as_of))
        return {DAILY.name: made, other.name: made}

    job = Job(
        name="features.test_daily",
        doc="Daily.",
        reads={"facts": FACTS},
        writes=(DAILY, other),
        transform=transform,
        mode=Snapshot(),
        purpose=Purpose.ANALYTICS,
    )
    days = [datetime.date(2017, 1, day) for day in (1, 2, 3)]
    put(context, FACTS, [("ann", 1)])
    context.as_of = days[0]
    run_job(context, job)
    context.as_of = days[1]
    dies(job, "written")
    put(context, FACTS, [("bob", 2)], version=2)
    context.as_of = days[2]
    assert run_job(context, job).why == "and what had died as of 2017-01-02"
    assert run_job(context, job).status == "skipped"
    assert rows(context, DAILY) == rows(context, other) == [(days[0], 1), (days[1], 3), (days[2], 3)]


def test_faults_are_asked_for_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FAULT, "silver.events:nowhere:kill")
    with pytest.raises(UsageError, match="write JOB:POINT"):
        faults.reach("silver.events", "planned")
