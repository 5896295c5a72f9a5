"""The current state of every order and store sale, from its lines.

How it grows: with the orders that new lines touch; of a run, not of the table.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import silver
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.sources.orders import orders


def transform(order_lines: DataFrame) -> dict[str, DataFrame]:
    return {"orders": orders(order_lines)}


JOB = Job(
    name="silver.orders",
    doc="The current state of every order and store sale",
    reads={"order_lines": silver.ORDER_LINES},
    writes=(silver.ORDERS,),
    transform=transform,
    mode=Upsert(by=("order_id",)),
    purpose=Purpose.OPERATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
