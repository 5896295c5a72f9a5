"""Files of tables that are gone or damaged: `doctor` names them, and what it says to do helps."""

import re
import shutil
from pathlib import Path

import pytest

from motherlode.contracts.bronze import RECORDS
from motherlode.contracts.tables import Table
from motherlode.errors import Exit
from motherlode.runner import doctor, rebuild, status, upkeep
from motherlode.runner.context import Context
from motherlode.runner.failure import explain_failure
from motherlode.runner.run import run_job
from tests.conftest import forget_logs
from tests.lib.runner.small import IN, KEPT, SEEN, SUMS, append, put, rows, upsert
from tests.lib.runner.test_recovery import damage, repaired

pytestmark = pytest.mark.usefixtures("known")


def forget(context: Context) -> Context:
    """As a process that starts now."""
    forget_logs(context.spark)
    return Context(context.spark, context.settings)


def log_of(context: Context, table: Table) -> list[Path]:
    return sorted((Path(context.warehouse.path(table)) / "_delta_log").glob("*.json"))


def test_the_newest_file_of_a_log_is_gone_and_its_checksum_is_not(ran: Context) -> None:
    job = upsert([])
    put(ran, IN, [("3", "b", 3)], version=2)
    run_job(ran, job)
    newest = log_of(ran, SUMS)[-1]
    assert newest.with_name(f".{newest.name}.crc").exists()
    newest.unlink()
    again = forget(ran)
    said = status.state_of(again, job, again.state.done(job.name))
    assert said == ("stale", "silver.test_sums: is gone, older, or another table")
    run_job(again, job)
    again = forget(ran)
    assert rows(again, SUMS, "group_name", "number") == [("a", 1), ("b", 5)]
    assert run_job(again, job).status == "skipped"
    assert list(doctor.findings(again)) == []


@pytest.mark.parametrize("harm", ["cut", "empty"])
def test_a_damaged_log_is_found_and_what_is_said_helps(ran: Context, harm: str) -> None:
    newest = log_of(ran, SUMS)[-1]
    newest.write_bytes(newest.read_bytes()[:200] if harm == "cut" else b"")
    again = forget(ran)
    put(again, IN, [("3", "b", 3)], version=2)
    with pytest.raises(Exception) as caught:
        run_job(again, upsert([]))
    line, code = explain_failure(caught.value)
    assert code is Exit.USAGE
    assert re.search(rf"{newest.name}: is (gone or damaged: bring it back|not as it was written.* doctor)", line)
    (found,) = doctor.findings(forget(ran))
    assert found.what.endswith(f"{newest.name}: is not as it was written")
    assert found.remedy == "bring it back, or delete its folder: `silver.test_sums` makes it anew"
    shutil.rmtree(ran.warehouse.path(SUMS))
    again = forget(ran)
    run_job(again, upsert([]))
    assert rows(again, SUMS, "group_name", "number") == [("a", 1), ("b", 5)]


def test_a_file_of_rows_that_is_gone_is_found(ran: Context) -> None:
    path = Path(ran.warehouse.path(KEPT))
    file = next(path.glob("*.parquet"))
    file.unlink()
    (found,) = doctor.findings(forget(ran))
    assert found.what.endswith(f"lacks its file file:{file}")
    assert found.remedy == "bring it back, or delete its folder, then `rebuild silver.test_kept`"


def test_a_checkpoint_of_a_log_that_cannot_be_read_is_found(ran: Context) -> None:
    for version in range(2, 13):
        put(ran, IN, [(str(version + 10), "b", 1)], version=version)
        run_job(ran, upsert([]))
    (checkpoint,) = (Path(ran.warehouse.path(SUMS)) / "_delta_log").glob("*.checkpoint*.parquet")
    checkpoint.write_bytes(b"PAR1 not PAR1")
    for file in log_of(ran, SUMS)[:3]:  # or Delta would read the files before it
        file.unlink()
    (found,) = doctor.findings(forget(ran))
    assert found.what.endswith("test_sums: its log cannot be read")


def test_what_bronze_no_longer_has_is_not_to_be_deleted(ran: Context) -> None:
    ran.state.keep_from(RECORDS.full_name, "received_on < '2020-01-01'")
    log_of(ran, KEPT)[0].unlink()
    (found,) = doctor.findings(forget(ran))
    assert "delete" not in found.remedy
    assert "bring it back from a backup: bronze no longer has all that it was made from" in found.remedy


def test_a_note_of_what_is_past_retention_is_made_again(ran: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "TABLES", {RECORDS.full_name: RECORDS})
    ran.state.keep_from(RECORDS.full_name, "received_on < '2020-01-01'")
    damage(Path(ran.state.root) / f"expired/{RECORDS.full_name}.json", "cut")
    repaired(ran)
    assert ran.state.expired(RECORDS.full_name) == "true"  # nothing is left of bronze here


def test_a_plan_and_the_name_of_its_checkpoint_at_once(ran: Context) -> None:
    job = append()
    for file in (f"plans/{job.name}.json", f"checkpoints/{job.name}/motherlode.json"):
        damage(Path(ran.state.root) / file, "flipped")
    put(ran, IN, [("3", "c", 3)], version=2)
    repaired(forget(ran))
    run_job(forget(ran), job)
    assert rows(ran, KEPT) == [("1", 1), ("2", 2), ("3", 3)]
    assert rows(ran, SEEN) == [("1",), ("2",), ("3",)]


def test_a_damaged_lease_is_found(ran: Context) -> None:
    folder = Path(ran.state.lease("silver.test_sums"))
    for file in folder.glob("*.json"):
        file.write_bytes(b"")
    (found,) = doctor.findings(ran)
    assert found.what == f"{folder}: is not as it was written"
    repaired(ran)
    assert run_job(ran, upsert([])).status == "skipped"


def test_a_table_that_was_put_back_is_said_to_be(ran: Context) -> None:
    job = upsert([])
    put(ran, IN, [("3", "b", 3)], version=2)
    run_job(ran, job)
    upkeep.restore(ran, SUMS, 1)
    said = status.state_of(ran, job, ran.state.done(job.name))
    assert said == ("up to date", "`restore` put a table back")
    grid = upkeep.history(ran, SUMS)
    assert next(iter(grid.columns[3].cells)) == "restored by Motherlode"


def test_a_computed_table_is_rebuilt(ran: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    job = upsert([])
    monkeypatch.setattr(rebuild, "owner_of", lambda _: job)
    before = len(ran.state.runs(job.name))
    (result,) = rebuild.rebuild(ran, SUMS, None)
    assert (result.status, result.why) == ("done", "no row changed")
    assert len(ran.state.runs(job.name)) == before + 1
