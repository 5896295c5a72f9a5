"""Parquet: columns are found by name, whatever their types; a row comes as the JSON object that `rows` writes."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, problem
from motherlode.columns.identifiers import cleaned
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import CARRIED, read_json
from motherlode.sources.source import Source
from motherlode.sources.tabular import mapped, used_columns


def parse(records: DataFrame, source: Source, target: Table) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is what the source's file says."""
    used = used_columns(source)
    # A column may be called anything, so that `paths` do not serve; whatever its type, it is read as text.
    frame = read_json(records, ", ".join(f"`{name.replace('`', '``')}` string" for name in used))
    cells = {name: cleaned(F.col("r").getField(name)) for name in used}
    picked = frame.select(
        *CARRIED,
        F.struct(*[value.alias(name) for name, value in cells.items()]).alias("r"),
        first_problem(F.col("problem"), _missing(used)).alias("problem"),
    )
    return mapped(picked, source, target)


def _missing(used: list[str]) -> Column:
    """Reading the names apart is faster than a map of all columns."""
    names = F.array(*[F.lit(name) for name in used])
    missing = F.get(F.array_except(names, F.json_object_keys("raw")), F.lit(0))
    return F.when(missing.isNotNull(), problem("column_missing", missing, None, "a column of the file"))


FORMAT = Format(
    name="parquet",
    doc="Parquet: a table whose columns the source's file names",
    url="https://parquet.apache.org/docs/file-format/",
    splitter="parquet",
    parse=parse,
    targets=silver.TARGETS,
    maps_columns=True,
)
