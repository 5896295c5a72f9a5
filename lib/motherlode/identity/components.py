"""Connected components of a graph that is larger than any one machine.

Three named steps: `shrink` keeps a spanning forest of each partition's edges, `contract` halves the graph
by random local minima until it is small, `finish` solves the rest on one partition. Contraction is that of
Bögeholz, Brand and Todor, "In-database connected component analysis" (2018): each vertex joins the
neighbour (or itself) that a hash, new in each round, ranks least; in expectation at most three quarters of
the vertices remain after a round, whatever the graph's shape.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

EDGE = "a string, b string"
LABEL = "node string, component string"
CHUNK = 1_000_000
"""Edges that one task holds at once beside its forest."""
TWICE = StorageLevel.MEMORY_AND_DISK_2
MAX_ROUNDS = 200
"""10 billion vertices need some 80: beyond it something other than size is wrong."""


def components(edges: DataFrame, bound: int) -> DataFrame:
    """The component of each vertex that has an edge.

    Args:
        edges: `a`, `b`: strings, not null; repeats, both directions and self edges are allowed.
        bound: at most so many edges are solved on one partition (some 200 bytes of memory each).

    Returns:
        `node`, `component`: one row per vertex; a component is named after one of its vertices, the least
        one if no round of contraction was needed. The name is no promise, the partition is.

    Each round's small result is cut from its lineage by `localCheckpoint`, which needs no checkpoint folder, and
    kept on two executors: one may be lost. With both the job fails and is run again, which is always safe.
    """
    forest = shrink(edges).localCheckpoint(storageLevel=TWICE)
    representatives: list[DataFrame] = []
    while forest.count() > bound:
        if len(representatives) == MAX_ROUNDS:
            raise RuntimeError(f"no components after {MAX_ROUNDS} rounds: is `bound` ({bound}) below 1?")
        nearest = local_minima(forest, seed=len(representatives)).localCheckpoint(storageLevel=TWICE)
        representatives.append(nearest)
        forest = shrink(contract(forest, nearest)).localCheckpoint(storageLevel=TWICE)
    labels = finish(forest)
    for nearest in reversed(representatives):
        labels = _unfold(nearest, labels)
    return labels


def shrink(edges: DataFrame) -> DataFrame:
    """A forest that connects within each partition what its edges connect; each root has a self edge."""
    return edges.select("a", "b").mapInArrow(_forests, EDGE)


def finish(forest: DataFrame) -> DataFrame:
    """Components on one partition; named after their least vertex."""
    solved = forest.repartition(1).mapInArrow(_forests, EDGE)
    return solved.select(F.col("b").alias("node"), F.col("a").alias("component"))


def local_minima(forest: DataFrame, seed: int) -> DataFrame:
    """`node`, `nearest`: the least of a vertex and its neighbours, in the order that `seed` shuffles."""
    both = forest.select("a", "b").unionByName(forest.select(F.col("b").alias("a"), F.col("a").alias("b")))
    least = F.min(F.struct(_rank("b", seed), F.col("b").alias("node")))
    found = both.groupBy(F.col("a").alias("node")).agg(least.alias("least"))
    own = F.struct(_rank("node", seed), F.col("node").alias("node"))
    return found.select("node", F.least("least", own)["node"].alias("nearest"))


def contract(forest: DataFrame, nearest: DataFrame) -> DataFrame:
    """The edges between representatives; a component that has become one vertex has no edge and is gone."""
    left = nearest.select(F.col("node").alias("a"), F.col("nearest").alias("new_a"))
    right = nearest.select(F.col("node").alias("b"), F.col("nearest").alias("new_b"))
    moved = forest.join(left, on="a", how="inner").join(right, on="b", how="inner")
    return moved.where("new_a <> new_b").select(F.col("new_a").alias("a"), F.col("new_b").alias("b"))


def _unfold(nearest: DataFrame, labels: DataFrame) -> DataFrame:
    known = labels.select(F.col("node").alias("nearest"), "component")
    found = nearest.join(known, on="nearest", how="left")
    return found.select("node", F.coalesce("component", "nearest").alias("component"))


def _rank(node: str, seed: int) -> Column:
    return F.xxhash64(F.lit(seed), F.col(node)).alias("rank")


def _forests(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held: list[pa.Table] = []
    size = 0
    for batch in batches:
        held.append(pa.Table.from_batches([batch]))
        size += batch.num_rows
        if size >= CHUNK:
            held = [_stars(pa.concat_tables(held))]
            # The forest itself may be larger than a chunk: take in as much again before the next pass.
            size = min(0, CHUNK - held[0].num_rows)
    if held:
        yield from _stars(pa.concat_tables(held)).to_batches(max_chunksize=100_000)


def _stars(edges: pa.Table) -> pa.Table:
    """Edges (least vertex of the component, vertex), the least one itself among them."""
    ends = pa.chunked_array(edges["a"].chunks + edges["b"].chunks, type=pa.string())
    encoded = pa.concat_arrays(ends.chunks).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    names = encoded.dictionary
    half = edges.num_rows
    graph = coo_array((np.ones(half), (codes[:half], codes[half:])), shape=(len(names), len(names)))
    _, labels = connected_components(graph.tocsr(), directed=False)
    order = pc.array_sort_indices(names).to_numpy()
    least = np.empty(labels.max() + 1, dtype=np.int64)
    least[labels[order[::-1]]] = order[::-1]
    return pa.table({"a": names.take(pa.array(least[labels])), "b": names})
