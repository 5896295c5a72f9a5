"""What the runner remembers beside the tables: the plan of a run under way, the last run done, all runs."""

import hashlib
import json
import uuid
import zipfile
import zlib
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import motherlode
from motherlode.runner.storage import Storage

Versions = dict[str, int | None]
# Neither makes a table.
_NOT_CODE = ("motherlode/simulate/", "motherlode/setup/")


@dataclass(frozen=True)
class Plan:
    """What a run set out to do, written before its first write; a retry does just that.

    Args:
        sequence: counts the job's runs: the version of its Delta transactions.
        fingerprint: of all that the result rests on; the same one again is skipped.
        recipe: of code and parameters alone; another one recomputes all.
        inputs: version of every input table; models: version of every model that is read.
        outputs: version of the job's own tables before the run.
    """

    job: str
    sequence: int
    fingerprint: str
    recipe: str
    inputs: Versions
    models: dict[str, str]
    outputs: Versions
    as_of: str | None
    batch: int | None = None


@dataclass(frozen=True)
class Done:
    """A run that finished: its plan, the versions it left, rows of each table, seconds."""

    plan: Plan
    outputs: Versions
    rows: dict[str, int]
    seconds: float
    started_at: str
    status: str = "done"
    notes: dict[str, Any] = field(default_factory=dict)


class State:
    """JSON files below `warehouse/_motherlode/`, each replaced as a whole."""

    def __init__(self, storage: Storage, warehouse: str) -> None:
        self.storage = storage
        self.root = f"{warehouse.rstrip('/')}/_motherlode"

    @cached_property
    def id(self) -> str:
        """Names this state: one made anew counts its runs from 1 again."""
        path = f"{self.root}/id.json"
        known = self.storage.read_json(path)
        if known is None:
            known = {"id": uuid.uuid4().hex}
            self.storage.write_json(path, known)
        return str(known["id"])

    def checkpoint(self, job: str) -> str:
        return f"{self.root}/checkpoints/{job}"

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
        """Record the run, then let go of its plan: dying in between repeats a run that changes nothing."""
        value = asdict(done)
        job = done.plan.job
        self.storage.write_json(f"{self.root}/runs/{job}/{done.plan.sequence:08d}.json", value)
        self.storage.write_json(f"{self.root}/done/{job}.json", value)
        self.storage.delete(f"{self.root}/plans/{job}.json")


def digest(value: Any) -> str:
    """A hash of plain values, dataclasses and dates."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_digest() -> str:
    """A hash of the package and the jobs, the same from a folder and from the zip."""
    package = Path(motherlode.__file__).parent
    sums: dict[str, int] = {}
    if package.is_dir():
        for folder in (package, package.parent.parent / "jobs"):
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                sums[f"{folder.name}/{path.relative_to(folder).as_posix()}"] = zlib.crc32(path.read_bytes())
    else:
        with zipfile.ZipFile(package.parent) as archive:
            sums = {info.filename: info.CRC for info in archive.infolist() if not info.is_dir()}
    kept = {name: crc for name, crc in sums.items() if not name.startswith(_NOT_CODE) and not name.endswith(".pyc")}
    return digest(kept)
