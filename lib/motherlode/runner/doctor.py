"""What is damaged in a warehouse's state, its checkpoints and its logs, and what can be put right.

State is written twice or follows from Delta's logs: a plan repeats what the checkpoint says of its batch, the record
of each run stands beside that of the last one, and each commit names its job and the number of its plan.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from motherlode.contracts.catalogue import TABLES
from motherlode.contracts.jobs import Append, Job
from motherlode.contracts.tables import Table
from motherlode.runner.context import Context
from motherlode.runner.planner import Planner
from motherlode.runner.registry import all_jobs
from motherlode.runner.state import FOLDER, Plan
from motherlode.runner.storage import DamagedError

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint.*\.parquet")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Args:
        what: where it is and what is wrong.
        remedy: what puts it right, and what that costs.
        repair: does so; None where a person has to.
    """

    what: str
    remedy: str
    repair: Callable[[], None] | None = None


def findings(context: Context) -> Iterator[Finding]:
    """Everything that is wrong, in the order in which it is to be repaired."""
    root = f"{context.warehouse.root}/{FOLDER}"
    yield from _names(context, root)
    if _is_damaged(context, f"{root}/id.json"):
        return  # nothing else can be read
    for job in all_jobs().values():
        yield from _job_state(context, job)
        if Planner(context, job).is_stream:
            yield from _checkpoint(context, job)
    for table in TABLES.values():
        yield from _table(context, table)


def _names(context: Context, root: str) -> Iterator[Finding]:
    storage = context.warehouse.storage
    files = {
        f"{root}/id.json": "a new name: runs are counted anew",
        f"{root}/calendar.json": "looked up again",
        **{f"{root}/keys/{name}": "taken anew from the environment" for name in storage.names(f"{root}/keys")},
    }
    for path, remedy in files.items():
        if _is_damaged(context, path):
            yield Finding(f"{path}: is not as it was written", remedy, lambda path=path: storage.delete(path))  # type: ignore[misc]


def _job_state(context: Context, job: Job) -> Iterator[Finding]:
    root, storage = context.state.root, context.warehouse.storage
    planner = Planner(context, job)
    if planner.is_stream and _is_damaged(context, path := f"{context.state.checkpoint(job.name)}/motherlode.json"):
        yield Finding(
            f"{path}: is not as it was written",
            "its name is read from the commits that carry it",
            lambda: storage.write_json(path, {"id": _application(context, job)}),
        )
    if _is_damaged(context, f"{root}/done/{job.name}.json"):
        yield Finding(
            f"{root}/done/{job.name}.json: is not as it was written",
            "from the records of all runs; without any the job computes all of it again",
            lambda: _mend_done(context, job),
        )
    if _is_damaged(context, f"{root}/plans/{job.name}.json"):
        yield Finding(
            f"{root}/plans/{job.name}.json: is not as it was written",
            "read from the commits of its tables: which of them the run had written",
            lambda: _mend_plan(context, job),
        )
    if _is_damaged(context, f"{root}/rebuilds/{job.name}.json"):
        yield Finding(
            f"{root}/rebuilds/{job.name}.json: is not as it was written",
            f"forgotten; start `rebuild {job.tables[0].full_name}` again",
            lambda: context.state.end_rebuild(job.name),
        )


def _checkpoint(context: Context, job: Job) -> Iterator[Finding]:
    """A stream's checkpoint against the plan of its last batch."""
    state, storage = context.state, context.warehouse.storage
    folder = state.checkpoint(job.name)
    if storage.names(f"{folder}/offsets") and not _is_json(context, f"{folder}/metadata"):
        yield Finding(
            f"{folder}/metadata: is gone, or cannot be read",
            "written anew",
            lambda: _write(context, f"{folder}/metadata", json.dumps({"id": str(uuid.uuid4())})),
        )
    for kind in ("offsets", "commits"):
        names = storage.names(f"{folder}/{kind}")
        for name in names:
            path = f"{folder}/{kind}/{name}"
            if name.endswith(".crc") and name[1:].removesuffix(".crc") not in names:
                yield Finding(f"{path}: of a file that is gone", "deleted", lambda path=path: storage.delete(path))  # type: ignore[misc]
    try:
        plan = state.plan(job.name)
    except DamagedError:
        return
    if plan is None or plan.batch is None or plan.offsets is None:
        return
    batch, offsets = plan.batch, plan.offsets
    if state.offsets(job.name, batch) != offsets or not storage.is_sound(f"{folder}/offsets/{batch}"):
        yield Finding(
            f"{folder}/offsets/{batch}: is not what the batch began with",
            "written again from its plan",
            lambda: _write(context, f"{folder}/offsets/{batch}", offsets),
        )
    for kind, last in (("offsets", batch + 1), ("commits", batch)):
        for name in storage.names(f"{folder}/{kind}"):
            path = f"{folder}/{kind}/{name}"
            if not name.isdigit() or (kind == "offsets" and int(name) == batch):
                continue
            if int(name) > last:
                yield Finding(f"{path}: of a batch that never began", "deleted", lambda path=path: _drop(context, path))  # type: ignore[misc]
            elif int(name) >= batch and not (storage.is_sound(path) and _has_json(storage.read(path))):
                remedy = "deleted: the batch is repeated, and Delta drops what it has"
                yield Finding(f"{path}: cannot be read", remedy, lambda path=path: _drop(context, path))  # type: ignore[misc]


