"""The runner's promises, on small jobs of the test's own: what is new, what was touched, what died half-way."""

import datetime
import shutil
from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import identity
from motherlode.contracts.jobs import Job, Snapshot, Upsert
from motherlode.contracts.tables import Purpose, Table
from motherlode.errors import UsageError
from motherlode.runner.context import Context
from motherlode.runner.run import run_job
from motherlode.runner.state import State
from motherlode.runner.warehouse import Transaction, Warehouse
from tests.lib.runner.small import DAILY, FACTS, IN, KEPT, SEEN, SUMS, TOTALS, append, put, rows, upsert


def test_upsert_recomputes_what_was_touched_and_deletes_what_vanished(context: Context) -> None:
    seen: list[list[str]] = []
    job = upsert(seen)
    put(context, IN, [("1", "a", 1), ("2", "a", 2), ("3", "b", 3), ("4", "c", 4)])
    assert run_job(context, job).status == "done"
    assert rows(context, SUMS, "group_name", "number") == [("a", 3), ("b", 3), ("c", 4)]
    assert run_job(context, job).status == "skipped"

    put(context, IN, [("5", "b", 10)], version=2)
    assert run_job(context, job).status == "done"
    assert seen == [["a", "b", "c"], ["b"]]
    assert rows(context, SUMS, "group_name", "number") == [("a", 3), ("b", 13), ("c", 4)]

    context.spark.sql(f"DELETE FROM delta.`{context.warehouse.path(IN)}` WHERE group_name = 'c'")
    run_job(context, job)
    assert rows(context, SUMS, "group_name", "number") == [("a", 3), ("b", 13)]


def test_upsert_writes_nothing_where_only_volatile_fields_differ(context: Context) -> None:
    seen: list[list[str]] = []
    job = upsert(seen)
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    run_job(context, job)
    version = context.warehouse.version(SUMS)
    put(context, IN, [("3", "b", 0)], version=2)
    result = run_job(context, job)
    assert (result.status, result.why) == ("done", "no row changed")
    assert context.warehouse.version(SUMS) == version


def test_upsert_mends_a_table_that_another_hand_changed(context: Context) -> None:
    job = upsert([])
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    run_job(context, job)
    context.spark.sql(f"UPDATE delta.`{context.warehouse.path(SUMS)}` SET number = 99")
    put(context, IN, [("3", "b", 1)], version=2)
    run_job(context, job)
    assert rows(context, SUMS, "group_name", "number") == [("a", 1), ("b", 3)]


