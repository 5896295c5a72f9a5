"""Readers and writers at the same time: each sees one version, never a half."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.fields import LONG, Field
from motherlode.contracts.jobs import Job, Snapshot, Upsert
from motherlode.contracts.tables import Layer, Purpose
from motherlode.runner.context import Context
from motherlode.runner.run import run_job
from motherlode.runner.warehouse import Transaction
from tests.lib.runner.small import GROUP, IN, SUMS, put, rows, table, upsert

PAIR = table(
    Layer.SILVER, "test_pair", GROUP, Field("one", LONG, "A sum."), Field("two", LONG, "It again."), key=("group_name",)
)


def test_what_is_read_twice_while_another_writes_is_the_same_version(context: Context) -> None:
    """As when two jobs read what a third writes: the plan says which version before anything is read."""
    put(context, IN, [("1", "a", 1)])

    def transform(first: DataFrame, second: DataFrame) -> dict[str, DataFrame]:
        one = first.groupBy("group_name").agg(F.sum("number").alias("one")).persist()
        assert one.count() == 1
        put(context, IN, [("2", "a", 10), ("3", "b", 10)], version=2)
        two = second.groupBy("group_name").agg(F.sum("number").alias("two"))
        return {"test_pair": one.join(two, on="group_name", how="full")}

    job = Job(
        name="silver.test_pair",
        doc="Reads twice.",
        reads={"first": IN, "second": IN},
        writes=(PAIR,),
        transform=transform,
        mode=Upsert(),
        purpose=Purpose.OPERATION,
    )
    run_job(context, job)
    assert rows(context, PAIR) == [("a", 1, 1)]


def test_a_reader_during_rewrites_sees_all_of_one_version(context: Context) -> None:
    """As serving tables are rewritten: every row of version n says n."""
    count = 50

    def write(number: int) -> None:
        frame = context.spark.range(count).select(F.col("id").cast("string"), F.lit("g"), F.lit(number).cast("long"))
        context.warehouse.overwrite(IN, frame.toDF(*IN.columns), Transaction("test:rewrite", number))

    write(1)
    seen: list[tuple[int, int, int]] = []
    ends = threading.Event()

    def read() -> None:
        while not ends.is_set():
            # By its path, as any other system does.
            newest = context.spark.read.format("delta").load(context.warehouse.path(IN))
            row = newest.agg(F.count("id"), F.min("number"), F.max("number")).head()
            assert row is not None
            seen.append((row[0], row[1], row[2]))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(2, 8):
        write(number)
    ends.set()
    reader.join()
    assert {(rows_seen, low == high) for rows_seen, low, high in seen} == {(count, True)}
    assert len({low for _, low, _ in seen}) > 1


def test_two_jobs_of_one_warehouse_run_at_once(context: Context) -> None:
    """Their leases, plans and transactions are apart."""
    put(context, IN, [(str(n), f"g{n % 3}", n) for n in range(9)])
    other = table(Layer.SILVER, "test_sums_too", *SUMS.fields, key=("group_name",))
    one = upsert([])
    two = Job(
        name="silver.test_sums_too",
        doc="Sums too.",
        reads={"numbers": IN},
        writes=(other,),
        transform=lambda numbers: {
            "test_sums_too": numbers.groupBy("group_name")
            .agg(F.sum("number").alias("number"))
            .withColumn("at", F.lit(""))
        },
        mode=Snapshot(history=False),
        purpose=Purpose.OPERATION,
    )

    def run(job: Job) -> str:
        return run_job(Context(context.spark, context.settings), job).status

    def both() -> list[str]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(run, (one, two)))

    def sums() -> list[list[tuple[object, ...]]]:
        return [rows(context, where, "group_name", "number") for where in (SUMS, other)]

    assert both() == ["done", "done"]
    assert sums() == 2 * [[("g0", 9), ("g1", 12), ("g2", 15)]]
    # Now one merges while the other rewrites.
    put(context, IN, [("9", "g1", 100)], version=2)
    assert both() == ["done", "done"]
    assert sums() == 2 * [[("g0", 9), ("g1", 112), ("g2", 15)]]
    assert Path(context.state.root, "done", "silver.test_sums_too.json").exists()
