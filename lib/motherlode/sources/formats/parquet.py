"""Parquet: columns are found by name, whatever their types; a row comes as the JSON object that `rows` writes."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, problem
from motherlode.columns.identifiers import cleaned
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import CARRIED
from motherlode.sources.source import Source
from motherlode.sources.tabular import mapped, used_columns


def parse(records: DataFrame, source: Source, target: Table) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is what the source's file says."""
    used = used_columns(source)
    # As a member of an object: Spark would take the first of two that are glued together and drop the other.
    whole = F.concat(F.lit('{"r":'), F.col("raw"), F.lit("}"))
    frame = records.withColumn("_row", F.from_json(whole, "r map<string,string>")["r"])
    row = F.col("_row")
    picked = frame.select(
        *CARRIED,
        F.struct(*[cleaned(F.try_element_at(row, F.lit(name))).alias(name) for name in used]).alias("r"),
        _layout_problem(row, used).alias("problem"),
    )
    return mapped(picked, source, target)


def _layout_problem(row: Column, used: list[str]) -> Column:
    missing = F.get(F.array_except(F.array(*[F.lit(name) for name in used]), F.map_keys(row)), F.lit(0))
    return first_problem(
        F.when(row.isNull(), problem("json", None, F.col("raw"), "one JSON object")),
        F.when(missing.isNotNull(), problem("column_missing", missing, None, "a column of the file")),
    )


FORMAT = Format(
    name="parquet",
    doc="Parquet: a table whose columns the source's file names",
    url="https://parquet.apache.org/docs/file-format/",
    splitter="parquet",
    parse=parse,
    targets=silver.TARGETS,
    maps_columns=True,
)
