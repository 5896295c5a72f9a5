"""Looking after tables: their history, putting one back, compaction, retention and the deletion of old files."""

import datetime
import uuid
from dataclasses import replace

from delta.tables import DeltaTable
from pyspark.sql import functions as F
from rich.table import Table as Grid

from motherlode.contracts.bronze import FILES
from motherlode.contracts.jobs import Append, Job
from motherlode.contracts.silver import EVENTS, SUPERSEDED_EVENTS
from motherlode.contracts.tables import Table
from motherlode.errors import MotherlodeError, UsageError
from motherlode.runner import remedies
from motherlode.runner.commits import DAYS_NAME, REBUILD_NAME, REPLAY_NAME, UPKEEP_NAME
from motherlode.runner.context import Context
from motherlode.runner.lease import Lease, held
from motherlode.runner.planner import Planner
from motherlode.runner.registry import all_jobs
from motherlode.runner.run_log import RUN_LOG
from motherlode.runner.warehouse import TRANSACTIONS_KEPT, Transaction
from motherlode.sources.intake import superseded_on_other_days

DATED_BY = ("received_on", "occurred_on", "day", "as_of")
"""The columns by which rows grow old, the first that a table has."""


def owner_of(table: Table) -> Job:
    return next(job for job in all_jobs().values() if table in job.writes)


def _followers(table: Table) -> list[Job]:
    """The jobs that take in what is new in it."""
    return [job for job in all_jobs().values() if job.followed == table]


def history(context: Context, table: Table) -> Grid:
    """A row for each commit that Delta still knows, the newest first."""
    newest = context.warehouse.version(table)
    if newest is None:
        raise UsageError(f"{table.full_name}: was not written yet")
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("version", "when (UTC)", "what", "by", "rows"):
        grid.add_column(name, justify="right" if name in ("version", "rows") else "left")
    for version in range(newest, -1, -1):
        commit = context.warehouse.commit(table, version)
        if not commit.operation:
            break
        when = datetime.datetime.fromtimestamp(commit.milliseconds / 1000, datetime.UTC)
        by = ", ".join(_who(name, number) for name, number in commit.applications.items()) or commit.said
        grid.add_row(str(version), f"{when:%Y-%m-%d %H:%M:%S}", commit.operation.lower(), by, commit.rows_in_words)
    return grid


def _who(application: str, number: int) -> str:
    """In words: JOB:TABLE:PLAN by its run, JOB:TABLE:CHECKPOINT by its batch, JOB:TABLE:upkeep:…, :rebuild:… and
    :replay:… so."""
    job, _, rest = application.partition(":")
    what = rest.split(":")[1:]
    if what and what[0] in (UPKEEP_NAME, REBUILD_NAME, REPLAY_NAME, DAYS_NAME):
        return f"{job}, {what[0]}"
    followed = all_jobs()[job].followed if job in all_jobs() else None
    return f"{job} {'batch' if followed else 'run'} {number}"


def restore(context: Context, table: Table, to: int | None) -> int:
    """Put a table back to a version, by default to the newest one before another hand's; the new version.

    Its job takes that for its own: it is skipped until something that it reads changes, and computes all then.

    Raises:
        UsageError: there is no such version, or the job or those who follow it could not go on from it.
    """
    job = owner_of(table)
    planner = Planner(context, job)
    with held(context.warehouse.storage, context.state.lease(job.name), context.pids, context.wait) as lease:
        last = context.state.done(job.name)
        newest = context.warehouse.version(table)
        if last is None or newest is None or last.outputs.get(table.name) is None:
            raise UsageError(f"{table.full_name}: its job has left no version to go back to")
        for follower in _followers(table):
            raise UsageError(
                f"{table.full_name}: {follower.name} follows it and would take in again what is put back: give another"
                " paths.warehouse, which is filled from the landing folder"
            )
        is_begun = not planner.is_stream and context.state.plan(job.name) is not None
        if is_begun or context.state.half_done(job.name):
            raise UsageError(f"{job.name} died: run it first, then restore {table.full_name}")
        foreign = [commit for other, commit in planner.by_another_hand(last) if other == table]
        left = foreign[0].version - 1 if foreign else newest
        version = left if to is None else to
        if foreign and not foreign[0].is_here:
            raise UsageError(f"{table.full_name}: {foreign[0].in_words}: {remedies.lost(context, job, table)}")
        if isinstance(job.mode, Append) and foreign and not remedies.can_go_back(planner, table, foreign[0]):
            raise UsageError(
                f"{table.full_name}: its job has appended to it since ({foreign[0].in_words}), and does not take that"
                f" in again: {remedies.changed(context, job, table, foreign[0])}"
            )
        if not 0 <= version <= newest:
            raise UsageError(f"{table.full_name}: no version {version}; `history {table.full_name}` lists them")
        if isinstance(job.mode, Append) and version != left:
            raise UsageError(
                f"{table.full_name}: is appended to, and what was taken in is not taken in again: it goes back to"
                f" version {left}, which its job left, or is derived again: `rebuild {table.full_name}`"
            )
        lease.check()
        with context.warehouse.said("restored by Motherlode"):
            DeltaTable.forPath(context.spark, context.warehouse.path(table)).restoreToVersion(version)
        made = context.warehouse.version(table)
        rows = context.warehouse.read(table, made).count()
        outputs, counts = {**last.outputs, table.name: made}, {**last.rows, table.name: rows}
        lease.check()
        context.state.finish(replace(last, outputs=outputs, rows=counts, origins=planner.origins(), is_restored=True))
    return int(made or 0)


