"""Deriving a table again from the layer to its left, after what made it was mended."""

import datetime
import uuid
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.bronze import RECORDS
from motherlode.contracts.jobs import Append, Job, Previous, Snapshot
from motherlode.contracts.tables import Layer, Table
from motherlode.errors import MotherlodeError, UsageError
from motherlode.runner.context import Context
from motherlode.runner.lease import held
from motherlode.runner.planner import Planner
from motherlode.runner.run import Result, run_job
from motherlode.runner.state import Done
from motherlode.runner.upkeep import owner_of
from motherlode.runner.warehouse import Transaction


def rebuild(context: Context, table: Table, since: datetime.date | None) -> list[Result]:
    """Derive again what the table's job wrote, with all tables of that job; what rests on it follows by itself.

    Args:
        since: of an appended table, only what was received from that day on; of one with a row for each as_of,
            the days from then on.

    Raises:
        UsageError: it cannot be had again, or not from that day.
    """
    job = owner_of(table)
    last = context.state.done(job.name)
    if last is None:
        raise UsageError(f"{table.full_name}: was not written yet: run {job.name}")
    if job.layer is Layer.BRONZE:
        raise UsageError(f"{table.full_name}: holds what arrived, word for word; there is nothing to its left")
    if isinstance(job.mode, Append):
        return [_again(context, job, last, since)]
    # Other options than those of the last run make the runner recompute all.
    context.state.finish(replace(last, plan=replace(last.plan, options="")))
    if not (isinstance(job.mode, Snapshot) and job.mode.history and since):
        return [run_job(context, job)]
    days = context.warehouse.newest(table).select("as_of").where(F.col("as_of") >= F.lit(since)).distinct().collect()
    results = []
    for day in sorted(row["as_of"] for row in days):
        results.append(run_job(replace(context, as_of=day), job))
    return results


def _again(context: Context, job: Job, last: Done, since: datetime.date | None) -> Result:
    """An append: its rows from some batch on replaced, each table in one commit."""
    planner = Planner(context, job)
    started = datetime.datetime.now(datetime.UTC)
    state = context.state
    with held(context.warehouse.storage, state.lease(job.name), context.pids, context.wait) as lease:
        stream = str(getattr(job.mode, "stream", None))
        records = context.warehouse.read(RECORDS, last.plan.inputs[stream])
        begun = state.rebuild(job.name)
        if begun is None:
            first = _first_batch(context, job, records, since)
            begun = {"first": first, "id": uuid.uuid4().hex, "outputs": planner.versions()}
            state.begin_rebuild(job.name, begun)
            context.reach(job, "planned")
        first, before = int(begun["first"]), begun["outputs"]
        outputs = job.transform(**_arguments(context, planner, stream, records, first, before))
        for table in job.tables:
            rows = outputs.get(table.name)
            if not isinstance(rows, DataFrame):
                raise MotherlodeError(f"job {job.name}: its transform returned no DataFrame for {table.name}")
            lease.check()
            if before[table.name] is not None or not rows.isEmpty():
                transaction = Transaction(f"{job.name}:{table.name}:rebuild:{begun['id']}", 1)
                context.warehouse.overwrite(table, rows, transaction, f"batch >= {first}")
                context.reach(job, "written")
        versions = planner.versions()
        counts = {table.name: context.warehouse.newest(table).count() for table in job.tables}
        state.finish(replace(last, outputs=versions, rows=counts))
        state.end_rebuild(job.name)
    seconds = (datetime.datetime.now(datetime.UTC) - started).total_seconds()
    return Result(job, "done", f"from batch {first} on", seconds, counts)


def _first_batch(context: Context, job: Job, records: DataFrame, since: datetime.date | None) -> int:
    """The first batch with records received from that day on.

    Raises:
        UsageError: bronze no longer has all of them; the message names the earliest day that it has.
    """
    kept = records.agg(F.min("batch"), F.min("received_on")).head()
    earliest, day = (kept[0], kept[1]) if kept else (None, None)
    if since is None:
        first = 0
    else:
        found = records.where(F.col("received_on") >= F.lit(since)).agg(F.min("batch")).head()
        if found is None or found[0] is None:
            raise UsageError(f"{job.name}: nothing was received since {since}")
        first = int(found[0])
    for table in job.tables:
        oldest = context.warehouse.newest(table).where(F.col("batch") >= first).agg(F.min("batch")).head()
        if oldest and oldest[0] is not None and (earliest is None or oldest[0] < earliest):
            raise UsageError(
                f"{table.full_name}: the records that it was made from are past bronze's retention; it can be rebuilt"
                f" from {day} on: --from {day}"
            )
    return first


def _arguments(
    context: Context, planner: Planner, stream: str, records: DataFrame, first: int, before: dict[str, int | None]
) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    job, warehouse = planner.job, context.warehouse
    for name, read in job.reads.items():
        match read:
            case Table() if name == stream:
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
