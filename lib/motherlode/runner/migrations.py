"""From the state of an older version of Motherlode to this one's, a step for each format.

A step may die anywhere and is repeated from its start: it reads what it has not replaced yet, and the format is
raised last. A contract that changes in more than added nullable fields brings a step that changes its table.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from motherlode.errors import UsageError
from motherlode.runner.lease import held
from motherlode.runner.storage import DamagedError, Storage, damaged

FORMAT = 3
"""Raised when tables or state change in a way that code of before could not read."""


def migrate(storage: Storage, root: str, pids: tuple[int, ...] = ()) -> None:
    """Bring the state below `root` to FORMAT, and say so in `id.json`; nothing where it says that already.

    Raises:
        UsageError: it was made by a newer version, or by one too old.
    """
    found = format_of(storage, root)
    if found is None:
        storage.create(f"{root}/id.json", {"format": FORMAT})
    if found in (None, FORMAT):
        return
    if found > FORMAT or any(step not in STEPS for step in range(found, FORMAT)):
        raise UsageError(
            f"{root}: made by another version of Motherlode (format {found}, this one has {FORMAT}): run that one, or"
            " give another paths.warehouse, which is filled from the landing folder"
        )
    with held(storage, f"{root}/leases/migration", pids):
        for step in range(found, FORMAT):
            STEPS[step](storage, root)
            known = storage.read_json(f"{root}/id.json") or {}
            storage.write_json(f"{root}/id.json", {**known, "format": step + 1})


def format_of(storage: Storage, root: str) -> Any:
    """The format that `id.json` names; None for a warehouse that is yet to be made."""
    content = storage.read(f"{root}/id.json")
    if content is None:
        return None
    known = _plain(content, f"{root}/id.json")
    # Sealed from format 3 on.
    sealed = storage.read_json(f"{root}/id.json") if "sum" in known else None
    return (known if sealed is None else sealed).get("format", 0)


def _plain(content: bytes, path: str) -> dict[str, Any]:
    try:
        return dict(json.loads(content))
    except (ValueError, TypeError):
        raise DamagedError(damaged(path)) from None


def _from_2(storage: Storage, root: str) -> None:
    """Sealed files, a file for each key, and plans that say what their hash was made of.

    What was computed is computed again, once, since its old hash says nothing to us; what was appended goes on.
    """

    def old(path: str) -> dict[str, Any] | None:
        content = storage.read(path)
        if content is None:
            return None
        value = _plain(content, path)
        return None if "sum" in value else value

    def offsets_of(job: str, batch: int) -> str | None:
        content = storage.read(f"{root}/checkpoints/{job}/offsets/{batch}")
        return None if content is None else content.decode()

    def plan(value: dict[str, Any]) -> dict[str, Any]:
        batch = value["batch"]
        return {
            **{name: value[name] for name in ("job", "sequence", "inputs", "models", "outputs", "as_of", "batch")},
            "id": "",
            "code": "",
            "options": "",
            "contents": value["inputs"],
            "offsets": None if batch is None else offsets_of(value["job"], batch),
            "offsets_before": None if batch is None else offsets_of(value["job"], batch - 1),
            "checkpoint": None if batch is None else value["fingerprint"],
        }

    def jobs(folder: str) -> list[str]:
        return [f"{root}/{folder}/{name}" for name in storage.names(f"{root}/{folder}") if name.endswith(".json")]

    for name, mark in (old(f"{root}/keys.json") or {}).items():
        storage.write_json(f"{root}/keys/{name}.json", {"mark": mark})
    storage.delete(f"{root}/calendar.json")
    for path in jobs("plans"):
        if value := old(path):
            storage.write_json(path, plan(value))
    runs = [path for job in storage.names(f"{root}/runs") for path in jobs(f"runs/{job}")]
    for path in (*jobs("done"), *runs):
        if value := old(path):
            storage.write_json(path, {**value, "plan": plan(value["plan"])})
    for job in storage.names(f"{root}/checkpoints"):
        if value := old(path := f"{root}/checkpoints/{job}/motherlode.json"):
            storage.write_json(path, {"id": value["id"]})
    if value := old(f"{root}/id.json"):
        storage.write_json(f"{root}/id.json", value)
    storage.delete(f"{root}/keys.json")


STEPS: Mapping[int, Callable[[Storage, str], None]] = {2: _from_2}
