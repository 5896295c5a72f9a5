"""What `rebuild` does to an appended table: its rows from some batch on, made again from the records of bronze."""

import datetime
import time
import uuid
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.bronze import FILES, RECORDS
from motherlode.contracts.jobs import Append, Job
from motherlode.contracts.tables import Table
from motherlode.errors import UsageError
from motherlode.runner import append, remedies
from motherlode.runner.commits import REBUILD_NAME
from motherlode.runner.context import Context
from motherlode.runner.lease import Lease
from motherlode.runner.planner import Planner
from motherlode.runner.state import Done
from motherlode.runner.warehouse import Transaction


def derive(context: Context, job: Job, lease: Lease, first: int | None = None) -> Done:
    """Replace what an append wrote from a batch on, each table in one commit, and record that as a run.

    Once begun it is done before anything else of the job. A try rests on nothing that one that died has left: what
    it wrote is replaced.

    Args:
        first: the batch; one that died may have begun at an earlier one, which holds then. None goes on with that.

    Raises:
        UsageError: it would leave what another hand did, or bronze no longer has all of the records.
    """
    planner, state = Planner(context, job), context.state
    clock, started_at = time.monotonic(), datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    last = state.done(job.name)
    if last is None:
        raise UsageError(f"{job.name}: has not run yet")
    first = min(number for number in (first, state.rebuild(job.name)) if number is not None)
    _refuse_expired(context, job, first)
    foreign = planner.by_another_hand(last)
    if first and foreign:
        table, commit = foreign[0]
        raise UsageError(
            f"{table.full_name}: another hand changed it ({commit.in_words}), maybe rows from before that day too:"
            f" {remedies.changed(context, job, table, commit)}"
        )
    lease.check()
    state.begin_rebuild(job.name, first)
    # A batch that died would be repeated, and appended to what is derived again.
    if foreign and not state.is_committed(job.name):
        append.leave_batch(planner, last)  # what it reads may be gone; all is derived
    taken = append.follow(planner, lease, last)
    plan = taken[0] if taken else replace(last.plan, sequence=last.plan.sequence + 1)
    before, records = planner.versions(), _records(context, job)
    _refuse_expired(context, job, first)  # upkeep says so before it deletes
    context.reach(job, "planned")

    def previous(table: Table) -> DataFrame:
        return context.warehouse.read(table, before[table.name]).where(F.col("batch") < first)

    rows = records.where(F.col("batch") >= first)
    if isinstance(job.mode, Append) and job.mode.only is not None:
        rows = rows.where(job.mode.only(planner.params))
    inputs = {name: context.warehouse.version(table) for name, table in planner.inputs.items()}
    outputs = job.transform(**append.arguments(planner, rows, inputs, previous))
    name = f"{REBUILD_NAME}:{uuid.uuid4().hex}"
    for table in job.tables:
        made = append.frame_of(job, outputs, table)
        lease.check()
        if before[table.name] is not None or not made.isEmpty():
            transaction = Transaction(planner.application(table, name), 1)
            context.warehouse.overwrite(table, made, transaction, f"batch >= {first}")
            context.reach(job, "written")
    planner.refuse_company(before, name)
    context.reach(job, "outputs")
    counts = {table.name: context.warehouse.newest(table).count() for table in job.tables}
    seconds, spilled = round(time.monotonic() - clock, 3), context.spills.taken()
    done = Done(plan, planner.versions(), counts, seconds, started_at, spilled, planner.origins())
    lease.check()
    state.finish(done)
    context.reach(job, "recorded")
    # What upkeep had found since is derived no more.
    state.look_again([table.full_name for table in job.tables], first)
    state.end_rebuild(job.name)
    return done


def first_batch(context: Context, job: Job, since: datetime.date | None) -> int:
    """The first batch with files received from that day on.

    Raises:
        UsageError: there is none.
    """
    if since is None:
        return 0
    found = _files(context).where(F.col("received_on") >= F.lit(since)).agg(F.min("batch")).head()
    if found is None or found[0] is None:
        raise UsageError(f"{job.name}: nothing was received since {since}")
    return int(found[0])


def _refuse_expired(context: Context, job: Job, first: int) -> None:
    """Whether bronze has all records from a batch on.

    Raises:
        UsageError: it has not; the message names the earliest day from which it has.
    """
    expired = context.state.expired(RECORDS.full_name)
    if expired is None:
        return
    files = _files(context)
    gone = files.where(expired).agg(F.max("batch")).head()
    if gone is not None and gone[0] is not None and gone[0] >= first:
        whole = files.where(F.col("batch") > F.lit(gone[0])).agg(F.min("received_on")).head()
        reach = f"it can be rebuilt from {whole[0]} on: --from {whole[0]}" if whole and whole[0] else ""
        raise UsageError(
            f"{job.tables[0].full_name}: records that it was made from are past bronze's retention"
            f"{'; ' + reach if reach else ': nothing was changed'}"
        )


def _files(context: Context) -> DataFrame:
    return context.warehouse.newest(FILES).select("batch", F.to_date("modified_at").alias("received_on"))


def _records(context: Context, job: Job) -> DataFrame:
    """All that the job has taken in: as it is now, where no more came since, for upkeep may have taken older files."""
    consumed = context.state.consumed(job.name)
    content = context.warehouse.content_version(RECORDS)
    if consumed is not None and content is not None and content <= consumed:
        return context.warehouse.newest(RECORDS)
    return context.warehouse.read(RECORDS, consumed)
