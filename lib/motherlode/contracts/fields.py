"""A field of a table, and the few Spark types that contracts use."""

import re
from dataclasses import dataclass

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

STRING = StringType()
BOOLEAN = BooleanType()
INTEGER = IntegerType()
LONG = LongType()
DOUBLE = DoubleType()
DATE = DateType()
TIMESTAMP = TimestampType()
MONEY = DecimalType(18, 4)
# Delta enforces no NOT NULL inside of arrays, so none is declared there.
STRINGS = ArrayType(StringType())
IDENTIFIERS = ArrayType(StructType([StructField(name, StringType()) for name in ("type", "scope", "id")]))


class ContractError(Exception):
    """A declaration contradicts itself or the graph; raised at import."""


_NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_name(kind: str, name: str) -> None:
    """Names become paths and SQL identifiers, so they are plain snake case."""
    if not _NAME.fullmatch(name):
        raise ContractError(f"{kind} {name!r}: a name is lower-case letters, digits and '_', letter first")


@dataclass(frozen=True)
class Field:
    """One column: what it means and how it may be handled.

    Args:
        pii: holds an identifier, even a pseudonym, or personal content: kept out of Delta's statistics.
        volatile: says when or in which order rows arrived, not what they say: left out of table equality.
    """

    name: str
    type: DataType
    doc: str
    nullable: bool = False
    pii: bool = False
    volatile: bool = False

    def __post_init__(self) -> None:
        check_name("field", self.name)
        if not self.doc:
            raise ContractError(f"field {self.name}: says nothing about itself")
