"""What ran, what is stale and why: from logs and state alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.table import Table as Grid

from motherlode.contracts.jobs import Job
from motherlode.errors import UsageError
from motherlode.runner.context import Context
from motherlode.runner.lease import holder_of
from motherlode.runner.planner import Planner
from motherlode.runner.registry import all_jobs
from motherlode.runner.state import Done
from motherlode.runner.storage import DamagedError


class State(NamedTuple):
    """running, died, waits, never ran, stale, would stop, damaged or up to date; and why."""

    word: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.word}: {self.why}" if self.why else self.word


@dataclass(frozen=True)
class Standing:
    """How a job stands: its last run, and in words whether the next one would do anything."""

    job: str
    last_run: str | None
    state: str
    why: str
    seconds: float | None
    rows: int | None


def standings(context: Context) -> list[Standing]:
    """Of each job, in the order of the graph."""
    _ = context.state  # one that cannot be read is said once
    found = []
    for job in all_jobs().values():
        try:
            last = context.state.done(job.name)
            with context.warehouse.looked_at_once():
                said = state_of(context, job, last)
        except DamagedError as error:
            last, said = None, State("damaged", str(error))
        rows = sum(last.rows.values()) if last and last.rows else None
        started, seconds = (last.started_at, last.seconds) if last else (None, None)
        found.append(Standing(job.name, started, *said, seconds, rows))
    return found


def as_grid(found: Sequence[Standing]) -> Grid:
    """A row for each job."""
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("job", "last run", "state"):
        grid.add_column(name)
    for name in ("seconds", "rows"):
        grid.add_column(name, justify="right")
    for one in found:
        when = (one.last_run or "").replace("T", " ").removesuffix("+00:00")
        seconds = "" if one.seconds is None else f"{one.seconds:.1f}"
        grid.add_row(
            one.job, when, str(State(one.state, one.why)), seconds, "" if one.rows is None else f"{one.rows:,}"
        )
    return grid


def state_of(context: Context, job: Job, last: Done | None) -> State:
    """Whether the job's next run would do anything, from logs and state alone."""
    holder = holder_of(context.warehouse.storage, context.state.lease(job.name))
    if holder is not None and not holder.released and not holder.died_here:
        return State("running", f"process {holder.pids[0]} on {holder.host}")
    planner = Planner(context, job)
    if what := context.state.half_done(job.name):
        return State("died", f"its next run finishes the {what}")
    if planner.has_died():
        return State("died", "its next run finishes what it began")
    if waiting := planner.waits_for():
        return State("waits", waiting)
    if last is None:
        return State("never ran")
    try:
        stale = planner.unread(last) if planner.is_stream else planner.news(last, planner.plan(last, None))
    except UsageError as error:
        return State("would stop", str(error))
    if stale:
        return State("stale", ", ".join(stale))
    return State("up to date", "`restore` put a table back" if last.is_restored else "")
