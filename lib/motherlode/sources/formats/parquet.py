"""Parquet: columns are found by name, whatever their types; a row comes as the JSON object that `rows` writes."""

from pyspark.sql import DataFrame

from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.source import Source
from motherlode.sources.tabular import mapped_objects


def parse(records: DataFrame, source: Source, target: Table) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is what the source's file says."""
    return mapped_objects(records, source, target, "a column of the file")


FORMAT = Format(
    name="parquet",
    doc="Parquet: a table whose columns the source's file names",
    url="https://parquet.apache.org/docs/file-format/",
    splitter="parquet",
    parse=parse,
    targets=silver.TARGETS,
    maps_columns=True,
)
