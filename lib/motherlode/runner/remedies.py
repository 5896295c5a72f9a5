"""What a person types where a table is not what its job left."""

from motherlode.contracts.bronze import RECORDS
from motherlode.contracts.jobs import Append, Job, Snapshot
from motherlode.contracts.tables import Layer, Table
from motherlode.runner.commits import Commit
from motherlode.runner.context import Context
from motherlode.runner.planner import Planner
from motherlode.runner.storage import DamagedError

FILLED = "give another paths.warehouse, which is filled from the landing folder"


def lost(context: Context, job: Job, table: Table) -> str:
    """How a table is had again whose files cannot be read."""
    if job.layer is Layer.BRONZE:
        return FILLED
    if not isinstance(job.mode, Append):
        days = "its newest day anew; earlier ones by `--as-of DATE`"
        is_dated = isinstance(job.mode, Snapshot) and job.mode.history
        return f"delete its folder: `{job.name}` makes {days if is_dated else 'it anew'}"
    if not _bronze_has_all(context):
        return f"bring it back from a backup: bronze no longer has all that it was made from; or {FILLED}"
    return f"delete its folder, then `rebuild {table.full_name}`"


def changed(context: Context, job: Job, table: Table, commit: Commit) -> str:
    """How an appended table is put right that another hand changed by a commit."""
    if job.layer is Layer.BRONZE or context.state.done(job.name) is None:
        return FILLED
    if can_go_back(Planner(context, job), table, commit):
        return f"`restore {table.full_name}` puts back what its job left"
    if not _bronze_has_all(context):
        return (
            "bring back the warehouse and its _motherlode from one backup, for bronze no longer has all that it was"
            f" made from; or {FILLED}"
        )
    return f"`rebuild {table.full_name}` derives it again"


def can_go_back(planner: Planner, table: Table, commit: Commit) -> bool:
    """Whether all that its job took in stands before that commit, and nothing of it was held against what that
    left: the job does not take in again what is put back."""
    own = planner.application(table)
    if not commit.is_here or any(c.is_of(own) for c in planner.warehouse.commits(table, commit.version)):
        return False
    try:
        plan = planner.context.state.plan(planner.job.name)
    except DamagedError:
        return False
    return plan is None or (plan.outputs.get(table.name) or 0) < commit.version


def _bronze_has_all(context: Context) -> bool:
    try:
        return context.state.expired(RECORDS.full_name) is None
    except DamagedError:
        return False
