"""What became of a sample's records, counted: of a sample alone, so in memory."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from motherlode.contracts.tables import Table
from motherlode.errors import QualityError
from motherlode.sources.split import Flaw
from motherlode.sources.vocabulary import EVENT_TYPES

T = TypeVar("T")
_FEW = 20
_WORDS = re.compile(r"[^\W\d][\w -]{0,29}")
_NOT_SHOWN = frozenset(
    {"row_id", "identifier", "identifiers", "occurred_on", "claimed_on", "flags", "source", "batch", "file", "offset"}
)


def _most(counts: Mapping[T, int]) -> list[tuple[T, int]]:
    """The most first, those of one number by name: the same each time."""
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))


def _told(values: list[str]) -> list[str]:
    """A source of tables may name any column as a status or type: only few short words are shown."""
    are_few = len(set(values)) <= _FEW
    return [v if v in EVENT_TYPES or (are_few and _WORDS.fullmatch(v)) else "…" for v in values]


@dataclass(frozen=True)
class Refused:
    """Records that broke one rule in one way: how many, and where the first one is."""

    rule: str
    path: str
    found: str
    allowed: str
    count: int
    offset: int
    line: int


@dataclass(frozen=True)
class Outcome:
    """Args: records, flaws: what the splitter found in data; rows, repeats, quarantine: what these became."""

    target: Table
    records: int
    flaws: tuple[Flaw, ...]
    data: bytes
    rows: pa.Table
    repeats: pa.Table
    quarantine: pa.Table

    def checked(self) -> "Outcome":
        """Itself; raises QualityError unless each record became exactly one thing."""
        if self.records != self.taken + self.repeats.num_rows + self.quarantine.num_rows:
            raise QualityError(
                f"{self.records} records, and {self.taken} taken + {self.repeats.num_rows} repeats +"
                f" {self.quarantine.num_rows} quarantined do not add up: a fault of Motherlode's, please report it"
            )
        return self

    @property
    def found(self) -> int:
        """All that lay in the sample."""
        return self.records + len(self.flaws)

    @property
    def taken(self) -> int:
        """Records that became rows; an order becomes several."""
        return len(set(self.rows["offset"].to_pylist()))

    @property
    def quarantined(self) -> int:
        return int(self.quarantine.num_rows) + len(self.flaws)

    def counts(self, *names: str) -> list[tuple[tuple[str, ...], int]]:
        """Rows by the values of columns, the most first; `…` for values that could be a person's data."""
        columns = [_told(list(map(str, self.rows[name].to_pylist()))) for name in names]
        return _most(Counter(zip(*columns, strict=True)))

    def unknown_names(self, most: int = 10) -> list[tuple[str, int]]:
        """Names of events that have no canonical type, scrubbed as they are stored."""
        if "type" not in self.rows.column_names or "name" not in self.rows.column_names:
            return []
        pairs = zip(self.rows["type"].to_pylist(), self.rows["name"].to_pylist(), strict=True)
        return _most(Counter(name for kind, name in pairs if kind == "other" and name))[:most]

    def filled(self) -> Mapping[str, float]:
        """The share of rows that have a value, for each column of the target that the source can fill."""
        rows = max(self.rows.num_rows, 1)
        names = [name for name in self.rows.column_names if name not in _NOT_SHOWN]
        return {name: 1 - self.rows[name].null_count / rows for name in names} if self.rows.num_rows else {}

    def identifiers(self) -> list[tuple[str, int]]:
        """Rows that have an identifier of a type."""
        if "identifiers" not in self.rows.column_names:
            return []
        each = [{found["type"] for found in row or ()} for row in self.rows["identifiers"].to_pylist()]
        return _most(Counter(kind for kinds in each for kind in kinds))

    def flags(self) -> list[tuple[str, int]]:
        return _most(Counter(flag for row in self.rows["flags"].to_pylist() for flag in row or ()))

    def times(self) -> tuple[str, str] | None:
        """The first and the last occurred_at, in UTC."""
        if "occurred_at" not in self.rows.column_names or not self.rows.num_rows:
            return None
        ends = pc.min_max(self.rows["occurred_at"])
        return str(ends["min"].as_py())[:19], str(ends["max"].as_py())[:19]

    def refused(self) -> list[Refused]:
        """What is quarantined, by what is wrong with it, the most first."""
        broken = [
            (row["rule"], row["path"] or "", row["found"] or "", row["allowed"] or "", int(row["offset"]))
            for row in self.quarantine.to_pylist()
        ]
        broken += [(flaw.rule, "", flaw.found, flaw.allowed, flaw.offset) for flaw in self.flaws]
        first: dict[tuple[str, str, str, str], int] = {}
        count: Counter[tuple[str, str, str, str]] = Counter()
        for rule, path, shape, allowed, offset in broken:
            what = (rule, path, shape, allowed)
            count[what] += 1
            first[what] = min(first.get(what, offset), offset)
        return [
            Refused(*what, count=number, offset=first[what], line=self.data.count(b"\n", 0, first[what]) + 1)
            for what, number in sorted(count.items(), key=lambda item: (-item[1], first[item[0]]))
        ]
