"""What is damaged in a warehouse's state, its checkpoints and its logs, and what can be put right.

State is written twice or follows from Delta's logs: a plan repeats what the checkpoint says of its batch, the record
of each run stands beside that of the last one, and each commit names its job and its plan or checkpoint.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from motherlode.contracts.catalogue import TABLES
from motherlode.contracts.jobs import Append, Job
from motherlode.contracts.tables import Table
from motherlode.runner import remedies
from motherlode.runner.append import plan_of_batch
from motherlode.runner.context import Context
from motherlode.runner.lease import held, holder_of
from motherlode.runner.migrations import format_of
from motherlode.runner.planner import Planner
from motherlode.runner.registry import all_jobs
from motherlode.runner.run_log import RUN_LOG
from motherlode.runner.state import FOLDER
from motherlode.runner.storage import DamagedError
from motherlode.runner.upkeep import DATED_BY
from motherlode.runner.warehouse import versions_in

_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint.*\.parquet")
_DAMAGED = "is not as it was written"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Args:
        what: where it is and what is wrong.
        remedy: what puts it right, and what that costs.
        repair: does so; None where a person has to.
        job: whose lease it takes.
    """

    what: str
    remedy: str
    repair: Callable[[], None] | None = None
    job: str | None = None

    def mend(self, context: Context) -> None:
        if self.repair is None:
            return
        if self.job is None:
            self.repair()
            return
        with held(context.warehouse.storage, context.state.lease(self.job), context.pids, context.wait):
            self.repair()


def findings(context: Context) -> Iterator[Finding]:
    """Everything that is wrong, in the order in which it is to be repaired; jobs that run now are left alone."""
    root = f"{context.warehouse.root}/{FOLDER}"
    yield from _names(context, root)
    if _format_is_damaged(context, root):
        return  # nothing else can be read
    for job in all_jobs().values():
        folder = context.state.lease(job.name)
        holder = holder_of(context.warehouse.storage, folder)
        if holder is not None and not holder.released and not holder.died_here:
            continue
        if holder is None and context.warehouse.storage.names(folder):
            remedy = "deleted; without that the next run waits a minute for its holder"
            yield Finding(f"{folder}: {_DAMAGED}", remedy, lambda f=folder: context.warehouse.storage.delete(f))  # type: ignore[misc]
        yield from _job_state(context, job)
        if Planner(context, job).is_stream:
            yield from _checkpoint(context, job)
    yield from _expired(context)
    for table in (*TABLES.values(), RUN_LOG):
        yield from _table(context, table)


def _names(context: Context, root: str) -> Iterator[Finding]:
    storage = context.warehouse.storage
    if _format_is_damaged(context, root):
        yield Finding(f"{root}/id.json: {_DAMAGED}", "written anew", lambda: storage.delete(f"{root}/id.json"))
        if _format_is_damaged(context, root):
            return
    for name in storage.names(f"{root}/keys"):
        path = f"{root}/keys/{name}"
        if name.endswith(".json") and _is_damaged(context, path):
            remedy = "taken anew from the environment"
            yield Finding(f"{path}: {_DAMAGED}", remedy, lambda path=path: storage.delete(path))  # type: ignore[misc]


def _format_is_damaged(context: Context, root: str) -> bool:
    try:
        format_of(context.warehouse.storage, root)
    except DamagedError:
        return True
    return False


def _job_state(context: Context, job: Job) -> Iterator[Finding]:
    state, storage = context.state, context.warehouse.storage
    done, plan = f"{state.root}/done/{job.name}.json", f"{state.root}/plans/{job.name}.json"
    rebuild, replay = (f"{state.root}/{kind}/{job.name}.json" for kind in ("rebuilds", "replays"))
    is_lost = not storage.exists(done) and bool(state.runs(job.name))
    if is_lost or _is_damaged(context, done):
        yield Finding(
            f"{done}: {'is gone' if is_lost else _DAMAGED}",
            "from the records of all runs; without any the job computes all of it again",
            lambda: _mend_done(context, job),
            job.name,
        )
    is_lost = job.followed is not None and storage.exists(done) and not storage.exists(plan)
    if is_lost or _is_damaged(context, plan):
        yield Finding(
            f"{plan}: {'is gone' if is_lost else _DAMAGED}",
            "read from the commits of its tables: which of them the run had written",
            lambda: _mend_plan(context, job),
            job.name,
        )
    if _is_damaged(context, rebuild):
        yield Finding(
            f"{rebuild}: {_DAMAGED}",
            "from the first batch on, by the next run",
            lambda: state.begin_rebuild(job.name, 0),
            job.name,
        )
    if _is_damaged(context, replay):
        yield Finding(
            f"{replay}: {_DAMAGED}",
            "left aside: `replay` tries again what still is in the quarantine",
            lambda: state.end_replay(job.name),
            job.name,
        )


