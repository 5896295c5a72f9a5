"""What ran, what is stale and why: from logs and state alone."""

from rich.table import Table as Grid

from motherlode.contracts.jobs import Job
from motherlode.errors import UsageError
from motherlode.runner.context import Context
from motherlode.runner.lease import holder_of
from motherlode.runner.planner import Planner
from motherlode.runner.registry import all_jobs
from motherlode.runner.state import Done
from motherlode.runner.storage import DamagedError

UP_TO_DATE = "up to date"


def status(context: Context) -> Grid:
    """A row for each job: when it ran last, what it left, and whether it would do anything now."""
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("job", "last run", "state"):
        grid.add_column(name)
    for name in ("seconds", "rows"):
        grid.add_column(name, justify="right")
    for job in all_jobs().values():
        try:
            last = context.state.done(job.name)
            with context.warehouse.looked_at_once():
                said = state_of(context, job, last)
        except DamagedError as error:
            last, said = None, str(error)
        when = last.started_at.replace("T", " ").removesuffix("+00:00") if last else ""
        rows = f"{sum(last.rows.values()):,}" if last and last.rows else ""
        grid.add_row(job.name, when, said, f"{last.seconds:.1f}" if last else "", rows)
    return grid


def state_of(context: Context, job: Job, last: Done | None) -> str:
    """In words: running, died, waiting, never ran, stale and why, or up to date."""
    holder = holder_of(context.warehouse.storage, context.state.lease(job.name))
    if holder is not None and not holder.released and not holder.died_here:
        return f"running: process {holder.pids[0]} on {holder.host}"
    planner = Planner(context, job)
    if not planner.is_stream and context.state.plan(job.name) is not None:
        return "died: its next run finishes what it began"
    if last is None:
        return "never ran"
    if waiting := planner.waits_for():
        return f"waits: {waiting}"
    try:
        stale = planner.unread(last) if planner.is_stream else planner.news(last, planner.plan(last, None))
    except UsageError as error:
        return f"would stop: {error}"
    return f"stale: {', '.join(stale)}" if stale else UP_TO_DATE