def test_an_upsert_that_died_leaves_nothing_stale_to_another_plan(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after its commit and before its record; then more data comes, so that the next plan is another one."""
    job = upsert([])
    put(context, IN, [("1", "a", 1)])
    run_job(context, job)
    put(context, IN, [("2", "b", 2)], version=2)
    with monkeypatch.context() as patched:
        patched.setattr(State, "finish", dies)
        with pytest.raises(OSError):
            run_job(context, job)
    put(context, IN, [("3", "a", 10), ("4", "b", 20)], version=3)
    assert run_job(context, job).status == "done"
    assert rows(context, SUMS, "group_name", "number") == [("a", 11), ("b", 22)]


def test_a_state_made_anew_writes_again(context: Context) -> None:
    job = upsert([])
    put(context, IN, [("1", "a", 1)])
    run_job(context, job)
    context.spark.sql(f"UPDATE delta.`{context.warehouse.path(SUMS)}` SET number = 99")
    shutil.rmtree(context.state.root)
    anew = Context(context.spark, context.settings)
    assert run_job(anew, job).status == "done"
    assert rows(context, SUMS, "group_name", "number") == [("a", 1)]


def test_a_warehouse_of_another_format_is_refused_before_anything_is_read(context: Context) -> None:
    context.warehouse.storage.write_json(f"{context.state.root}/id.json", {"id": "old"})
    with pytest.raises(UsageError, match=r"made by another version of Motherlode.*paths\.warehouse"):
        _ = Context(context.spark, context.settings).state


def test_a_key_taken_out_of_the_marks_is_taken_anew(context: Context) -> None:
    context.state.keep_keys({"A": "1", "B": "2"})
    with pytest.raises(UsageError, match="B: another key"):
        context.state.keep_keys({"A": "1", "B": "3"})
    context.warehouse.storage.delete(f"{context.state.root}/keys/B.json")
    context.state.keep_keys({"A": "1", "B": "3"})
    with pytest.raises(UsageError, match="B: another key"):
        context.state.keep_keys({"A": "1", "B": "2"})


def dies(*_: object) -> None:
    raise OSError(5, "died")


@pytest.fixture
def dies_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The next append to a table of that name fails; later ones do not."""
    pending: list[str] = []
    original = Warehouse.append

    def appended(self: Warehouse, where: Table, frame: DataFrame, transaction: Transaction) -> None:
        if where.name in pending:
            pending.remove(where.name)
            raise OSError(5, "died", where.name)
        original(self, where, frame, transaction)

    monkeypatch.setattr(Warehouse, "append", appended)
    return pending.append


def test_append_takes_what_is_new_once(context: Context) -> None:
    job = append()
    put(context, IN, [("1", "a", 1)])
    assert run_job(context, job).status == "done"
    assert run_job(context, job).status == "skipped"
    put(context, IN, [("1", "a", 1), ("2", "b", 2)], version=2)
    assert run_job(context, job).status == "done"
    assert rows(context, KEPT) == [("1", 1), ("2", 2)]
    assert rows(context, SEEN) == [("1",), ("2",)]


def test_append_that_died_between_two_tables_is_as_if_it_had_run_once(
    context: Context, dies_at: Callable[[str], None]
) -> None:
    job = append()
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    dies_at("test_seen")
    with pytest.raises(OSError, match="died"):
        run_job(context, job)
    assert rows(context, KEPT) == [("1", 1), ("2", 2)]
    assert run_job(context, job).status == "done"
    assert rows(context, KEPT) == [("1", 1), ("2", 2)]
    # Reading its own half as Previous, the retry would have found nothing new here.
    assert rows(context, SEEN) == [("1",), ("2",)]


def test_consent_reaches_every_job_and_a_withdrawal_removes_what_was_computed(context: Context) -> None:
    def transform(facts: DataFrame) -> dict[str, DataFrame]:
        return {"test_totals": facts}

    job = Job(
        name="features.test_totals",
        doc="Totals.",
        reads={"facts": FACTS},
        writes=(TOTALS,),
        transform=transform,
        mode=Upsert(by=("customer_id",)),
        purpose=Purpose.ANALYTICS,
    )
    at = datetime.datetime(2017, 1, 1)
    put(context, FACTS, [("ann", 1), ("bob", 2), ("eve", 3)])
    put(context, identity.CONSENTS, [("ann", "analytics", True, at), ("bob", "analytics", False, at)])
    run_job(context, job)
    assert rows(context, TOTALS) == [("ann", 1), ("eve", 3)]
    put(context, identity.CONSENTS, [("eve", "analytics", False, at), ("ann", "marketing", False, at)], version=2)
    assert run_job(context, job).status == "done"
    assert rows(context, TOTALS) == [("ann", 1)]


def test_snapshot_replaces_just_its_date(context: Context) -> None:
    def transform(facts: DataFrame, as_of: datetime.date) -> dict[str, DataFrame]:
        return {"test_daily": facts.agg(F.sum("number").alias("number")).withColumn("as_of", F.lit(as_of))}

    job = Job(
        name="features.test_daily",
        doc="Daily.",
        reads={"facts": FACTS},
        writes=(DAILY,),
        transform=transform,
        mode=Snapshot(),
        purpose=Purpose.ANALYTICS,
    )
    first, second = datetime.date(2017, 1, 1), datetime.date(2017, 1, 2)
    put(context, FACTS, [("ann", 1)])
    context.as_of = first
    run_job(context, job)
    put(context, FACTS, [("bob", 2)], version=2)
    context.as_of = second
    assert run_job(context, job).status == "done"
    assert run_job(context, job).status == "skipped"
    assert rows(context, DAILY) == [(first, 1), (second, 3)]
    context.as_of = first
    run_job(context, job)
    assert rows(context, DAILY) == [(first, 3), (second, 3)]


def test_a_repeated_transaction_is_written_once(context: Context) -> None:
    put(context, IN, [("1", "a", 1)])
    put(context, IN, [("1", "a", 1)])
    assert rows(context, IN) == [("1", "a", 1)]
