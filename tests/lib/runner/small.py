"""Small jobs of the tests' own, in all modes."""

from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.fields import DATE, LONG, STRING, Field
from motherlode.contracts.jobs import Append, Job, Previous, Upsert
from motherlode.contracts.tables import Layer, Purpose, Subject, Table
from motherlode.runner.context import Context
from motherlode.runner.warehouse import Transaction

ROOT = Path(__file__).resolve().parents[3]


def table(layer: Layer, name: str, *fields: Field, key: tuple[str, ...], **more: Any) -> Table:
    return Table(layer=layer, name=name, doc="A table.", owner="tests", fields=fields, key=key, **more)


NUMBER = Field("number", LONG, "A number.")
GROUP = Field("group_name", STRING, "A group.")
IN = table(Layer.SILVER, "test_in", Field("id", STRING, "An id."), GROUP, NUMBER, key=("id",))
KEPT = table(Layer.SILVER, "test_kept", Field("id", STRING, "An id."), NUMBER, key=("id",))
SEEN = table(Layer.SILVER, "test_seen", Field("id", STRING, "An id."), key=("id",))
SUMS = table(
    Layer.SILVER,
    "test_sums",
    GROUP,
    NUMBER,
    Field("at", STRING, "When.", nullable=True, volatile=True),
    key=("group_name",),
)
FACTS, TOTALS = (
    table(
        Layer.FEATURES,
        name,
        Field("customer_id", STRING, "A customer."),
        NUMBER,
        key=("customer_id",),
        subject=Subject.CUSTOMER,
        retention=9,
    )
    for name in ("test_facts", "test_totals")
)
DAILY = table(
    Layer.FEATURES, "test_daily", Field("as_of", DATE, "A day."), NUMBER, key=("as_of",), partition_by=("as_of",)
)


def put(context: Context, where: Table, rows: list[tuple[Any, ...]], version: int = 1) -> None:
    frame = context.spark.createDataFrame(rows, where.schema)
    context.warehouse.append(where, frame, Transaction(f"test:{where.name}", version))


def rows(context: Context, where: Table, *columns: str) -> list[tuple[Any, ...]]:
    found = context.warehouse.newest(where)
    return sorted(tuple(row) for row in found.select(*(columns or where.columns)).collect())


def upsert(seen: list[list[str]]) -> Job:
    def transform(numbers: DataFrame) -> dict[str, DataFrame]:
        seen.append(sorted(row[0] for row in numbers.select("group_name").distinct().collect()))
        sums = numbers.groupBy("group_name").agg(F.sum("number").alias("number"))
        return {"test_sums": sums.withColumn("at", F.lit(str(len(seen))))}

    return Job(
        name="silver.test_sums",
        doc="Sums.",
        reads={"numbers": IN},
        writes=(SUMS,),
        transform=transform,
        mode=Upsert(by=("group_name",)),
        purpose=Purpose.OPERATION,
    )


def append() -> Job:
    def transform(numbers: DataFrame, previous: DataFrame) -> dict[str, DataFrame]:
        new = numbers.join(previous.select("id"), on="id", how="left_anti").persist()
        return {"test_kept": new, "test_seen": new}

    return Job(
        name="silver.test_kept",
        doc="Keeps.",
        reads={"numbers": IN, "previous": Previous(KEPT)},
        writes=(KEPT, SEEN),
        transform=transform,
        mode=Append(stream="numbers"),
        purpose=Purpose.OPERATION,
    )
