"""Files as they come: with an old date, written anew under their name, cut off and completed later."""

import gzip
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from motherlode.contracts import bronze, serving, silver
from motherlode.runner.context import Context
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import run_job
from motherlode.settings import load_settings
from tests.lib.runner.small import ROOT, rows
from tests.lib.sources.test_formats import TRACK

JOBS = ("bronze.files", "bronze.records", "silver.events", "serving.ingest_accounting")
SOURCE = 'format = "segment"\npath = "web/*.jsonl"\ntarget = "events"\nchannel = "web"\n'
MONTH_OLD = time.time() - 30 * 86_400


def shop(spark: SparkSession, folder: Path, sources: dict[str, str]) -> Context:
    """A warehouse that takes in these sources, from `landing`."""
    conf = folder / "conf"
    shutil.copytree(ROOT / "conf", conf, ignore=shutil.ignore_patterns("sources"))
    (conf / "sources").mkdir()
    for name, text in sources.items():
        (conf / "sources" / f"{name}.toml").write_text(text)
    return reopened(spark, folder)


def reopened(spark: SparkSession, folder: Path) -> Context:
    """The same with what its conf/ says now."""
    paths = {"landing": folder / "landing", "warehouse": folder / "warehouse", "jars": ROOT / "build/jars"}
    kinds = {job.params for job in all_jobs().values() if job.params}
    overrides = [f"paths.{name}={path}" for name, path in paths.items()]
    return Context(spark, load_settings(folder / "conf", "demo", overrides, sorted(kinds, key=str)))


def run(context: Context, jobs: tuple[str, ...] = JOBS) -> None:
    for name in jobs:
        run_job(context, all_jobs()[name])


def accounts(context: Context) -> list[tuple[Any, ...]]:
    """Batch, records in, events, duplicates, quarantined."""
    return rows(context, serving.INGEST_ACCOUNTING, "batch", "records_in", "events", "duplicates", "quarantined")


def lines(*ids: str) -> bytes:
    return b"".join(json.dumps({**TRACK, "messageId": name}).encode() + b"\n" for name in ids)


def test_old_rewritten_and_completed_files_lose_nothing_and_count_nothing_twice(
    spark: SparkSession, tmp_path: Path
) -> None:
    web = tmp_path / "landing/web"
    web.mkdir(parents=True)
    context = shop(spark, tmp_path, {"web": SOURCE})
    packed = gzip.compress(lines("f", "g", "h"), 0)
    (web / "a.jsonl").write_bytes(lines("a", "b"))
    (web / "cut.jsonl").write_bytes(lines("c", "d")[:-40])
    (web / "cut.jsonl.gz").write_bytes(packed[:-40])
    run(context)
    # a, b, c and half a line; f, g and half a line.
    assert accounts(context) == [(1, 7, 5, 0, 2)]
    # Written anew, with an older date and the same size; the others are completed.
    (web / "a.jsonl").write_bytes(lines("a", "B"))
    (web / "old.jsonl").write_bytes(lines("a", "o"))
    for name in ("a", "old"):
        os.utime(web / f"{name}.jsonl", (MONTH_OLD, MONTH_OLD))
    (web / "cut.jsonl").write_bytes(lines("c", "d", "e"))
    (web / "cut.jsonl.gz").write_bytes(packed)
    run(context)
    # B, o, d, e and h are new.
    assert accounts(context) == [(1, 7, 5, 0, 2), (2, 10, 5, 5, 0)]
    assert len(rows(context, silver.EVENTS, "row_id")) == 10
    assert [rule for (rule,) in rows(context, bronze.QUARANTINE, "rule")] == ["gzip"]
    run(context)
    assert len(accounts(context)) == 2
