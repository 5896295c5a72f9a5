"""What a directory already holds: the simulation it belongs to and the delivery days that are done."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from motherlode.simulate.errors import SimulateError
from motherlode.simulate.params import SimulateParams, Window

GENERATOR_VERSION = 3
"""Raised whenever the same parameters give other bytes."""


@dataclass(frozen=True)
class Stamp:
    """truth/stamp.json; `done` are the windows in the order in which they were written."""

    simulation: str
    done: tuple[Window, ...]

    def missing(self, wanted: Window) -> tuple[Window, ...]:
        """The parts of a window that are not done, oldest first."""
        gaps, first = [], wanted.first
        for window in merged(self.done):
            if first < window.first < wanted.until:
                gaps.append(Window(first, window.first))
            if window.first <= first < window.until or first < window.first < wanted.until:
                first = window.until
        if first < wanted.until:
            gaps.append(Window(first, wanted.until))
        return tuple(gaps)


def simulation_of(params: SimulateParams) -> str:
    """What must be equal for two calls to write into one directory."""
    return f"v{GENERATOR_VERSION} households={params.households} scale={params.scale} seed={params.seed}"


def read_stamp(path: Path, params: SimulateParams) -> Stamp:
    """The stamp, or an empty one; SimulateError if the directory holds another simulation."""
    wanted = simulation_of(params)
    if not path.exists():
        return Stamp(wanted, ())
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        done = tuple(Window(date.fromisoformat(w["from"]), date.fromisoformat(w["until"])) for w in content["done"])
        found = str(content["simulation"])
    except (ValueError, KeyError, TypeError):
        raise SimulateError(f"{path} cannot be read: delete {path.parent.parent} and run again") from None
    if found != wanted:
        raise SimulateError(
            f"{path.parent.parent} holds another simulation ({found}, wanted {wanted}): "
            f"choose another --out or delete it"
        )
    return Stamp(found, done)


def write_stamp(stamp: Stamp, path: Path) -> None:
    """Replaces the stamp in one step."""
    done = [{"from": w.first.isoformat(), "until": w.until.isoformat()} for w in stamp.done]
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps({"simulation": stamp.simulation, "done": done}, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


def merged(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """The same days in as few windows as possible, oldest first."""
    result: list[Window] = []
    for window in sorted(windows, key=lambda w: w.first):
        if result and window.first <= result[-1].until:
            result[-1] = Window(result[-1].first, max(result[-1].until, window.until))
        else:
            result.append(window)
    return tuple(result)


def days_in(window: Window) -> int:
    """How many days."""
    return (window.until - window.first) // timedelta(days=1)
