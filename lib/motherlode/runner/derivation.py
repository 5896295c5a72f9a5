"""An appended table made again from the records of bronze: its rows from some batch on replaced."""

import datetime
import time
import uuid
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.bronze import FILES, RECORDS
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Table
from motherlode.errors import MotherlodeError, UsageError
from motherlode.runner import append
from motherlode.runner.commits import REBUILD_NAME
from motherlode.runner.context import Context
from motherlode.runner.lease import Lease
from motherlode.runner.planner import Planner
from motherlode.runner.state import Done, code_digest
from motherlode.runner.warehouse import Transaction


def derive(context: Context, job: Job, lease: Lease, first: int | None = None) -> Done:
    """Replace what an append wrote from a batch on, each table in one commit, and record that as a run.

    Args:
        first: the batch; None goes on with a derivation that died.

    Raises:
        UsageError: it would leave what another hand did.
    """
    planner = Planner(context, job)
    clock, started_at = time.monotonic(), datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    state = context.state
    last = state.done(job.name)
    if last is None:
        raise UsageError(f"{job.name}: has not run yet")
    begun = _begun(context, planner, last, first)
    lease.check()
    state.begin_rebuild(job.name, begun)
    # A batch that died would be repeated, and appended to what is derived again.
    if planner.by_another_hand(last):
        state.commit(job.name)  # what it reads may be gone; all is derived
    taken = append.follow(context, job, lease, planner.params, last)
    plan = taken[0] if taken else replace(last.plan, sequence=last.plan.sequence + 1)
    first, before = int(begun["first"]), begun["outputs"] or planner.versions()
    lease.check()
    state.begin_rebuild(job.name, {**begun, "outputs": before})
    context.reach(job, "planned")
    written = job.transform(**_arguments(context, planner, _records(context, job), first, before))
    for table in job.tables:
        rows = written.get(table.name)
        if not isinstance(rows, DataFrame):
            raise MotherlodeError(f"job {job.name}: its transform returned no DataFrame for {table.name}")
        lease.check()
        if before[table.name] is not None or not rows.isEmpty():
            transaction = Transaction(planner.application(table, f"{REBUILD_NAME}:{begun['id']}"), 1)
            context.warehouse.overwrite(table, rows, transaction, f"batch >= {first}")
            context.reach(job, "written")
    counts = {table.name: context.warehouse.newest(table).count() for table in job.tables}
    seconds, spilled = round(time.monotonic() - clock, 3), context.spills.taken()
    done = Done(plan, planner.versions(), counts, seconds, started_at, spilled, planner.origins())
    lease.check()
    state.finish(done)
    state.end_rebuild(job.name)
    return done


def _begun(context: Context, planner: Planner, last: Done, first: int | None) -> dict[str, Any]:
    """What this rebuild sets out to do: all of what one that died had set out to, and what is asked now.

    Returns:
        id: names its transactions; first: its first batch; outputs: the tables' versions before it wrote, None where
        it has not come to that; code: by which it derives.

    Raises:
        UsageError: it would leave what another hand did.
    """
    begun = context.state.rebuild(planner.job.name)
    firsts = [number for number in (first, int(begun["first"]) if begun else None) if number is not None]
    first = min(firsts, default=0)
    if first and (foreign := planner.by_another_hand(last)):
        raise UsageError(
            f"{foreign[0][0].full_name}: another hand changed it, maybe rows from before that day too: `restore` it"
            " first"
        )
    made = {"first": first, "id": uuid.uuid4().hex, "outputs": None, "code": code_digest()}
    if begun is None:
        return made
    # Asked for more, or mended again, since it died: what it wrote is replaced too.
    is_same = begun["code"] == made["code"] and first == int(begun["first"])
    return begun if is_same else {**made, "first": first, "outputs": begun["outputs"]}


def _records(context: Context, job: Job) -> DataFrame:
    """All that the job has taken in: as it is now, where no more came since, for upkeep may have taken older files."""
    consumed = context.state.consumed(job.name)
    content = context.warehouse.content_version(RECORDS)
    if consumed is not None and content is not None and content <= consumed:
        return context.warehouse.newest(RECORDS)
    return context.warehouse.read(RECORDS, consumed)


def first_batch(context: Context, job: Job, since: datetime.date | None) -> int:
    """The first batch with files received from that day on.

    Raises:
        UsageError: bronze no longer has all of them; the message names the earliest day that it has.
    """
    received = F.to_date("modified_at")
    files = context.warehouse.newest(FILES).select("batch", received.alias("received_on"))
    wanted = files if since is None else files.where(F.col("received_on") >= F.lit(since))
    found = wanted.agg(F.min("batch")).head()
    if found is None or found[0] is None:
        raise UsageError(f"{job.name}: nothing was received since {since}")
    first = 0 if since is None else int(found[0])
    expired = context.state.expired(RECORDS.full_name)
    if expired is not None:
        gone = files.where(expired).agg(F.max("batch"), F.max("received_on")).head()
        if gone is not None and gone[0] is not None and gone[0] >= first:
            whole = files.where(F.col("batch") > F.lit(gone[0])).agg(F.min("received_on")).head()
            reach = f"it can be rebuilt from {whole[0]} on: --from {whole[0]}" if whole and whole[0] else ""
            raise UsageError(
                f"{job.tables[0].full_name}: records that it was made from are past bronze's retention"
                f"{'; ' + reach if reach else ': it stays as it is'}"
            )
    return first


def _arguments(
    context: Context, planner: Planner, records: DataFrame, first: int, before: dict[str, int | None]
) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    job, warehouse = planner.job, context.warehouse
    for name, read in job.reads.items():
        match read:
            case Table() if name == planner.stream:
                rows = records.where(F.col("batch") >= first)
                only = job.mode.only if isinstance(job.mode, Append) else None
                arguments[name] = rows if only is None else rows.where(only(planner.params))
            case Table():
                arguments[name] = warehouse.newest(read)
            case Previous(table=table):
                arguments[name] = warehouse.read(table, before[table.name]).where(F.col("batch") < first)
            case _:
                raise MotherlodeError(f"job {job.name}: an append cannot read {name}")
    if "params" in job.wants:
        arguments["params"] = planner.params
    return arguments
