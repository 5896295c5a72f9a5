"""A sample of a table: its rows as they stand, and as csv reads them."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from motherlode.sources.looks import Look, look, plain_amount
from motherlode.sources.sniff import cells

LOOKED_AT = 2_000


@dataclass(frozen=True)
class TableSample:
    """Args: header: the names of the columns, trimmed; rows: fields as they stand, of any number."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    def column(self, name: str) -> list[str]:
        """The values of a column, of the rows that are whole."""
        at = self.header.index(name)
        return [row[at] for row in self.whole]

    @cached_property
    def whole(self) -> list[Sequence[str]]:
        """The first rows that have a field for each column."""
        return [row for row in self.rows if len(row) == len(self.header)][:LOOKED_AT]

    @cached_property
    def looks(self) -> Mapping[str, Look]:
        """What each column that has a name looks like."""
        return {name: look(self.column(name)) for name in dict.fromkeys(self.header) if name}

    def share_unique(self, names: Sequence[str]) -> float:
        """Of the rows, those whose values in these columns no row before them has."""
        places = [self.header.index(name) for name in names]
        return len({tuple(row[at] for at in places) for row in self.whole}) / max(len(self.whole), 1)

    @property
    def odd_amounts(self) -> list[str]:
        """Columns whose amounts have a decimal comma, a sign of a currency, or marks between thousands."""
        return [name for name, found in self.looks.items() if found.kind == "local_amount"]

    def to_change(self) -> tuple[str, ...]:
        """What of its values csv does not read, in a line."""
        odd = self.odd_amounts
        if not odd:
            return ()
        names = ", ".join(odd)
        return (f"{names}: amounts with a decimal comma, thousands or a currency; csv reads 1234.50: export them so",)

    def as_csv(self) -> bytes:
        """In commas, with plain amounts: as csv wants it."""
        odd = {self.header.index(name): self.looks[name].decimal_comma for name in self.odd_amounts}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        for row in self.rows:
            writer.writerow([plain_amount(v, odd[n]) if n in odd else v for n, v in enumerate(row)])
        return text.getvalue().encode()


def table_of_rows(data: bytes) -> TableSample:
    """Rows of Parquet that were written as JSON, a line each, in texts: what is none is written as it stands there."""
    rows = [json.loads(line) for line in data.splitlines()]
    header = tuple(rows[0]) if rows else ()
    return TableSample(header, [[_text(row.get(name)) for name in header] for row in rows])


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def read_table(data: bytes, delimiter: str) -> TableSample:
    """A sample in UTF-8 that has a header row."""
    rows = cells(data.decode("utf-8", errors="replace").removeprefix("\ufeff"), delimiter)
    return TableSample(tuple(name.strip() for name in rows[0]), rows[1:])
