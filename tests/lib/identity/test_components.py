"""Components against scipy, on shapes that are hard for one algorithm or another."""

import random

import numpy as np
import pytest
from pyspark.sql import SparkSession
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from motherlode.identity.components import components

Edges = list[tuple[str, str]]


def hard_graph() -> Edges:
    """Many shapes side by side, in no order, so that every edge's partition is arbitrary."""
    draw = random.Random(5)
    chain = [(f"chain{n:03}", f"chain{n + 1:03}") for n in range(80)]
    star = [("star", f"star{n:03}") for n in range(40)]
    ring = [(f"ring{n:02}", f"ring{(n + 1) % 30:02}") for n in range(30)]
    sparse = [(f"r{draw.randrange(60):02}", f"r{draw.randrange(60):02}") for _ in range(45)]
    clique = [(f"k{a}", f"k{b}") for a in range(8) for b in range(8)]
    repeated = [("twice", "again")] * 300 + [("again", "twice")]
    lone = [("lone", "lone"), ("hermit", "hermit")]
    edges = [*chain, *star, *ring, *sparse, *clique, *repeated, *lone]
    draw.shuffle(edges)
    return edges


def oracle(edges: Edges) -> set[frozenset[str]]:
    names = sorted({name for edge in edges for name in edge})
    number = {name: n for n, name in enumerate(names)}
    left, right = (np.array([number[edge[end]] for edge in edges]) for end in (0, 1))
    graph = coo_array((np.ones(len(edges)), (left, right)), shape=(len(names), len(names)))
    _, labels = connected_components(graph, directed=False)
    return groups(zip(names, labels, strict=True))


def groups(labelled: object) -> set[frozenset[str]]:
    found: dict[object, set[str]] = {}
    for name, label in labelled:  # type: ignore[attr-defined]
        found.setdefault(label, set()).add(name)
    return {frozenset(group) for group in found.values()}


@pytest.mark.parametrize(("bound", "adaptive"), [(1_000, "true"), (80, "true"), (80, "false")])
def test_components_are_those_of_scipy(spark: SparkSession, bound: int, adaptive: str) -> None:
    edges = hard_graph()
    before = spark.conf.get("spark.sql.adaptive.enabled")
    spark.conf.set("spark.sql.adaptive.enabled", adaptive)
    try:
        frame = spark.createDataFrame(edges, "a string, b string").repartition(3)
        found = components(frame, bound).collect()
    finally:
        spark.conf.set("spark.sql.adaptive.enabled", before)
    assert len(found) == len({name for edge in edges for name in edge})
    assert groups((row["node"], row["component"]) for row in found) == oracle(edges)


def test_a_solved_graph_is_named_after_its_least_vertices(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("b", "c"), ("c", "a"), ("x", "x")], "a string, b string")
    found = {row["node"]: row["component"] for row in components(frame, 10).collect()}
    assert found == {"a": "a", "b": "a", "c": "a", "x": "x"}


def test_no_edges_no_components(spark: SparkSession) -> None:
    assert components(spark.createDataFrame([], "a string, b string"), 10).count() == 0
