"""From records that were taken in to the gate: what is below its limit ends the run, until it is mended or let pass."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.serving.data_quality import JOB as SERVED
from jobs.silver.data_quality import JOB as GATE
from jobs.silver.quality_counts import JOB as COUNTS
from motherlode.checks.quality import QualityParams
from motherlode.contracts import bronze, quality, serving, silver
from motherlode.contracts.tables import Table
from motherlode.errors import Exit, UsageError
from motherlode.runner.context import Context
from motherlode.runner.failure import explain_failure
from motherlode.runner.rebuild import rebuild
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import run_job
from motherlode.runner.show import quality_warnings
from motherlode.runner.warehouse import Transaction
from motherlode.settings import load_settings
from tests.conftest import forget_logs

ROOT = Path(__file__).resolve().parents[3]
AT = datetime(2017, 3, 6, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def context(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A warehouse whose source `web` delivered one file on a Monday: of its ten records six are broken."""
    folder = tmp_path_factory.mktemp("quality")
    overrides = (f"paths.warehouse={folder}", f"paths.jars={ROOT / 'build/jars'}", "quality.least_records=10")
    kinds = {job.params for job in all_jobs().values() if job.params}
    made = Context(spark, load_settings(ROOT / "conf", "demo", overrides, sorted(kinds, key=str)))
    deliver(made, 1, "2017-03-06.jsonl", taken=range(4), broken=range(4, 10))
    return made


def deliver(
    context: Context, batch: int, file: str, taken: range, repeated: range = range(0), broken: range = range(0)
) -> None:
    """What the jobs left of bronze and silver would write."""
    here = ("web", batch, file)
    received = [*taken, *repeated, *broken]
    put(context, bronze.FILES, batch, [{"source": "web", "file": file, "size": 1, "modified_at": AT, "batch": batch}])
    put(
        context,
        bronze.RECORDS,
        batch,
        [_at(here, n, received_at=AT, received_on=AT.date(), raw="{}") for n in received],
    )
    event = {"row_id": "r", "identifier": "i", "identifiers": [], "occurred_at": AT, "occurred_on": AT.date()}
    event |= {"known_at": AT, "type": "page_viewed", "channel": "web", "is_bot": False, "flags": []}
    put(context, silver.EVENTS, batch, [_at(here, n, **event) for n in taken])
    put(context, silver.DUPLICATES["events"], batch, [_at(here, n, row_id="r") for n in repeated])
    put(
        context,
        silver.QUARANTINES["events"],
        batch,
        [_at(here, n, rule="required", path="type", record="secret") for n in broken],
    )


def _at(here: tuple[str, int, str], offset: int, **values: object) -> dict[str, object]:
    return dict(zip(bronze.ADDRESS_COLUMNS, (*here, offset), strict=True)) | values


def put(context: Context, table: Table, batch: int, rows: list[dict[str, object]]) -> None:
    frame = context.spark.createDataFrame(
        [tuple(row.get(name) for name in table.columns) for row in rows], table.schema
    )
    context.warehouse.append(table, frame, Transaction(f"test:{table.name}", batch))


def counts(context: Context) -> set[tuple[object, ...]]:
    rows = context.warehouse.newest(quality.COUNTS).select("batch", "outcome", "rule", "records")
    return {tuple(row) for row in rows.where("outcome <> 'missing'").collect()}


def with_limits(context: Context, **limits: float) -> Context:
    params = {**context.settings.params, QualityParams: replace(context.settings.params_of(QualityParams), **limits)}
    return replace(context, settings=replace(context.settings, params=params))


def test_a_broken_stop_holds_until_it_is_let_pass_or_mended(context: Context) -> None:
    assert run_job(context, COUNTS).status == "done"
    assert counts(context) == {(1, "taken", "any", 4), (1, "quarantined", "required", 6)}
    for _ in range(2):
        with pytest.raises(Exception, match="break a rule") as error:
            run_job(context, GATE)
        line, code = explain_failure(error.value)
        assert line.startswith("web on 2017-03-06: 60.0% of 10 records break a rule, most of them required (type);")
        assert code == Exit.QUALITY
    assert context.warehouse.newest(quality.DATA_QUALITY).isEmpty()

    # Let pass for once, with a warning.
    assert run_job(with_limits(context, stop_below=0.3), GATE).status == "done"
    assert quality_warnings(context) == [
        "web on 2017-03-06: 60.0% of 10 records break a rule, most of them required (type) (warn_below = 0.9,"
        " [quality] in conf/)"
    ]

    # Mended: the same file again, whole. What was known repeats itself.
    deliver(context, 2, "2017-03-06.jsonl", taken=range(4, 10), repeated=range(4))
    assert run_job(context, COUNTS).rows == {"quality_counts": len(counts(context)) + 2 * 9}
    assert run_job(context, GATE).status == "done"
    assert (run_job(context, COUNTS).status, run_job(context, GATE).status) == ("skipped", "skipped")
    assert quality_warnings(context) == []
    assert run_job(context, SERVED).status == "done"
    served = context.warehouse.newest(serving.DATA_QUALITY).where("rule = 'any'").collect()
    assert [(row["day"], row["records"], row["events"], row["duplicates"], row["score"]) for row in served] == [
        (date(2017, 3, 6), 10, 6, 4, 1.0)
    ]


def test_counts_are_made_anew_from_a_day_on_or_where_they_are_gone(context: Context) -> None:
    before = sorted(context.warehouse.newest(quality.COUNTS).collect())
    for since in (AT.date(), None):
        if since is None:
            shutil.rmtree(context.warehouse.path(quality.COUNTS))
            forget_logs(context.spark)
            context = Context(context.spark, context.settings)  # as another process
            with pytest.raises(UsageError, match=r"`rebuild silver\.quality_counts`"):
                run_job(context, COUNTS)
        (result,) = rebuild(context, quality.COUNTS, since)
        assert (result.status, result.why) == ("done", f"from batch {1 if since else 0} on")
        assert sorted(context.warehouse.newest(quality.COUNTS).collect()) == before
        assert run_job(context, COUNTS).status == "skipped"
