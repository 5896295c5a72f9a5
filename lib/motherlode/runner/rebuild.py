"""Deriving a table again from the layer to its left, after what made it was mended."""

import datetime
import uuid
from dataclasses import replace

from delta.tables import DeltaTable
from pyspark.sql import functions as F

from motherlode.contracts.jobs import Append, Job, Snapshot
from motherlode.contracts.tables import Layer, Table
from motherlode.errors import UsageError
from motherlode.runner import remedies
from motherlode.runner.commits import REBUILD_NAME
from motherlode.runner.context import Context
from motherlode.runner.derivation import derive, first_batch
from motherlode.runner.lease import held
from motherlode.runner.planner import Planner
from motherlode.runner.readmission import readmit
from motherlode.runner.run import Result, run_job
from motherlode.runner.upkeep import owner_of
from motherlode.runner.warehouse import Transaction


def rebuild(context: Context, table: Table, since: datetime.date | None) -> list[Result]:
    """Derive again what the table's job wrote, with all tables of that job; what rests on it follows by itself.

    Args:
        since: of an appended table, only what was received from that day on; of one with a row for each as_of,
            the days from then on. Of an appended table, what a rebuild that died had set out to do is done too.

    Raises:
        UsageError: it cannot be had again, or not from that day.
    """
    job = owner_of(table)
    if context.state.done(job.name) is None:
        raise UsageError(f"{table.full_name}: was not written yet: run {job.name}")
    if job.layer is Layer.BRONZE:
        raise UsageError(f"{table.full_name}: holds what arrived, word for word; there is nothing to its left")
    if isinstance(job.mode, Append):
        return [_derived(context, job, since) if job.followed else _listed(context, job, since)]
    is_dated = isinstance(job.mode, Snapshot) and job.mode.history
    if since and not is_dated:
        raise UsageError(f"{table.full_name}: is computed as a whole: leave out --from")
    if not is_dated or since is None:
        return [_computed(context, job)]
    days = context.warehouse.newest(table).select("as_of").where(F.col("as_of") >= F.lit(since)).distinct().collect()
    return [_computed(replace(context, as_of=day), job) for day in sorted(row["as_of"] for row in days)]


def _computed(context: Context, job: Job) -> Result:
    """Other options than those of the last run make the runner recompute all."""
    if context.state.plan(job.name) is not None:
        run_job(context, job)  # what had died would only be finished
    with held(context.warehouse.storage, context.state.lease(job.name), context.pids, context.wait) as lease:
        last = context.state.done(job.name)
        lease.check()
        if last is not None:
            context.state.finish(replace(last, plan=replace(last.plan, options="")))
    return run_job(context, job)


def _listed(context: Context, job: Job, since: datetime.date | None) -> Result:
    """What is missing from its tables is what a listing adds: whoever dies in between leaves that to the next run."""
    with held(context.warehouse.storage, context.state.lease(job.name), context.pids, context.wait) as lease:
        last, planner, first = context.state.done(job.name), Planner(context, job), first_batch(context, job, since)
        for table, commit in planner.by_another_hand(last) if first else ():
            raise UsageError(
                f"{table.full_name}: another hand changed it ({commit.in_words}), maybe rows from before that day too:"
                f" {remedies.changed(context, job, table, commit)}"
            )
        # What says that something was done is written last, and goes first.
        for table in reversed(job.tables):
            lease.check()
            name = planner.application(table, f"{REBUILD_NAME}:{uuid.uuid4().hex}")
            if context.warehouse.version(table) is not None:
                with context.warehouse.transaction(Transaction(name, 1)):
                    DeltaTable.forPath(context.spark, context.warehouse.path(table)).delete(f"batch >= {first}")
        rows = {table.name: context.warehouse.newest(table).count() for table in job.tables}
        lease.check()
        if last is not None:
            left = replace(last, outputs=planner.versions(), rows=rows, origins=planner.origins())
            context.state.finish(replace(left, plan=replace(last.plan, options="")))
    return replace(run_job(context, job), why=f"from batch {first} on")


def _derived(context: Context, job: Job, since: datetime.date | None) -> Result:
    with held(context.warehouse.storage, context.state.lease(job.name), context.pids, context.wait) as lease:
        first = first_batch(context, job, since)
        if context.state.replay(job.name) is not None:
            readmit(context, job, lease)
        done = derive(context, job, lease, first)
    return Result(job, "done", f"from batch {first} on", done.seconds, done.rows)