def _table(context: Context, table: Table) -> Iterator[Finding]:
    names = context.warehouse.storage.names(f"{context.warehouse.path(table)}/_delta_log")
    commits = sorted(int(match.group(1)) for name in names if (match := _COMMIT.fullmatch(name)))
    whole = max((int(match.group(1)) for name in names if (match := _CHECKPOINT.fullmatch(name))), default=-1)
    if not commits:
        return
    job = next(job for job in all_jobs().values() if table in job.writes)
    missing = sorted(set(range(max(whole + 1, 0), commits[-1])) - set(commits))
    if missing:
        how = (
            f"bring back {missing[0]:020d}.json, or delete the warehouse: it is made from the landing folder"
            if isinstance(job.mode, Append)
            else f"delete the folder: {job.name} makes it anew"
        )
        yield Finding(f"{context.warehouse.path(table)}: its log lacks version {missing[0]}", how)
        return
    try:
        last = context.state.done(job.name)
    except DamagedError:
        return
    if last is not None and isinstance(job.mode, Append):
        for changed, commit in Planner(context, job).by_another_hand(last):
            if changed == table:
                yield Finding(
                    f"{table.full_name}: changed by another hand ({commit.operation}, version {commit.version})",
                    f"`restore {table.full_name}`, or `rebuild {table.full_name}`",
                )


def _mend_done(context: Context, job: Job) -> None:
    root, storage = context.state.root, context.warehouse.storage
    for name in reversed(storage.names(f"{root}/runs/{job.name}")):
        path = f"{root}/runs/{job.name}/{name}"
        if name.endswith(".json") and not _is_damaged(context, path):
            storage.write_json(f"{root}/done/{job.name}.json", storage.read_json(path) or {})
            return
    storage.delete(f"{root}/done/{job.name}.json")


def _mend_plan(context: Context, job: Job) -> None:
    """A plan that says of its tables what the lost one said; of an upsert or snapshot, only its number."""
    planner, state = Planner(context, job), context.state
    state.forget_plan(job.name)
    last = state.done(job.name)
    plan = planner.plan(last, None)
    numbers = {table.name: context.warehouse.numbers(table, planner.application(table)) for table in job.tables}
    newest = max((max(found) for found in numbers.values() if found), default=0)
    if not planner.is_stream:
        # No run has this fingerprint, and none of these numbers is used again.
        state.begin(Plan(**{**asdict(plan), "code": "", "sequence": max(newest, plan.sequence)}))
        return
    names = context.warehouse.storage.names(f"{state.checkpoint(job.name)}/offsets")
    batch = max((int(name) for name in names if name.isdigit()), default=None)
    if batch is None:
        return
    outputs = {name: found[batch] - 1 if batch in found else plan.outputs[name] for name, found in numbers.items()}
    stream = str(getattr(job.mode, "stream", None))
    value = {
        **asdict(plan),
        "inputs": {**plan.inputs, stream: None},
        "outputs": {
            name: None if version is not None and version < 0 else version for name, version in outputs.items()
        },
        "batch": batch,
        "offsets": state.offsets(job.name, batch),
        "checkpoint": state.checkpoint_id(job.name),
    }
    state.begin(Plan(**value))


def _application(context: Context, job: Job) -> str:
    """The id of a stream's checkpoint, as the newest commit of its tables names it."""
    for table in job.tables:
        newest = context.warehouse.version(table)
        for version in range(newest if newest is not None else -1, -1, -1):
            for name in context.warehouse.commit(table, version).applications:
                if name.startswith(f"{job.name}:{table.name}:") and name.count(":") == 2:
                    return name.rsplit(":", 1)[1]
    return uuid.uuid4().hex


def _is_damaged(context: Context, path: str) -> bool:
    try:
        context.warehouse.storage.read_json(path)
    except DamagedError:
        return True
    return False


def _is_json(context: Context, path: str) -> bool:
    return context.warehouse.storage.is_sound(path) and _has_json(
        b"v1\n" + (context.warehouse.storage.read(path) or b"")
    )


def _has_json(content: bytes | None) -> bool:
    """Whether a checkpoint's file is whole: its format, then a JSON object or more."""
    lines = (content or b"").decode(errors="replace").splitlines()
    try:
        return len(lines) > 1 and lines[0] == "v1" and all(isinstance(json.loads(line), dict) for line in lines[1:])
    except ValueError:
        return False


def _write(context: Context, path: str, text: str) -> None:
    _drop(context, path)
    context.warehouse.storage.write(path, text.encode())


def _drop(context: Context, path: str) -> None:
    """A file of a checkpoint, and the checksum that the local file system keeps beside it."""
    folder, _, name = path.rpartition("/")
    context.warehouse.storage.delete(path)
    context.warehouse.storage.delete(f"{folder}/.{name}.crc")
