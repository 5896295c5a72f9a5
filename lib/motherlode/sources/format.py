"""A format, declared once: how its records are cut out of files, what of them is read, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pyspark.sql import DataFrame

from motherlode.contracts.tables import Table
from motherlode.sources.paths import ddl
from motherlode.sources.source import Source

Splitter = Literal["lines", "json_arrays", "csv", "parquet", "rows"]


@dataclass(frozen=True)
class Format:
    """One format; docs/formats.md is written from it.

    Args:
        name: that of its module, and of its file in conf/formats/, which maps the vendor's names of events.
        doc: whose it is, in a line.
        url: the vendor's documentation.
        splitter: lines; json_arrays, which are read whole, a line or a file each, objects a line too; csv; parquet,
            whose rows become JSON objects; or rows, the same of a database's table.
        parse: records, source and target to the shape of `parsed.shaped`.
        targets: the tables that records of this format can become.
        fields: what is read, as paths; without any the source's file says so.
        key: the fields that tell a repeat from something new.
        identifiers: identifier type to the fields that hold one.
        unread: what the vendor documents beside, and nothing reads: paths, or where all below is left out.
        has_contacts: a record can hold contact points without the source's file naming them.
        maps_columns: the source's file says which column is what.
        marks: names at the top of a JSON record, which all of its records have and those of no other format.
        pattern: the same for formats that are no JSON: what is found in a line of it.
        whole_days: its exports are of whole days, each named in its file as 20240131 or 2024-01-31: one delivered again
            takes the place of that day.
    """

    name: str
    doc: str
    url: str
    splitter: Splitter
    parse: Callable[[DataFrame, Source, Table], DataFrame]
    targets: tuple[Table, ...]
    fields: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    has_contacts: bool = False
    maps_columns: bool = False
    marks: tuple[str, ...] = ()
    pattern: str = ""
    whole_days: bool = False

    @property
    def schema(self) -> str:
        """Of a record in JSON, its leaves as texts."""
        return ddl(self.fields)
