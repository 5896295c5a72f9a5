"""The catalogue, a row for each delivered version of a product, from its raw records.

How it grows: with the catalogue, not with events; looking for repeats reads one column of the table.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return take_in(silver.PRODUCTS, records, previous, params)


JOB = Job(
    name="silver.products",
    doc="The catalogue, a row for each delivered version of a product, from its raw records",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.PRODUCTS)},
    writes=(silver.PRODUCTS, silver.QUARANTINES["products"], silver.DUPLICATES["products"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.PRODUCTS)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
