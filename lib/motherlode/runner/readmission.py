"""What `replay` does to one job: records of its quarantine that can be read today become what they would have been."""

import datetime
import time
from dataclasses import dataclass, replace
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.columns.cipher import decrypted
from motherlode.contracts.bronze import ADDRESS_COLUMNS, RECORDS
from motherlode.contracts.jobs import Job
from motherlode.contracts.silver import DUPLICATES, QUARANTINES, TARGETS
from motherlode.contracts.tables import Table
from motherlode.errors import UsageError
from motherlode.runner import append
from motherlode.runner.commits import REPLAY_NAME
from motherlode.runner.context import Context
from motherlode.runner.lease import Lease
from motherlode.runner.planner import Planner
from motherlode.runner.state import Done, Replay
from motherlode.runner.warehouse import Transaction


@dataclass(frozen=True)
class Readmitted:
    """What became of records that were tried again: of so many, rows of the target and repeats; the rest stays."""

    job: Job
    records: int
    taken: int
    repeated: int


def waiting(context: Context, job: Job, replay: Replay) -> DataFrame:
    """The rows of the job's quarantine that are to be tried: of a source, of a rule, and with what reading them needs,
    which those lack that an older version has set aside."""
    table = quarantine_of(job)
    rows = context.warehouse.read(table, replay.outputs[table.name]).where(F.col("received_at").isNotNull())
    if replay.source:
        rows = rows.where(F.col("source") == replay.source)
    return rows.where(F.col("rule") == replay.rule) if replay.rule else rows


def records_in(rows: DataFrame) -> DataFrame:
    """Rows of a quarantine as the records that they were in bronze, in plain: in memory alone."""
    plain = {"raw": decrypted(F.col("record")), "header": decrypted(F.col("header"))}
    return rows.withColumn("received_on", F.to_date("received_at")).withColumns(plain).select(*RECORDS.columns)


def readmit(context: Context, job: Job, lease: Lease) -> Readmitted:
    """Do the replay that is planned, or go on with one that died: each table in one commit, the quarantine last.

    Whatever a try has written before it died, Delta knows by the name of the replay; and it rests on the versions
    that were planned.
    """
    planner, state, warehouse = Planner(context, job), context.state, context.warehouse
    clock, started_at = time.monotonic(), datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    replay, last = state.replay(job.name), state.done(job.name)
    if replay is None or last is None:
        raise UsageError(f"{job.name}: no replay was begun")
    context.reach(job, "planned")
    quarantine = quarantine_of(job)
    tried = waiting(context, job, replay).persist()
    inputs = {name: warehouse.version(table) for name, table in planner.inputs.items()}
    outputs = job.transform(
        **append.arguments(
            planner, records_in(tried), inputs, lambda table: warehouse.read(table, replay.outputs[table.name])
        )
    )
    made = {table.name: append.frame_of(job, outputs, table) for table in job.tables}
    name = f"{REPLAY_NAME}:{replay.id}"
    for table in job.tables:
        if table != quarantine and not made[table.name].isEmpty():
            lease.check()
            warehouse.append(table, made[table.name], Transaction(planner.application(table, name), 1))
            context.reach(job, "written")
    target = target_of(job)
    taken, repeated = (_addresses(made[table.name]).persist() for table in (target, DUPLICATES[target.name]))
    # Of a source that conf/ no longer has nothing is said: that stays as it is.
    still = warehouse.conform(quarantine, made[quarantine.name])
    known = reduce(DataFrame.unionByName, [taken, repeated, _addresses(still)])
    rest = still.unionByName(tried.join(known, on=list(ADDRESS_COLUMNS), how="left_anti").select(*quarantine.columns))
    difference = warehouse.difference(quarantine, tried, rest).persist()
    if not difference.isEmpty():
        lease.check()
        warehouse.merge(quarantine, difference, Transaction(planner.application(quarantine, name), 1))
        context.reach(job, "written")
    found = Readmitted(job, tried.count(), taken.count(), repeated.count())
    planner.refuse_company(replay.outputs, name)
    context.reach(job, "outputs")
    counts = {table.name: warehouse.newest(table).count() for table in job.tables}
    seconds, spilled = round(time.monotonic() - clock, 3), context.spills.taken()
    plan = replace(last.plan, sequence=last.plan.sequence + 1)
    lease.check()
    state.finish(Done(plan, planner.versions(), counts, seconds, started_at, spilled, planner.origins()))
    context.reach(job, "recorded")
    first = taken.agg(F.min("batch")).head()
    if first is not None and first[0] is not None:
        state.look_again([table.full_name for table in job.tables], first[0])
    state.end_replay(job.name)
    return found


def target_of(job: Job) -> Table:
    """The table that a job's records become."""
    return next(table for table in job.tables if table in TARGETS)


def quarantine_of(job: Job) -> Table:
    """Where it sets aside what breaks a rule."""
    return QUARANTINES[target_of(job).name]


def _addresses(rows: DataFrame) -> DataFrame:
    return rows.select(*ADDRESS_COLUMNS).distinct()
