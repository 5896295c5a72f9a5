"""What a simulation is asked for."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from motherlode.simulate.errors import SimulateError

FIRST_DAY = date(2017, 1, 1)
"""The first day of the real records, in store time."""
LAST_DAY = date(2018, 3, 1)
"""The day by which every record has been delivered, late ones and repeats too (exclusive)."""
MAX_SCALE = 400
"""400 copies * 10,000 numbers * 2 phones are just the 8,000,000 fictional phone numbers there are."""


@dataclass(frozen=True)
class Window:
    """Delivery days, `first` included and `until` not."""

    first: date
    until: date


@dataclass(frozen=True)
class SimulateParams:
    """One simulation.

    households: "demographics" (the 801 with demographics), "all" (2,469), or how many of the 801, as digits.
    scale: how many copies of each household, each copy with ids of its own.
    window: the delivery days to write; it changes which files are written, never what stands in one.
    """

    households: str = "demographics"
    scale: int = 1
    seed: int = 7
    window: Window = Window(FIRST_DAY, LAST_DAY)
    cache: Path = Path("build/cache")

    def checked(self) -> "SimulateParams":
        """Self, or SimulateError with what is allowed."""
        if self.households not in ("demographics", "all") and not re.fullmatch(r"[0-9]{1,6}", self.households):
            raise SimulateError(
                f"--households {self.households}: expected 'demographics', 'all' or a number from 1 to 801"
            )
        if not 1 <= self.scale <= MAX_SCALE:
            raise SimulateError(f"--scale {self.scale}: expected 1 to {MAX_SCALE}")
        if not -(2**63) <= self.seed < 2**63:
            raise SimulateError(f"--seed {self.seed}: expected a 64-bit integer")
        if self.window.until <= self.window.first:
            raise SimulateError(
                f"--until {self.window.until} is not after --from {self.window.first}: the window has no day"
            )
        if self.window.first >= LAST_DAY or self.window.until <= FIRST_DAY:
            raise SimulateError(
                f"nothing is delivered from {self.window.first} until {self.window.until}: "
                f"records run from {FIRST_DAY} until {LAST_DAY}"
            )
        return self

    def clipped(self) -> Window:
        """The window without the days on which nothing can be delivered."""
        return Window(max(self.window.first, FIRST_DAY), min(self.window.until, LAST_DAY))
