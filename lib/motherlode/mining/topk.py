"""The best products of every customer, in blocks: never all customers times all products at once."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

CUSTOMERS_PER_BLOCK = 256
PRODUCTS_PER_BLOCK = 8192
_CANDIDATES = "customer_no long, product_no int, kind_no int, score double"

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[Any]


def candidates(customers: DataFrame, products: DataFrame, k: int, per_kind: int) -> DataFrame:
    """Products never bought that hold each customer's k of the greatest scores, at most per_kind of one kind.

    A block of customers times a block of products is one matrix product; each gives its own best, and
    `best` of these are the best of all.

    Args:
        customers: customer_no, factors, bought (product_no that the customer has bought).
        products: product_no, kind_no (of which kind it is), factors.

    Returns:
        customer_no, product_no, kind_no, score.
    """

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for row in range(batch.num_rows):
                yield _candidates(batch, row, k, per_kind)

    return (
        _blocks(customers, "customer_no", CUSTOMERS_PER_BLOCK, "bought")
        .crossJoin(F.broadcast(_blocks(products, "product_no", PRODUCTS_PER_BLOCK, "kind_no")))
        .mapInArrow(score, _CANDIDATES)
    )


def best(rows: DataFrame, k: int | Column, per_kind: int) -> DataFrame:
    """The k best of each customer, at most per_kind of a kind, with their `rank` from 1.

    Repeats come first; of equal scores the smaller product_no does.

    Args:
        rows: customer_no, product_no, kind_no, score, is_repeat.
    """
    order = (F.desc("is_repeat"), F.desc("score"), F.col("product_no"))
    of_kind = F.row_number().over(Window.partitionBy("customer_no", "kind_no").orderBy(*order))
    place = F.row_number().over(Window.partitionBy("customer_no").orderBy(*order))
    return (
        rows.repartition("customer_no")
        .withColumn("of_kind", of_kind)
        .where(F.col("of_kind") <= per_kind)
        .withColumn("rank", place)
        .where(F.col("rank") <= k)
        .drop("of_kind")
    )


def _blocks(rows: DataFrame, number: str, size: int, *lists: str) -> DataFrame:
    """Rows gathered by ranges of their number, in its order: arrays NUMBERs, NUMBER_factors and the lists."""
    entry = F.struct(number, "factors", *lists)
    gathered = rows.groupBy(F.floor(F.col(number) / size)).agg(F.array_sort(F.collect_list(entry)).alias("block"))
    return gathered.select(
        F.col(f"block.{number}").alias(f"{number}s"),
        F.flatten("block.factors").alias(f"{number}_factors"),
        *[F.col(f"block.{name}").alias(name) for name in lists],
    )


def _candidates(batch: pa.RecordBatch, row: int, k: int, per_kind: int) -> pa.RecordBatch:
    customers = _values(batch, "customer_nos", row)
    products = _values(batch, "product_nos", row)
    kinds = _values(batch, "kind_no", row)
    bought = batch.column("bought")[row].values
    buyers, chosen, scores = best_of_block(
        _values(batch, "customer_no_factors", row).reshape(len(customers), -1),
        _values(batch, "product_no_factors", row).reshape(len(products), -1),
        products,
        kinds,
        np.repeat(np.arange(len(customers)), bought.value_lengths().to_numpy(zero_copy_only=False)),
        bought.flatten().to_numpy(zero_copy_only=False),
        k,
        per_kind,
    )
    columns = [
        pa.array(customers[buyers], pa.int64()),
        pa.array(products[chosen], pa.int32()),
        pa.array(kinds[chosen], pa.int32()),
        pa.array(scores, pa.float64()),
    ]
    return pa.RecordBatch.from_arrays(columns, names=["customer_no", "product_no", "kind_no", "score"])


def _values(batch: pa.RecordBatch, column: str, row: int) -> Any:
    return batch.column(column)[row].values.to_numpy(zero_copy_only=False)


def best_of_block(
    customer_factors: Floats,
    product_factors: Floats,
    product_nos: Ints,
    kinds: Ints,
    buyers: Ints,
    bought: Ints,
    k: int,
    per_kind: int,
) -> tuple[Ints, Ints, Floats]:
    """Of each customer of a block, products never bought that hold the k best with at most per_kind of a kind.

    The best of k kinds are such a list, so nothing in a better one scores less than the kth of these.

    Args:
        product_nos: ascending numbers of the block's products.
        kinds: their kinds.
        buyers, bought: pairs (place of a customer in the block, product_no).

    Returns:
        Places of customers, places of products, scores.
    """
    order = np.argsort(kinds, kind="stable")  # products of one kind side by side, by their number
    starts = np.flatnonzero(np.diff(kinds[order], prepend=kinds[order[0]] - 1))
    kind_at = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(order)))
    scores = customer_factors @ product_factors[order].T

    at = np.searchsorted(product_nos, bought).clip(max=len(product_nos) - 1)
    here = product_nos[at] == bought
    column_of = np.empty_like(order)
    column_of[order] = np.arange(len(order))
    scores[buyers[here], column_of[at[here]]] = -np.inf

    least = np.full(len(scores), np.finfo(scores.dtype).min)  # greater than what was bought
    if len(starts) >= k:
        best = np.maximum.reduceat(scores, starts, axis=1)
        least = np.maximum(least, np.partition(best, -k, axis=1)[:, -k])
    rows, columns = np.nonzero(scores >= least[:, None])
    values = scores[rows, columns]
    groups = rows * len(starts) + kind_at[columns]
    ranked = np.lexsort((columns, -values, groups))
    groups = groups[ranked]
    kept = ranked[np.arange(len(groups)) - np.searchsorted(groups, groups) < per_kind]
    return rows[kept], order[columns[kept]], values[kept]
