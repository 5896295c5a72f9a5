"""What a person sees: a line a job while it runs, a table at the end, the graph."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table as Grid

from motherlode.contracts.jobs import Append, Job, Snapshot, Upsert
from motherlode.contracts.quality import DATA_QUALITY
from motherlode.contracts.silver import EVENTS, SUPERSEDED_EVENTS
from motherlode.contracts.tables import Table
from motherlode.errors import Exit, MotherlodeError
from motherlode.runner import run_log
from motherlode.runner.context import Context
from motherlode.runner.failure import explain_failure
from motherlode.runner.run import Result

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
_WARNINGS = 5
# Tables of what was not taken: how their names end, and what is said of their rows.
_ASIDE = {"_duplicates": "repeats", "quarantine": "quarantined"}


def say_error(line: str) -> None:
    """One line on standard error; markup in it is text."""
    print(f"motherlode: {' '.join(line.split())}", file=sys.stderr, flush=True)


@contextmanager
def working(number: int, total: int, job: Job) -> Iterator[None]:
    """A spinner where somebody looks, nothing where it would fill a log."""
    with _spinning(f"[{number}/{total}] {job.name}: {job.doc}"):
        yield


@contextmanager
def _spinning(text: str) -> Iterator[None]:
    if not out.is_terminal:
        yield
        return
    with out.status(text):
        yield


def say_result(number: int, total: int, result: Result) -> None:
    aside = {kind: sum(n for table, n in result.rows.items() if table.endswith(kind)) for kind in _ASIDE}
    rows = sum(result.rows.values()) - sum(aside.values())
    what = f"{rows:>12,} rows" if result.rows and result.status == "done" else " " * 17
    if result.status == "done":
        what += "".join(f", {n:,} {word}" for kind, word in _ASIDE.items() if (n := aside[kind]))
    word = {"done": "done   ", "skipped": "skipped", "refused": "refused"}[result.status]
    why = f"  {result.why}" if result.why else ""
    line = f"[{number:>2}/{total}] {result.job.name:<28} {word} {result.seconds:>6.1f} s {what}{why}"
    out.print(line, markup=False)


def summary(context: Context, results: Sequence[Result], started: float) -> None:
    """Every table with rows, the seconds of its job and where it lies."""
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column("table")
    grid.add_column("rows", justify="right")
    grid.add_column("seconds", justify="right")
    grid.add_column("where")
    for result in results:
        for table in result.job.tables:
            rows = result.rows.get(table.name, 0)
            if not rows and table.name.endswith(tuple(_ASIDE)):
                continue
            seconds = f"{result.seconds:.1f}" if result.status == "done" else result.status
            grid.add_row(table.full_name, f"{rows:,}", seconds, context.warehouse.path(table))
    out.print()
    out.print(grid)
    done = sum(result.status == "done" for result in results)
    found = context.as_of or context.found_day
    day = f", as of {found}" if found else ""
    out.print(f"\n{done} of {len(results)} jobs ran{day}, {time.monotonic() - started:.0f} s in all", markup=False)
    if any(DATA_QUALITY in result.job.writes for result in results):
        for warning in quality_warnings(context):
            out.print(f"warning: {warning}", markup=False)


def quality_warnings(context: Context) -> list[str]:
    """A line for each of the worst scores of what came in last that are below their limit."""
    rows = context.warehouse.newest(DATA_QUALITY).where("is_newest AND standing = 'warn'")
    worst = rows.orderBy("score", *DATA_QUALITY.key).limit(_WARNINGS).select("finding", "warn_below").collect()
    return [f"{row['finding']} (warn_below = {row['warn_below']:g}, [quality] in conf/)" for row in worst]


def maintenance(context: Context, tables: Sequence[Table]) -> Exit:
    """Look after each table, a line as it is done."""
    from motherlode.runner.upkeep import maintain, maintain_log

    # Upkeep itself may be the first to write of superseded events.
    made_of = {SUPERSEDED_EVENTS.full_name: EVENTS}
    known = [table for table in tables if context.warehouse.version(made_of.get(table.full_name, table)) is not None]
    left = 0
    for number, table in enumerate(known, 1):
        try:
            with _spinning(f"[{number}/{len(known)}] {table.full_name}"):
                deleted, before, after = maintain(context, table)
        except MotherlodeError as error:
            # One that cannot be looked after now keeps no other from it.
            left += 1
            say_error(str(error))
            continue
        gone = f", {deleted:,} rows past their retention deleted" if deleted else ""
        line = f"[{number:>2}/{len(known)}] {table.full_name:<34} {before:>6,} files, now {after:,}{gone}"
        out.print(line, markup=False)
    if len(tables) > 1 and context.warehouse.version(run_log.RUN_LOG) is not None:
        before, after = maintain_log(context)
        out.print(f"        {run_log.RUN_LOG.full_name:<34} {before:>6,} files, now {after:,}", markup=False)
    return Exit.FAILED if left else Exit.DONE


def keep_log(context: Context) -> None:
    """Append to the run log: what it tells of is done, whether that can be written or not."""
    try:
        run_log.keep(context)
    except Exception as error:
        say_error(f"the run log could not be written: {explain_failure(error)[0]}")


def diagnosis(context: Context, repair: bool) -> Exit:
    """What is wrong with the warehouse, and with `repair` what was put right."""
    from motherlode.runner.doctor import findings

    found = left = repairable = 0
    for finding in findings(context):
        word = "can be repaired" if finding.repair else "to be done"
        if repair and finding.repair:
            try:
                finding.mend(context)
                word = "repaired"
            except Exception as error:  # one that cannot be repaired keeps no other from it
                word = f"could not be repaired ({explain_failure(error)[0]})"
        found += 1
        left += word != "repaired"
        repairable += word == "can be repaired"
        out.print(f"{finding.what}\n    {word}: {finding.remedy}", markup=False)
    if left:
        how = "; `doctor --repair` does what can be done here, and looks again" if repairable else ""
        out.print(f"\n{left} left{how}", markup=False)
        return Exit.FAILED
    out.print(f"{found} repaired" if found else "nothing is damaged", markup=False)
    return Exit.DONE


def graph(jobs: Mapping[str, Job]) -> str:
    """The graph as text: each layer's jobs, what each reads and writes, and how."""
    lines = ["sources ─► bronze ─► silver ─► identity ─► features ─► mining ─► serving ─► activation", ""]
    layer = None
    for job in jobs.values():
        if job.layer != layer:
            layer = job.layer
            lines.append(layer.label)
        match job.mode:
            case Append():
                mode = "append"
            case Upsert(by=by):
                mode = f"upsert by {', '.join(by)}" if by else "upsert"
            case Snapshot(history=True):
                mode = "snapshot, one a day"
            case Snapshot():
                mode = "snapshot"
        lines.append(f"  {job.name}  ({mode}; {job.purpose})")
        lines.append(f"      {job.doc}")
        needs = sorted({source.full_name for source in job.sources()})
        lines.append(f"      reads  {', '.join(needs) or 'the landing folder'}")
        lines.append(f"      writes {', '.join(written.full_name for written in job.writes)}")
    return "\n".join(lines)


def graph_json(jobs: Mapping[str, Job], needs: Mapping[str, Sequence[str]]) -> str:
    """The graph for a scheduler: the jobs in an order that works, a line each, with the jobs that each comes after."""
    lines = [
        json.dumps({"job": job.name, "layer": job.layer.label, "doc": job.doc, "needs": [*needs[job.name]]})
        for job in jobs.values()
    ]
    return "[\n" + ",\n".join(lines) + "\n]"
