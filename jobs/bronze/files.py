"""Lists the landing folder and adds what is new to the manifest; grows with the files that lie there."""

import sys

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import bronze
from motherlode.contracts.jobs import Append, Job, Landing, Previous
from motherlode.contracts.tables import Purpose


def transform(landing: DataFrame, previous: DataFrame) -> dict[str, DataFrame]:
    """A file is new when no row has its path, size and time: one written anew under its name is read again."""
    known = previous.select("source", "file", "size", "modified_at")
    batch = previous.select((F.coalesce(F.max("batch"), F.lit(0)) + 1).alias("batch"))
    new = landing.join(known, on=["source", "file", "size", "modified_at"], how="left_anti")
    return {"files": new.crossJoin(F.broadcast(batch))}


JOB = Job(
    name="bronze.files",
    doc="Finds the files that are new",
    reads={"landing": Landing(), "previous": Previous(bronze.FILES)},
    writes=(bronze.FILES,),
    transform=transform,
    mode=Append(stream=None),
    purpose=Purpose.OPERATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
