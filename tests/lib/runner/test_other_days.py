"""Two versions of one event that claim different days: a run does not see both, upkeep and a rebuild do."""

import json
from pathlib import Path

from pyspark.sql import SparkSession

from motherlode.columns.versions import standing
from motherlode.contracts import silver
from motherlode.runner.context import Context
from motherlode.runner.rebuild import rebuild
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import run_job
from motherlode.runner.upkeep import maintain
from tests.lib.runner.test_hard_files import JOBS, SOURCE, run, shop
from tests.lib.sources.test_formats import TRACK


def version(name: str, day: int) -> str:
    """An event that moves from day to day."""
    at = f"2018-02-{day:02d}T12:00:00Z"
    return json.dumps(
        {**TRACK, "event": name, "messageId": "m", "originalTimestamp": at, "receivedAt": at, "sentAt": at}
    )


def counted(context: Context) -> list[str]:
    """The names of the events that count."""
    events, gone = context.warehouse.newest(silver.EVENTS), context.warehouse.newest(silver.SUPERSEDED_EVENTS)
    return sorted(row["name"] for row in standing(events, gone).collect())


def test_upkeep_marks_what_a_run_does_not_meet(spark: SparkSession, tmp_path: Path) -> None:
    web = tmp_path / "landing/web"
    web.mkdir(parents=True)
    context = shop(spark, tmp_path, {"web": SOURCE})
    for number, (name, day) in enumerate((("One", 1), ("Two", 4))):
        (web / f"{number}.jsonl").write_text(version(name, day) + "\n")
        run(context, JOBS[:3])
    assert counted(context) == ["One", "Two"]
    maintain(context, silver.SUPERSEDED_EVENTS)
    assert counted(context) == ["Two"]
    (row,) = context.warehouse.newest(silver.SUPERSEDED_EVENTS).collect()
    assert (str(row["occurred_on"]), row["batch"]) == ("2018-02-01", 2)
    # Nothing new, nothing done; a version that was known before those there are is outdone at once.
    before = context.warehouse.content_version(silver.SUPERSEDED_EVENTS)
    maintain(context, silver.SUPERSEDED_EVENTS)
    assert context.warehouse.content_version(silver.SUPERSEDED_EVENTS) == before
    assert run_job(context, all_jobs()["silver.events"]).status == "skipped"
    (web / "2.jsonl").write_text(version("Half", 2) + "\n")
    run(context, JOBS[:3])
    assert counted(context) == ["Half", "Two"]
    maintain(context, silver.SUPERSEDED_EVENTS)
    assert counted(context) == ["Two"]
    # What is derived again is looked over again.
    (result,) = rebuild(context, silver.EVENTS, None)
    assert (result.status, counted(context)) == ("done", ["Two"])
    maintain(context, silver.SUPERSEDED_EVENTS)
    assert counted(context) == ["Two"]