def _checkpoint(context: Context, job: Job) -> Iterator[Finding]:
    """A stream's checkpoint against the plan of its last batch."""
    state, storage = context.state, context.warehouse.storage
    folder = state.checkpoint(job.name)
    try:
        plan = state.plan(job.name)
    except DamagedError:
        return

    def finding(path: str, what: str, remedy: str, repair: Callable[[], None]) -> Finding:
        return Finding(f"{path}: {what}", remedy, repair, job.name)

    name = f"{folder}/motherlode.json"
    if _is_damaged(context, name) or (plan is not None and plan.checkpoint and not storage.exists(name)):
        yield finding(
            name,
            "is gone, or is not as it was written",
            "its name is read from the plan, or from the commits that carry it",
            lambda: storage.write_json(name, {"id": (plan and plan.checkpoint) or _application(context, job)}),
        )
    for kind in ("offsets", "commits"):
        names = storage.names(f"{folder}/{kind}")
        for orphan in names:
            path = f"{folder}/{kind}/{orphan}"
            if orphan.endswith(".crc") and orphan[1:].removesuffix(".crc") not in names:
                yield finding(path, "of a file that is gone", "deleted", lambda path=path: storage.delete(path))  # type: ignore[misc]
    if plan is None or plan.batch is None or plan.offsets is None:
        return
    if not _is_json(context, f"{folder}/metadata"):
        yield finding(
            f"{folder}/metadata",
            "is gone, or cannot be read",
            "written anew",
            lambda: _write(context, f"{folder}/metadata", json.dumps({"id": str(uuid.uuid4())})),
        )
    for batch, offsets in ((plan.batch - 1, plan.offsets_before), (plan.batch, plan.offsets)):
        path = f"{folder}/offsets/{batch}"
        if offsets is not None and (state.offsets(job.name, batch) != offsets or not storage.is_sound(path)):
            yield finding(
                path,
                "is not what the batch began with",
                "written again from its plan",
                lambda path=path, offsets=offsets: _write(context, path, offsets),  # type: ignore[misc]
            )
    for kind, newest in (("offsets", plan.batch + 1), ("commits", plan.batch)):
        for number in [int(name) for name in storage.names(f"{folder}/{kind}") if name.isdigit()]:
            path = f"{folder}/{kind}/{number}"
            if number > newest:
                what, remedy = "of a batch that never began", "deleted"
            elif number >= plan.batch + (kind == "offsets") and not _can_be_read(context, path):
                what, remedy = "cannot be read", "deleted: the batch is repeated, and Delta drops what it has"
            else:
                continue
            yield finding(path, what, remedy, lambda path=path: _drop(context, path))  # type: ignore[misc]


def _expired(context: Context) -> Iterator[Finding]:
    """What bronze no longer has: as much as the table lacks now."""
    state = context.state
    for table in TABLES.values():
        path = f"{state.root}/expired/{table.full_name}.json"
        column = next((name for name in DATED_BY if name in table.columns), "batch")
        if _is_damaged(context, path):
            yield Finding(
                f"{path}: {_DAMAGED}",
                "read from the oldest row of its table",
                lambda table=table, column=column: _mend_expired(context, table, column),  # type: ignore[misc]
            )


def _mend_expired(context: Context, table: Table, column: str) -> None:
    oldest = context.warehouse.newest(table).agg(F.min(column).cast("string")).head()
    first = oldest[0] if oldest else None
    context.state.keep_from(table.full_name, "true" if first is None else f"{column} < '{first}'")


def _table(context: Context, table: Table) -> Iterator[Finding]:
    job = next((job for job in all_jobs().values() if table in job.writes), None)
    remedy = "delete its folder: the next run makes it anew from the last runs of each job"
    if damage := _damage(context, table):
        what, how = damage
        yield Finding(what, f"{how}{remedies.lost(context, job, table) if job else remedy}")
        return
    try:
        last = context.state.done(job.name) if job else None
    except DamagedError:
        return
    if job is None or last is None or not isinstance(job.mode, Append):
        return
    try:
        found = Planner(context, job).by_another_hand(last)
    except DamagedError:
        return  # another table of the job, which is said there
    for changed, commit in found:
        if changed == table:
            what = f"{table.full_name}: changed by another hand ({commit.in_words})"
            yield Finding(what, remedies.changed(context, job, table, commit))