def maintain(context: Context, table: Table) -> tuple[int, int, int]:
    """Delete rows past their retention, compact, and delete files that no version in reach needs; of superseded events
    find those first that no run could.

    Returns:
        Rows deleted, files before and files after.

    Raises:
        MotherlodeError: its job died and has to be finished first, or somebody who follows it has not read it all.
    """
    job = owner_of(table)
    for follower in _followers(table):
        read, died = context.state.done(follower.name), context.state.half_done(follower.name)
        if read is None or died or Planner(context, follower).unread(read):
            raise MotherlodeError(f"{table.full_name}: {follower.name} has not taken in all of it: run that first")
    path = context.warehouse.path(table)
    with held(context.warehouse.storage, context.state.lease(job.name), context.pids, context.wait) as lease:
        last = context.state.done(job.name)
        planner = Planner(context, job)
        if last is None or planner.has_died() or context.state.half_done(job.name):
            raise MotherlodeError(f"{table.full_name}: {job.name} died: run it first")
        if foreign := [commit for other, commit in planner.by_another_hand(last) if other == table]:
            raise MotherlodeError(f"{table.full_name}: another hand changed it ({foreign[0].operation}); run its job")
        if table == SUPERSEDED_EVENTS:
            _supersede(context, planner, lease)
            if context.warehouse.version(table) is None:
                return 0, 0, 0
        delta = DeltaTable.forPath(context.spark, path)
        before = _files(context, path)
        deleted = 0
        expired = _expired(context, table)
        if expired is not None:
            deleted = context.warehouse.newest(table).where(expired).count()
            if deleted:
                lease.check()
                context.state.keep_from(table.full_name, expired)
                # Named as ours: who dies here finds no other hand's doing.
                name = planner.application(table, f"{UPKEEP_NAME}:{uuid.uuid4().hex}")
                with context.warehouse.transaction(Transaction(name, 1)):
                    delta.delete(expired)
        lease.check()
        _compact(context, path)
        made = context.warehouse.version(table)
        rows = {**last.rows, table.name: context.warehouse.read(table, made).count()}
        lease.check()
        context.state.finish(
            replace(last, outputs={**last.outputs, table.name: made}, rows=rows, origins=planner.origins())
        )
        return deleted, before, _files(context, path)


def _supersede(context: Context, planner: Planner, lease: Lease) -> None:
    """Mark events of which a later version claims another day: a run looks at the days alone that are new to it."""
    table, warehouse, state = SUPERSEDED_EVENTS, context.warehouse, context.state
    events, looked = warehouse.newest(EVENTS), state.looked_over(table.full_name)
    (newest,) = events.agg(F.coalesce(F.max("batch"), F.lit(0)).alias("batch")).collect()
    if newest["batch"] <= looked:
        return
    found = superseded_on_other_days(events, warehouse.newest(table), looked).persist()
    if not found.isEmpty():
        lease.check()
        name = planner.application(table, f"{DAYS_NAME}:{uuid.uuid4().hex}")
        warehouse.append(table, found, Transaction(name, 1))
    found.unpersist()
    lease.check()
    state.look_over(table.full_name, newest["batch"])


def maintain_log(context: Context) -> tuple[int, int]:
    """Compact the run log, which grows by a small file with each invocation: files before and after."""
    path = context.warehouse.path(RUN_LOG)
    with held(context.warehouse.storage, context.state.lease(RUN_LOG.name), context.pids, context.wait):
        before = _files(context, path)
        _compact(context, path)
        return before, _files(context, path)


def _compact(context: Context, path: str) -> None:
    """Small files into large ones, and none kept that no version in reach needs."""
    DeltaTable.forPath(context.spark, path).optimize().executeCompaction()
    _keep(context, path)
    context.spark.sql(f"VACUUM delta.`{path}`")


def _keep(context: Context, path: str) -> None:
    """How long files are kept that no version needs, and the names of transactions: Delta takes both from the table."""
    wanted = {
        "delta.deletedFileRetentionDuration": f"interval {context.settings.maintain.vacuum_hours} hours",
        **TRANSACTIONS_KEPT,
    }
    (row,) = context.spark.sql(f"DESCRIBE DETAIL delta.`{path}`").select("properties").collect()
    if set(wanted.items()) - set(row[0].items()):
        said = ", ".join(f"'{name}' = '{value}'" for name, value in wanted.items())
        context.spark.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ({said})")


def _expired(context: Context, table: Table) -> str | None:
    """Which rows are past their retention, counted back from the last complete business day."""
    if table.retention is None:
        return None
    oldest = context.business_day() - datetime.timedelta(days=table.retention)
    column = next((name for name in DATED_BY if name in table.columns), None)
    if column is not None:
        return f"{column} < DATE'{oldest}'"
    if "batch" not in table.columns:
        return None
    kept = context.warehouse.newest(FILES).where(F.to_date("modified_at") >= F.lit(oldest))
    first = kept.agg(F.min("batch")).head()
    return f"batch < {int(first[0])}" if first and first[0] is not None else None


def _files(context: Context, path: str) -> int:
    (row,) = context.spark.sql(f"DESCRIBE DETAIL delta.`{path}`").select("numFiles").collect()
    return int(row[0])
