"""The best that identity resolution could do with the evidence in the logs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from motherlode.simulate.records import IDENTIFIERS

IDENTIFIERS_PER_TASK = 500_000
"""How many identifiers one task holds in memory, about."""


@dataclass(frozen=True)
class BestScore:
    """Pairwise scores over all identifiers that belong to one person, of the components of all true edges."""

    identifiers: int
    true_edges: int
    false_edges: int
    pairs_same_person: int
    pairs_found: int
    pairs_found_right: int
    precision: float
    recall: float
    f1: float


def best_score(facts: DataFrame, owned: DataFrame) -> BestScore:
    """From the facts (rows with what = seen) and the truth of the identifiers seen (type, value, person_id, shared).

    A true edge joins two unshared identifiers of one person, so no component leaves its person: persons are dealt
    out to tasks, and scipy finds the components in each.
    """
    owner = owned.where("NOT shared").select(
        F.concat_ws(":", "type", "value").alias("node"), F.col("person_id").alias("person")
    )
    edges = _edges(facts)
    left = owner.select(F.col("node").alias("a"), F.col("person").alias("person_a"))
    right = owner.select(F.col("node").alias("b"), F.col("person").alias("person_b"))
    judged = edges.join(left, "a", "inner").join(right, "b", "inner")
    judged = judged.withColumn("is_true", F.col("person_a") == F.col("person_b")).persist()
    counts = {row["is_true"]: int(row["count"]) for row in judged.groupBy("is_true").count().collect()}
    vertices = owner.select("person", F.col("node").alias("a"), F.col("node").alias("b"))
    identifiers = vertices.count()
    graph = judged.where("is_true").select(F.col("person_a").alias("person"), "a", "b").unionByName(vertices)
    tasks = max(1, identifiers // IDENTIFIERS_PER_TASK)
    sums = graph.repartition(tasks, "person").mapInArrow(_components, "same bigint, found bigint, right bigint")
    total = sums.agg(*[F.coalesce(F.sum(n), F.lit(0)).alias(n) for n in ("same", "found", "right")]).collect()[0]
    judged.unpersist()
    same, found, right_pairs = int(total["same"]), int(total["found"]), int(total["right"])
    precision = right_pairs / found if found else 1.0
    recall = right_pairs / same if same else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return BestScore(
        identifiers, counts.get(True, 0), counts.get(False, 0), same, found, right_pairs,
        round(precision, 6), round(recall, 6), round(f1, 6),
    )  # fmt: skip


def _edges(facts: DataFrame) -> DataFrame:
    """Distinct pairs of identifiers seen together in a record: a, b as type:value."""
    pairs = ", ".join(
        f"""IF({a} IS NULL OR {b} IS NULL, NULL,
            named_struct('a', concat('{a}:', {a}), 'b', concat('{b}:', {b})))"""
        for i, a in enumerate(IDENTIFIERS)
        for b in IDENTIFIERS[i + 1 :]
    )
    seen = facts.where("what = 'seen'").select(*IDENTIFIERS).distinct()
    return seen.selectExpr(f"explode(array_compact(array({pairs}))) AS p").select("p.*").distinct()


def _components(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    rows = pa.Table.from_batches(list(batches), pa.schema([(n, pa.string()) for n in ("person", "a", "b")]))
    if rows.num_rows == 0:
        return
    loops = rows.filter(pa.compute.equal(rows["a"], rows["b"]))
    names = loops["a"].combine_chunks()
    person = loops["person"].combine_chunks().dictionary_encode()
    person_of = _codes(person)
    a = pa.compute.index_in(rows["a"], value_set=_plain(names)).to_numpy()
    b = pa.compute.index_in(rows["b"], value_set=_plain(names)).to_numpy()
    size = loops.num_rows
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    both = np.unique(np.stack([component, person_of]), axis=1, return_counts=True)[1]
    sums = [_pairs(np.bincount(person_of)), _pairs(np.bincount(component)), _pairs(both)]
    names_of_sums = ("same", "found", "right")
    yield pa.RecordBatch.from_pylist(
        [dict(zip(names_of_sums, sums, strict=True))], pa.schema([(n, pa.int64()) for n in names_of_sums])
    )


def _plain(column: pa.Array) -> pa.Array:
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def _codes(column: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    encoded = _plain(column)
    return np.asarray(encoded.indices.to_numpy(), dtype=np.int64)


def _pairs(sizes: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> int:
    wide = sizes.astype(np.int64)
    return int((wide * (wide - 1) // 2).sum())
