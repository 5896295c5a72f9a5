"""A table, declared once: its layer, fields, key, layout and what privacy asks of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

from motherlode.contracts.fields import BOOLEAN, ContractError, Field, check_name


class Layer(IntEnum):
    """The one direction in which data flows: a job reads its own layer and those left of it."""

    BRONZE = 1
    SILVER = 2
    IDENTITY = 3
    FEATURES = 4
    MINING = 5
    SERVING = 6
    ACTIVATION = 7

    @property
    def label(self) -> str:
        return self.name.lower()


class Purpose(StrEnum):
    """What a person can consent to; OPERATION is running the pipeline itself, up to identity."""

    OPERATION = "operation"
    ANALYTICS = "analytics"
    PERSONALISATION = "personalisation"
    MARKETING = "marketing"


class Subject(StrEnum):
    """Whom the rows of a table are about, and so the column by which consent and erasure reach them."""

    RECORD = "record"
    IDENTIFIER = "identifier"
    CUSTOMER = "customer"

    @property
    def column(self) -> str:
        """The field that names the person: a record is reached through its address only."""
        return {"record": "offset", "identifier": "identifier", "customer": "customer_id"}[self.value]


ALL_PURPOSES = frozenset(Purpose)


@dataclass(frozen=True)
class Origin:
    """Where rows of a table come from: one step of `explain`.

    Args:
        table: the full name of the table to the left, such as `silver.events`.
        on: pairs (column here, column there) that must be equal.
        contains: pairs (array column here, array column there): there holds all that stands here.
        until: (date column here, date column there): there is not later than here.
        during: (first moment here, end here, time there): there lies from the first, inclusive, to the end, exclusive.
    """

    table: str
    on: tuple[tuple[str, str], ...] = ()
    contains: tuple[tuple[str, str], ...] = ()
    until: tuple[str, str] | None = None
    during: tuple[str, str, str] | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every column here with the column there that it is compared with."""
        found = [*self.on, *self.contains]
        if self.until:
            found.append(self.until)
        if self.during:
            first, end, time = self.during
            found += [(first, time), (end, time)]
        return found


@dataclass(frozen=True)
class Table:
    """A Delta table at `warehouse/LAYER/NAME`. Building an inconsistent one raises ContractError.

    Args:
        key: the columns that are together unique, never null.
        retention: days that rows may be kept; None keeps them. Nothing deletes them yet.
        constraints: (name, SQL condition) that every row must fulfil; checked by Delta at each write, whose
            error prints the row's values: so never over PII.
        made_from: how a row leads back to the rows that it rests on.
    """

    layer: Layer
    name: str
    doc: str
    owner: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...] = ()
    cluster_by: tuple[str, ...] = ()
    subject: Subject | None = None
    purposes: frozenset[Purpose] = ALL_PURPOSES
    retention: int | None = None
    constraints: tuple[tuple[str, str], ...] = ()
    made_from: tuple[Origin, ...] = ()

    def __post_init__(self) -> None:
        check_name("table", self.name)
        names = [field.name for field in self.fields]
        if duplicates := sorted({name for name in names if names.count(name) > 1}):
            raise ContractError(f"{self.full_name}: declared twice: {', '.join(duplicates)}")
        for role, columns in (("key", self.key), ("partition", self.partition_by), ("cluster", self.cluster_by)):
            if missing := [column for column in columns if column not in names]:
                raise ContractError(f"{self.full_name}: {role} {', '.join(missing)} is no field")
        if not self.key:
            raise ContractError(f"{self.full_name}: has no key")
        if nullable := [name for name in self.key if self[name].nullable]:
            raise ContractError(f"{self.full_name}: key {', '.join(nullable)} may not be null")
        if self.partition_by and self.cluster_by:
            raise ContractError(f"{self.full_name}: partitioned and clustered at once")
        pii = [field.name for field in self.fields if field.pii]
        if pii and (self.subject is None or self.retention is None):
            raise ContractError(f"{self.full_name}: {', '.join(pii)} is PII, so it needs a subject and a retention")
        if layout := [name for name in (*self.partition_by, *self.cluster_by) if name in pii]:
            raise ContractError(f"{self.full_name}: laid out by PII: {', '.join(layout)}")
        if self.subject is not None and self.subject.column not in names:
            raise ContractError(f"{self.full_name}: subject {self.subject} needs a field {self.subject.column}")
        for name, condition in self.constraints:
            check_name("constraint", name)
            if exposed := [column for column in pii if re.search(rf"\b{column}\b", condition)]:
                raise ContractError(f"{self.full_name}: constraint {name} is over PII: {', '.join(exposed)}")
        for origin in self.made_from:
            used = [here for here, _ in (*origin.on, *origin.contains)] + ([origin.until[0]] if origin.until else [])
            if missing := [column for column in used if column not in names]:
                raise ContractError(f"{self.full_name}: origin {origin.table} uses {', '.join(missing)}: no field")

    def __getitem__(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise ContractError(f"{self.full_name} has no field {name!r}")

    @property
    def full_name(self) -> str:
        return f"{self.layer.label}.{self.name}"

    @property
    def columns(self) -> list[str]:
        return [field.name for field in self.fields]

    @property
    def stable_columns(self) -> list[str]:
        """The columns that table equality compares."""
        return [field.name for field in self.fields if not field.volatile]

    @property
    def schema(self) -> StructType:
        """The exact Spark schema that is written."""
        return StructType([StructField(f.name, f.type, f.nullable) for f in self.fields])

    @property
    def statistics_columns(self) -> list[str]:
        """Columns whose minima and maxima may stand in Delta's log."""
        kept = [f for f in self.fields if not f.pii and f.name not in self.partition_by]
        return [f.name for f in kept if _has_statistics(f.type)]


def _has_statistics(kind: DataType) -> bool:
    return not isinstance(kind, (ArrayType, MapType, StructType)) and kind != BOOLEAN


def index(tables: Sequence[Table]) -> dict[str, Table]:
    """Tables by full name; two of one name are an error."""
    found: dict[str, Table] = {}
    for table in tables:
        if table.full_name in found:
            raise ContractError(f"{table.full_name} is declared twice")
        found[table.full_name] = table
    return found
