"""What the runner remembers beside the tables: the plan of a run under way, the last run done, all runs."""

import hashlib
import json
import re
import uuid
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import motherlode
from motherlode.errors import UsageError
from motherlode.runner.storage import Storage

FOLDER = "_motherlode"
"""Of the state, in the warehouse."""
Versions = dict[str, int | None]
# Neither makes a table.
_NOT_CODE = ("motherlode/simulate/", "motherlode/setup/")


@dataclass(frozen=True)
class Plan:
    """What a run set out to do, written before its first write; a retry does just that.

    Args:
        id: names the transactions of this plan's writes: Delta drops a repeated one, and nothing else.
        sequence: counts the job's runs.
        code: a hash of the code; options: one of the job's settings. Others recompute all.
        inputs: version of every input table; contents: the newest of them that changed rows.
        models: version of every model that is read.
        outputs: version of the job's own tables before the run.
        origins: which tables its own and its inputs are: one made anew has another name.
        afresh: whether all is computed, and not only what changed.
        batch: of a stream, in the checkpoint of that name; offsets: what that says of the batch and of the one before.
    """

    job: str
    sequence: int
    code: str
    options: str
    inputs: Versions
    contents: Versions
    models: dict[str, str]
    outputs: Versions
    as_of: str | None
    id: str = ""
    origins: dict[str, str | None] = field(default_factory=dict)
    afresh: bool = False
    batch: int | None = None
    offsets: str | None = None
    offsets_before: str | None = None
    checkpoint: str | None = None

    @property
    def recipe(self) -> tuple[str, str]:
        return self.code, self.options

    @property
    def fingerprint(self) -> str:
        """Of all that the result rests on; the same one again is skipped."""
        return digest([self.job, self.code, self.options, self.contents, self.models, self.as_of])


@dataclass(frozen=True)
class Done:
    """A run that finished: its plan, the versions it left, rows of each table, seconds, bytes spilled to disk.

    Args:
        origins: names of the tables themselves, its own and its inputs': a table made anew has another one.
        is_restored: somebody put a table back since: what it computed from changes alone is no longer whole.
    """

    plan: Plan
    outputs: Versions
    rows: dict[str, int]
    seconds: float
    started_at: str
    spilled_bytes: int | None = None
    origins: dict[str, str | None] = field(default_factory=dict)
    is_restored: bool = False


@dataclass(frozen=True)
class Replay:
    """Which records of a job's quarantine are tried again.

    Args:
        id: names its transactions.
        source, rule: only those; None for any.
        outputs: versions of the job's tables before it.
    """

    id: str
    source: str | None
    rule: str | None
    outputs: Versions


