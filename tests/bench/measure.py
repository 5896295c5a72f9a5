"""What a bench part finds, and where it is kept: a table for people, build/bench.json for programs."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build/bench.json"


@dataclass(frozen=True)
class Measure:
    """One figure beside its peer's, in the same run on the same data.

    Args:
        ours, peer: in `unit`; without a peer the figure stands alone and `ratio` is it.
        goal: the ratio that is not to be passed; None where none was set.
    """

    name: str
    unit: str
    ours: float
    peer: float | None
    goal: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.peer if self.peer else self.ours

    @property
    def holds(self) -> bool | None:
        return None if self.goal is None else self.ratio <= self.goal


def keep(found: Iterable[Measure]) -> None:
    """Replace what build/bench.json knows by these names, and print all that was found."""
    found = list(found)
    known = {row["name"]: row for row in json.loads(RESULTS.read_text())} if RESULTS.exists() else {}
    for measure in found:
        row = {**asdict(measure), "ratio": measure.ratio, "holds": measure.holds}
        known[measure.name] = {
            key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()
        }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(list(known.values()), indent=1) + "\n")
    grid = Grid("name", "ours", "peer", "ratio", "goal", "holds")
    for measure in found:
        peer = "" if measure.peer is None else f"{measure.peer:,.2f}"
        goal = "" if measure.goal is None else f"≤ {measure.goal:g}"
        holds = {None: "", True: "yes", False: "NO"}[measure.holds]
        grid.add_row(measure.name, f"{measure.ours:,.2f} {measure.unit}", peer, f"{measure.ratio:.3f}", goal, holds)
    Console(width=150).print(grid)
