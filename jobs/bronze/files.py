"""Lists the landing folder, topics and tables, and adds what is new to the manifest; grows with the files that lie
there."""

import sys

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import bronze
from motherlode.contracts.jobs import Append, Job, Landing, Previous
from motherlode.contracts.tables import Purpose


def transform(landing: DataFrame, previous: DataFrame) -> dict[str, DataFrame]:
    """A file is new when no row has its path, size and time: one written anew under its name is read again. A whole
    table is a file of the day on which it is taken.

    Of a topic's partition the offsets are new that follow on those taken last, as many as its listing allows; one that
    ends before them was made anew, and is read from its beginning. The first listing says where it begins, though
    there is nothing yet. Of a table's cursor the values are new that follow, and with them some are read again; its
    newest row may go, and it is the same table.
    """
    batch = previous.select((F.coalesce(F.max("batch"), F.lit(0)) + 1).alias("batch"))
    known = previous.select("source", "file", "size", "modified_at")
    files = landing.where(F.col("first").isNull())
    new = files.join(known, on=["source", "file", "size", "modified_at"], how="left_anti")
    columns = [name for name in bronze.FILES.columns if name != "batch"]
    both = new.select(*columns).unionByName(_new_pieces(landing, previous).select(*columns))
    return {"files": both.crossJoin(F.broadcast(batch))}


def _new_pieces(landing: DataFrame, previous: DataFrame) -> DataFrame:
    taken = previous.where(F.col("first").isNotNull()).groupBy("source", "file")
    newest = taken.agg(F.max_by(F.col("first") + F.col("size"), "batch").alias("_next"))
    ends = landing.where(F.col("first").isNotNull()).join(newest, on=["source", "file"], how="left")
    is_same = F.col("overlap").isNotNull() | (F.col("_next") <= F.col("size"))
    pieces = ends.withColumn("_from", F.coalesce(F.when(is_same, F.col("_next")), "first"))
    begin = F.col("_from") - F.coalesce("overlap", F.lit(0))
    return (
        pieces.where((F.col("size") > F.col("_from")) | F.col("_next").isNull())
        .withColumn("first", begin)
        .withColumn("size", F.least(F.col("size") - begin, F.col("most")))
    )


JOB = Job(
    name="bronze.files",
    doc="Finds the files, messages and rows that are new",
    reads={"landing": Landing(), "previous": Previous(bronze.FILES)},
    writes=(bronze.FILES,),
    transform=transform,
    mode=Append(stream=None),
    purpose=Purpose.OPERATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