class State:
    """JSON files below `warehouse/_motherlode/`, each replaced as a whole."""

    def __init__(self, storage: Storage, warehouse: str) -> None:
        self.storage = storage
        self.root = f"{warehouse.rstrip('/')}/{FOLDER}"

    def keep_keys(self, marks: dict[str, str]) -> None:
        """Remember which keys the tables are made with, by a mark of each that tells nothing of it.

        Raises:
            UsageError: they were made with another one.
        """
        known = {name: self.storage.read_json(f"{self.root}/keys/{name}.json") for name in marks}
        if wrong := sorted(name for name, mark in marks.items() if (known[name] or {"mark": mark})["mark"] != mark):
            raise UsageError(
                f"{', '.join(wrong)}: another key than this warehouse was made with: set that one, or another"
                " paths.warehouse (README, keys, says what is lost with a key)"
            )
        for name, mark in marks.items():
            if known[name] is None:
                self.storage.write_json(f"{self.root}/keys/{name}.json", {"mark": mark})

    def lease(self, job: str) -> str:
        return f"{self.root}/leases/{job}"

    def checkpoint(self, job: str) -> str:
        return f"{self.root}/checkpoints/{job}"

    def offsets(self, job: str, batch: int) -> str | None:
        """What a stream's checkpoint says of a batch: from where to where it reads."""
        content = self.storage.read(f"{self.checkpoint(job)}/offsets/{batch}")
        return None if content is None else content.decode()

    def consumed(self, job: str) -> int | None:
        """The version up to which a stream's checkpoint has read what it follows; None before its first batch."""
        batches = self._batches(job, "offsets")
        content = self.offsets(job, batches[-1]) if batches else None
        if content is None:
            return None
        offset = json.loads(content.splitlines()[-1])
        return int(offset["reservoirVersion"]) - (1 if int(offset["index"]) < 0 else 0)

    def is_committed(self, job: str) -> bool:
        """Whether a stream's last batch is done, and not to be repeated."""
        return self._batches(job, "offsets")[-1:] == self._batches(job, "commits")[-1:]

    def newest_batch(self, job: str) -> int | None:
        """The last batch that a stream's checkpoint knows of."""
        return max(self._batches(job, "offsets"), default=None)

    def commit(self, job: str, batch: int) -> None:
        """Say in a stream's checkpoint that a batch is done: it is not repeated."""
        self.storage.write(f"{self.checkpoint(job)}/commits/{batch}", b'v1\n{"nextBatchWatermarkMs":0}')

    def _batches(self, job: str, kind: str) -> list[int]:
        names = self.storage.names(f"{self.checkpoint(job)}/{kind}")
        return sorted(int(name) for name in names if name.isdigit())

    def runs(self, job: str) -> list[int]:
        """The numbers of the runs that are on record."""
        names = self.storage.names(f"{self.root}/runs/{job}")
        return [int(name.removesuffix(".json")) for name in names if re.fullmatch(r"\d+\.json", name)]

    def forget_runs(self, job: str, kept: int) -> None:
        """All records of runs but the newest."""
        for number in self.runs(job)[:-kept]:
            self.storage.delete(f"{self.root}/runs/{job}/{number:08d}.json")

    def known_checkpoint(self, job: str) -> str | None:
        """The name of the job's checkpoint, where there is one."""
        known = self.storage.read_json(f"{self.checkpoint(job)}/motherlode.json")
        return str(known["id"]) if known else None

    def checkpoint_id(self, job: str) -> str:
        """Names a job's checkpoint: one made anew counts its batches from 0 again."""
        return self._name_in(f"{self.checkpoint(job)}/motherlode.json")

    def _name_in(self, path: str) -> str:
        """The name that stands in a file, given at the first call; of two at once, one gives it."""
        known = self.storage.read_json(path)
        if known is None:
            known = {"id": uuid.uuid4().hex}
            if not self.storage.create(path, known):
                known = self.storage.read_json(path) or known
        return str(known["id"])

    def plan(self, job: str) -> Plan | None:
        """The plan of a run that did not finish."""
        value = self.storage.read_json(f"{self.root}/plans/{job}.json")
        return Plan(**value) if value else None

    def begin(self, plan: Plan) -> None:
        self.storage.write_json(f"{self.root}/plans/{plan.job}.json", asdict(plan))

    def done(self, job: str) -> Done | None:
        """The last run that finished."""
        value = self.storage.read_json(f"{self.root}/done/{job}.json")
        return Done(**{**value, "plan": Plan(**value["plan"])}) if value else None

    def finish(self, done: Done) -> None:
        """Record the run; its plan may go then. Dying in between repeats a run that changes nothing."""
        value = asdict(done)
        job = done.plan.job
        self.storage.write_json(f"{self.root}/runs/{job}/{done.plan.sequence:08d}.json", value)
        self.storage.write_json(f"{self.root}/done/{job}.json", value)

    def keep_from(self, table: str, expired: str) -> None:
        """Remember, before they go, that a table's oldest rows are to be deleted, and which."""
        self.storage.write_json(f"{self.root}/expired/{table}.json", {"expired": expired})

    def expired(self, table: str) -> str | None:
        """Which rows of a table upkeep has deleted, as a condition; None for none."""
        known = self.storage.read_json(f"{self.root}/expired/{table}.json")
        return str(known["expired"]) if known else None

    def looked_over(self, table: str) -> int:
        """Up to which batch upkeep has looked for what a run does not see; 0 for none."""
        known = self.storage.read_json(f"{self.root}/looked_over/{table}.json")
        return int(known["batch"]) if known else 0

    def look_over(self, table: str, batch: int) -> None:
        self.storage.write_json(f"{self.root}/looked_over/{table}.json", {"batch": batch})

    def look_again(self, tables: Sequence[str], first: int) -> None:
        """From that batch on rows came that upkeep has not seen."""
        for table in tables:
            if self.looked_over(table) >= first:
                self.look_over(table, first - 1)

    def rebuild(self, job: str) -> int | None:
        """The first batch of a rebuild of the job's tables that died."""
        known = self.storage.read_json(f"{self.root}/rebuilds/{job}.json")
        return int(known["first"]) if known else None

    def begin_rebuild(self, job: str, first: int) -> None:
        self.storage.write_json(f"{self.root}/rebuilds/{job}.json", {"first": first})

    def end_rebuild(self, job: str) -> None:
        self.storage.delete(f"{self.root}/rebuilds/{job}.json")

    def replay(self, job: str) -> Replay | None:
        """A replay of the job's quarantine that was begun and is not done."""
        known = self.storage.read_json(f"{self.root}/replays/{job}.json")
        return Replay(**known) if known else None

    def begin_replay(self, job: str, replay: Replay) -> None:
        self.storage.write_json(f"{self.root}/replays/{job}.json", asdict(replay))

    def end_replay(self, job: str) -> None:
        self.storage.delete(f"{self.root}/replays/{job}.json")

    def half_done(self, job: str) -> str:
        """What died beside the job's own runs, and its next one finishes; empty for nothing."""
        if self.rebuild(job) is not None:
            return "rebuild"
        return "replay" if self.replay(job) is not None else ""

    def forget_plan(self, job: str) -> None:
        self.storage.delete(f"{self.root}/plans/{job}.json")


def digest(value: Any) -> str:
    """A hash of plain values, dataclasses and dates."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_digest() -> str:
    """A hash of the package and the jobs, the same from a folder and from the zip."""
    package = Path(motherlode.__file__).parent
    if package.is_dir():
        folders = (package, package.parent.parent / "jobs")
        files = {f"{f.name}/{p.relative_to(f).as_posix()}": p for f in folders for p in f.rglob("*") if p.is_file()}
        return digest({name: zlib.crc32(path.read_bytes()) for name, path in files.items() if _is_code(name)})
    with zipfile.ZipFile(package.parent) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    return digest({info.filename: info.CRC for info in infos if _is_code(info.filename)})


def _is_code(name: str) -> bool:
    return not name.startswith(_NOT_CODE) and not name.endswith(".pyc")
