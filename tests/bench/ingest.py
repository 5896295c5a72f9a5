"""Bronze and silver, every check on, over Spark's plain `read.schema(s).json(…)` written to one Delta table.

Then a hundredth more on that history: nine tenths of a new day, one tenth late by up to thirty days. It also is the
soak: accounting must hold, and each broken line be found.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from motherlode.contracts import bronze, silver
from motherlode.runner.context import Context
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import run_job
from motherlode.runner.session import open_session
from motherlode.settings import Settings, load_settings
from motherlode.sources.formats.segment import FORMAT
from tests.bench.lines import BROKEN_OF, DAYS, write_lines
from tests.bench.measure import ROOT, Measure

LINES = 10_000_000
WARM_UP = 50_000
JOBS = ("bronze.files", "bronze.records", "silver.events")
SOURCE = 'format = "segment"\npath = "web/*/*.txt"\ntarget = "events"\nchannel = "web"\n'


def run(folder: Path, lines: int) -> Iterator[Measure]:
    """Three figures: the first run, the run with nothing new, and that of a hundredth more."""
    conf = conf_in(folder)
    spark = open_session("bench", settings_of(conf, folder, "any"))
    logs = folder / "landing/web"
    _warm_up(spark, conf, folder)
    write_lines(spark, logs / "first", 0, lines, 16)
    # In one session, by turns: whoever comes first warms it for both.
    theirs = _plain(spark, logs / "first", folder / "plain")
    context = Context(spark, settings_of(conf, folder, "ours"))
    ours = take_in(context)
    _check(context, lines)
    yield Measure("ingest: bronze + silver over read.json → Delta", "s", ours, theirs, 4.0)
    idle = take_in(context)
    yield Measure("ingest: a run with nothing new", "s", idle, None, None)
    more = lines // 100
    late = F.when(F.pmod(F.col("id"), F.lit(10)) == 0, DAYS - 1 - F.pmod(F.xxhash64("id"), F.lit(30)))
    write_lines(spark, logs / "more", lines, more, 2, F.coalesce(late, F.lit(DAYS)))
    added = take_in(context)
    _check(context, lines + more)
    yield Measure("ingest: 1% more over the first run", "s", added, ours, 0.03)
    spark.stop()


def conf_in(folder: Path) -> Path:
    """A conf/ whose one source is of `lines.write_lines`."""
    conf = folder / "conf"
    shutil.copytree(ROOT / "conf", conf, ignore=shutil.ignore_patterns("sources"))
    (conf / "sources").mkdir(parents=True)
    (conf / "sources/web.toml").write_text(SOURCE)
    return conf


def settings_of(conf: Path, folder: Path, name: str, more: tuple[str, ...] = ()) -> Settings:
    """The demo's profile for a warehouse of a name."""
    kinds = {job.params for job in all_jobs().values() if job.params}
    paths = (
        f"paths.landing={folder / 'landing'}",
        f"paths.warehouse={folder / name}",
        f"paths.jars={ROOT / 'build/jars'}",
    )
    return load_settings(conf, "demo", (*paths, *more), sorted(kinds, key=str))


def _warm_up(spark: SparkSession, conf: Path, folder: Path) -> None:
    """Both ways on a little."""
    write_lines(spark, folder / "landing/web/warm", 0, WARM_UP, 2)
    _plain(spark, folder / "landing/web/warm", folder / "warm_plain")
    take_in(Context(spark, settings_of(conf, folder, "warm")))
    shutil.rmtree(folder / "landing")


def _plain(spark: SparkSession, logs: Path, out: Path) -> float:
    started = time.monotonic()
    spark.read.schema(FORMAT.schema).json(str(logs)).write.format("delta").save(str(out))
    return time.monotonic() - started


def take_in(context: Context) -> float:
    """Seconds for bronze and silver of what is new."""
    started = time.monotonic()
    for name in JOBS:
        result = run_job(context, all_jobs()[name])
        print(f"  {name} {result.status} {result.seconds:.1f} s {dict(result.rows)}", flush=True)
    return time.monotonic() - started


def _check(context: Context, lines: int) -> None:
    """Nothing is lost; of the broken lines, blank ones are none, and those that are whole by chance stay events."""
    tables = (silver.EVENTS, silver.DUPLICATES["events"], silver.QUARANTINES["events"], bronze.QUARANTINE)
    counts = {table.name: context.warehouse.newest(table).count() for table in tables}
    records = context.warehouse.newest(bronze.RECORDS).count()
    assert records == sum(counts[table.name] for table in tables[:3]), (records, counts)
    assert records + counts["quarantine"] == lines, (records, counts)
    found = (counts["events_quarantine"] + counts["quarantine"]) / (lines / BROKEN_OF)
    assert 0.8 <= found <= 1.0, counts
    print(f"  {lines:,} lines = {counts}", flush=True)
