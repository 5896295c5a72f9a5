"""Tables of databases: a row comes as a JSON object, each of its values as the text that the database writes."""

from pyspark.sql import DataFrame

from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.source import Source
from motherlode.sources.tabular import mapped_objects


def parse(records: DataFrame, source: Source, target: Table) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is what the source's file says."""
    return mapped_objects(records, source, target, "a column of the table")


FORMAT = Format(
    name="jdbc",
    doc="A table of a database, whose columns the source's file names",
    url="https://jdbc.postgresql.org/documentation/",
    splitter="rows",
    parse=parse,
    targets=silver.TARGETS,
    maps_columns=True,
)
