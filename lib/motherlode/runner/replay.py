"""Taking in again what was set aside, after a parser, a rule or a source's file was mended."""

import uuid
from collections.abc import Iterator

from motherlode.contracts.jobs import Job
from motherlode.contracts.silver import CONTACTS, TARGETS
from motherlode.errors import UsageError
from motherlode.runner import append
from motherlode.runner.commits import REPLAY_NAME
from motherlode.runner.context import Context
from motherlode.runner.lease import held
from motherlode.runner.planner import Planner
from motherlode.runner.readmission import Readmitted, quarantine_of, readmit, records_in, waiting
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import run_job
from motherlode.runner.state import Replay
from motherlode.runner.upkeep import owner_of
from motherlode.runner.warehouse import Transaction


def replay(context: Context, source: str | None, rule: str | None) -> Iterator[Readmitted]:
    """Try the records in silver's quarantines again, those of a source, or of a rule: what can be read now becomes
    rows with the address that it had. Run again, it changes nothing; one that died is finished by the next.

    Raises:
        UsageError: a table is not what its job left.
    """
    for job in all_jobs().values():
        if any(table in TARGETS for table in job.tables) and context.warehouse.version(quarantine_of(job)) is not None:
            yield from _replayed(context, job, source, rule)


def _replayed(context: Context, job: Job, source: str | None, rule: str | None) -> Iterator[Readmitted]:
    """First what is new, or had died: the replay rests on that."""
    run_job(context, job)
    planner, state = Planner(context, job), context.state
    with held(context.warehouse.storage, state.lease(job.name), context.pids, context.wait) as lease:
        planned = Replay(uuid.uuid4().hex, source, rule, planner.versions())
        if waiting(context, job, planned).isEmpty():
            return
        last = state.done(job.name)
        if last is None or planner.has_died() or state.half_done(job.name) or planner.by_another_hand(last):
            raise UsageError(f"{job.name}: is not what its last run left: run it, then replay")
        # Before they leave the quarantine: who dies in between finds them there, and contacts are kept once.
        _contacts(context, job, planned)
        lease.check()
        state.begin_replay(job.name, planned)
        try:
            yield readmit(context, job, lease)
        finally:
            context.spark.catalog.clearCache()


def _contacts(context: Context, of: Job, planned: Replay) -> None:
    """The contact points in what can be read now."""
    job = owner_of(CONTACTS)
    run_job(context, job)
    planner, warehouse = Planner(context, job), context.warehouse
    with held(warehouse.storage, context.state.lease(job.name), context.pids, context.wait) as lease:
        rows = records_in(waiting(context, of, planned))
        inputs = {name: warehouse.version(table) for name, table in planner.inputs.items()}
        made = job.transform(**append.arguments(planner, rows, inputs, warehouse.newest))
        found = append.frame_of(job, made, CONTACTS)
        if not found.isEmpty():
            lease.check()
            name = planner.application(CONTACTS, f"{REPLAY_NAME}:{planned.id}")
            warehouse.append(CONTACTS, found, Transaction(name, 1))
