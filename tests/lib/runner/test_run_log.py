"""The run log against runs of the small jobs."""

import pytest
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from motherlode.runner import run_log, upkeep
from motherlode.runner.context import Context
from motherlode.runner.lease import held
from motherlode.runner.run import run_job
from motherlode.runner.spills import Spills
from tests.lib.runner.small import IN, append, put, rows, upsert


def test_each_run_is_logged_once(context: Context) -> None:
    kept, sums = append(), upsert([])
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    run_job(context, kept)
    run_job(context, sums)
    with held(context.warehouse.storage, context.state.lease("run_log"), context.pids):
        assert run_log.keep(context) == 0  # somebody else is at it
    assert run_log.keep(context) == 2
    put(context, IN, [("3", "b", 3)], version=2)
    run_job(context, sums)
    assert run_job(context, sums).status == "skipped"
    assert run_log.keep(context) == 1
    assert run_log.keep(context) == 0
    columns = ("job", "run", "inputs", "outputs", "rows")
    assert rows(context, run_log.RUN_LOG, *columns) == [
        ("silver.test_kept", 1, {"numbers": 1}, {"test_kept": 1, "test_seen": 1}, {"test_kept": 2, "test_seen": 2}),
        ("silver.test_sums", 1, {"numbers": 1}, {"test_sums": 1}, {"test_sums": 2}),
        ("silver.test_sums", 2, {"numbers": 2}, {"test_sums": 2}, {"test_sums": 2}),
    ]
    assert {row[0] for row in rows(context, run_log.RUN_LOG, "spilled_bytes")} == {0}


def test_the_files_beside_it_do_not_pile_up(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "KEPT", 2)
    job = upsert([])
    for version in range(1, 5):
        put(context, IN, [(str(version), "a", 1)], version=version)
        run_job(context, job)
    assert run_log.keep(context) == 4
    assert context.state.runs(job.name) == [3, 4]
    assert len(rows(context, run_log.RUN_LOG)) == 4


def test_what_spills_is_counted(spark: SparkSession) -> None:
    spills = Spills(spark)
    spills.taken()
    keys = {"in.memory.threshold": "10", "spill.threshold": "100"}
    for key, value in keys.items():
        spark.conf.set(f"spark.sql.windowExec.buffer.{key}", value)
    try:
        everything = Window.partitionBy(F.lit(1))
        spark.range(4000).withColumn("all", F.sum("id").over(everything)).write.format("noop").mode("overwrite").save()
    finally:
        for key in keys:
            spark.conf.unset(f"spark.sql.windowExec.buffer.{key}")
    assert (spills.taken() or 0) > 10000
    assert spills.taken() == 0


def test_it_is_compacted(ran: Context) -> None:
    for version in (2, 3):
        put(ran, IN, [(str(version + 10), "b", 1)], version=version)
        run_job(ran, upsert([]))
        run_log.keep(ran)
    before = rows(ran, run_log.RUN_LOG, "job", "run", "seconds")
    assert [row[:2] for row in before] == [("silver.test_kept", 1), *(("silver.test_sums", run) for run in (1, 2, 3))]
    assert upkeep.maintain_log(ran) == (2, 1)
    assert rows(ran, run_log.RUN_LOG, "job", "run", "seconds") == before
