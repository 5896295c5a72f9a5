"""The best products of every customer, in blocks: never all customers times all products at once."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

CUSTOMERS_PER_BLOCK = 256
PRODUCTS_PER_BLOCK = 8192
_CANDIDATES = "customer_no int, product_no int, score double, is_repeat boolean"

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[Any]


def best_products(customers: DataFrame, products: DataFrame, k: int, max_repeats: int) -> DataFrame:
    """The k products of the greatest scores for each customer, at most max_repeats of them bought before.

    A block of customers times a block of products is one matrix product; each gives its own best, and
    the best of these are the best of all. Equal scores: the smaller product_no first.

    Args:
        customers: customer_no, factors, bought (product_no that the customer has bought).
        products: product_no, factors.

    Returns:
        customer_no, product_no, rank (from 1), score, is_repeat.
    """

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for row in range(batch.num_rows):
                yield _candidates(batch, row, k, max_repeats)

    candidates = (
        _blocks(customers, "customer_no", CUSTOMERS_PER_BLOCK, "bought")
        .crossJoin(F.broadcast(_blocks(products, "product_no", PRODUCTS_PER_BLOCK)))
        .mapInArrow(score, _CANDIDATES)
    )
    by_score = Window.partitionBy("customer_no").orderBy(F.desc("score"), "product_no")
    repeats = F.sum(F.col("is_repeat").cast("int")).over(by_score.rowsBetween(Window.unboundedPreceding, 0))
    return (
        candidates.withColumn("repeats", repeats)
        .where(~F.col("is_repeat") | (F.col("repeats") <= max_repeats))
        .withColumn("rank", F.row_number().over(by_score))
        .where(F.col("rank") <= k)
        .select("customer_no", "product_no", "rank", "score", "is_repeat")
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


def _candidates(batch: pa.RecordBatch, row: int, k: int, max_repeats: int) -> pa.RecordBatch:
    customers = _values(batch, "customer_nos", row)
    products = _values(batch, "product_nos", row)
    bought = batch.column("bought")[row].values
    parts = best_of_block(
        _values(batch, "customer_no_factors", row).reshape(len(customers), -1),
        _values(batch, "product_no_factors", row).reshape(len(products), -1),
        products,
        np.repeat(np.arange(len(customers)), bought.value_lengths().to_numpy(zero_copy_only=False)),
        bought.flatten().to_numpy(zero_copy_only=False),
        k,
        max_repeats,
    )
    at = np.concatenate([part[0] for part in parts])
    columns = [
        pa.array(customers[at], pa.int32()),
        pa.array(np.concatenate([products[part[1]] for part in parts]), pa.int32()),
        pa.array(np.concatenate([part[2] for part in parts]), pa.float64()),
        pa.array(np.repeat([False, True], [len(part[0]) for part in parts]), pa.bool_()),
    ]
    return pa.RecordBatch.from_arrays(columns, names=["customer_no", "product_no", "score", "is_repeat"])


def _values(batch: pa.RecordBatch, column: str, row: int) -> Any:
    return batch.column(column)[row].values.to_numpy(zero_copy_only=False)


def best_of_block(
    customer_factors: Floats,
    product_factors: Floats,
    product_nos: Ints,
    buyers: Ints,
    bought: Ints,
    k: int,
    max_repeats: int,
) -> tuple[tuple[Ints, Ints, Floats], tuple[Ints, Ints, Floats]]:
    """The k best products never bought, and the max_repeats best bought ones, of each customer of a block.

    Args:
        product_nos: ascending numbers of the block's products.
        buyers, bought: pairs (place of a customer in the block, product_no), sorted by buyer.

    Returns:
        (places of customers, places of products, scores), of new products and of repeats.
    """
    scores = customer_factors @ product_factors.T
    at = np.searchsorted(product_nos, bought).clip(max=len(product_nos) - 1)
    here = product_nos[at] == bought
    buyers, at = buyers[here], at[here]
    old = scores[buyers, at]
    scores[buyers, at] = -np.inf

    take = min(k, len(product_nos))
    best = np.argpartition(scores, -take, axis=1)[:, -take:]
    rows = np.repeat(np.arange(len(scores)), take)
    columns = best.ravel()
    values = scores[rows, columns]
    new = values > -np.inf

    order = np.lexsort((at, -old, buyers))
    buyers, at, old = buyers[order], at[order], old[order]
    place = np.arange(len(buyers)) - np.searchsorted(buyers, buyers)
    kept = place < max_repeats
    return (rows[new], columns[new], values[new]), (buyers[kept], at[kept], old[kept])