def _damage(context: Context, table: Table) -> tuple[str, str] | None:
    """Of a table's log and of the files that its newest version needs: what is wrong, and what would help alone."""
    path, storage = context.warehouse.path(table), context.warehouse.storage
    names = context.warehouse.log(table)
    commits = sorted(versions_in(names))
    whole = max((int(match.group(1)) for name in names if (match := _CHECKPOINT.fullmatch(name))), default=-1)
    newest = commits[-1] if commits else -1
    if missing := sorted(set(range(max(whole + 1, 0), newest)) - set(commits)):
        return f"{path}: its log lacks version {missing[0]}", f"bring back {missing[0]:020d}.json, or "
    for version in (number for number in commits if number > whole):
        file = f"{path}/_delta_log/{version:020d}.json"
        if not storage.is_sound(file) or not _are_objects((storage.read(file) or b"").splitlines()):
            return f"{file}: {_DAMAGED}", "bring it back, or "
    if newest < 0:
        return None
    try:
        needed = context.spark.read.format("delta").option("versionAsOf", newest).load(path).inputFiles()
    except (PySparkException, Py4JJavaError):
        return f"{path}: its log cannot be read", "bring back the files of its _delta_log, or "
    here: dict[str, set[str]] = {}
    for file in map(unquote, needed):
        folder, _, name = file.rpartition("/")
        if folder not in here:
            here[folder] = set(storage.names(folder))
        if name not in here[folder]:
            return f"{path}: lacks its file {file}", "bring it back, or "
    return None


def _mend_done(context: Context, job: Job) -> None:
    root, storage = context.state.root, context.warehouse.storage
    for number in reversed(context.state.runs(job.name)):
        path = f"{root}/runs/{job.name}/{number:08d}.json"
        if not _is_damaged(context, path):
            storage.write_json(f"{root}/done/{job.name}.json", storage.read_json(path) or {})
            return
    storage.delete(f"{root}/done/{job.name}.json")


def _mend_plan(context: Context, job: Job) -> None:
    """A plan that says of its tables what the lost one said; of other modes, that one was there."""
    planner, state = Planner(context, job), context.state
    plan = planner.plan(state.done(job.name), None)
    if not planner.is_stream:
        # No run has this fingerprint: the next one computes all.
        state.begin(replace(plan, code=""))
        return
    batch = state.newest_batch(job.name)
    if batch is None:
        state.forget_plan(job.name)
        return
    checkpoint = _known_checkpoint(context, job) or _application(context, job)
    outputs = dict(plan.outputs)
    for table in job.tables:
        application = planner.application(table, checkpoint)
        for commit in context.warehouse.commits(table):
            if commit.applications.get(application) == batch:
                outputs[table.name] = commit.version - 1 if commit.version else None
    plan = replace(plan, inputs={**plan.inputs, planner.stream: None})
    state.begin(plan_of_batch(context, plan, batch, checkpoint, outputs))


def _known_checkpoint(context: Context, job: Job) -> str | None:
    try:
        return context.state.known_checkpoint(job.name)
    except DamagedError:
        return None


def _application(context: Context, job: Job) -> str:
    """The checkpoint that the newest commit of the job's tables names; a new one where there is none."""
    prefixes = {table.name: f"{job.name}:{table.name}:" for table in job.tables}
    found: dict[str, int] = {}
    for table in job.tables:
        for commit in context.warehouse.commits(table):
            names = [name.removeprefix(prefixes[table.name]) for name in commit.applications]
            found |= {
                name: commit.milliseconds for name in names if re.fullmatch("[0-9a-f]{32}", name) and name not in found
            }
    return max(found, key=found.__getitem__, default=uuid.uuid4().hex)


def _can_be_read(context: Context, path: str) -> bool:
    return context.warehouse.storage.is_sound(path) and _has_json(context.warehouse.storage.read(path))


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
    lines = (content or b"").splitlines()
    return lines[:1] == [b"v1"] and _are_objects(lines[1:])


def _are_objects(lines: list[bytes]) -> bool:
    """Whether they are JSON, an object a line, and one at least."""
    try:
        return bool(lines) and all(isinstance(json.loads(line), dict) for line in lines)
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
