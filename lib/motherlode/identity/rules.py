"""The rules within a component: which of its identifiers are one customer, and since when that was known."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.identity.graph import Graph

MEMBER = "identifier string, type string, oldest string, known_from timestamp"
MEMBER_ARROW = pa.schema(
    [
        ("identifier", pa.string()),
        ("type", pa.string()),
        ("oldest", pa.string()),
        ("known_from", pa.timestamp("us", tz="UTC")),
    ]
)
ROWS_OUT = 100_000
COLUMNS = ("component", "rank", "first_at", "known_at", "a", "b", "scope")


def members(graph: Graph, labels: DataFrame, unique: Sequence[str]) -> DataFrame:
    """The customer of each identifier that is not shared.

    Edges are taken from the strongest to the weakest (rank, then most often seen, then first seen), as in
    Kruskal's algorithm; one that would bring two values of a unique type and scope together is left out. So
    where evidence contradicts itself, the weakest edge of the contradiction gives way.

    Args:
        labels: `node`, `component`, for every end of an edge.
        unique: types of which a customer has at most one value in each scope.

    Returns:
        `identifier`, `type`, `oldest` (the customer's identifier that was seen first), `known_from` (when
        the evidence that connects the identifier to the oldest one was complete).
    """
    nodes = graph.nodes.where(~F.col("is_shared")).join(
        labels.withColumnRenamed("node", "identifier"), on="identifier", how="left"
    )
    node_rows = nodes.select(
        F.coalesce("component", "identifier").alias("component"),
        F.lit(-1).alias("rank"),
        F.lit(0).cast("long").alias("count"),
        F.unix_micros("first_at").alias("first_at"),
        F.unix_micros("known_at").alias("known_at"),
        F.col("identifier").alias("a"),
        F.col("type").alias("b"),
        "scope",
    )
    edge_rows = graph.edges.join(labels.withColumnRenamed("node", "a"), on="a", how="inner").select(
        "component",
        "rank",
        (-F.col("count")).alias("count"),
        F.unix_micros("first_at").alias("first_at"),
        F.unix_micros("known_at").alias("known_at"),
        "a",
        "b",
        F.lit(None).cast("string").alias("scope"),
    )
    order = ("component", "rank", "count", "first_at", "a", "b")
    rows = node_rows.unionByName(edge_rows).repartition("component").sortWithinPartitions(*order)
    return rows.mapInArrow(partial(_solve, unique=tuple(unique)), MEMBER)


@dataclass
class Component:
    """One component as its rows arrive: first its identifiers, then its edges, strongest first."""

    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    scopes: list[str | None] = field(default_factory=list)
    first_at: list[int] = field(default_factory=list)
    known_at: list[int] = field(default_factory=list)
    edges: list[tuple[int, int, int]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, rank: int, first_at: int, known_at: int, a: str, b: str, scope: str | None) -> None:
        if rank < 0:
            self.numbers[a] = len(self.names)
            self.names.append(a)
            self.types.append(b)
            self.scopes.append(scope)
            self.first_at.append(first_at)
            self.known_at.append(known_at)
        else:
            self.edges.append((self.numbers[a], self.numbers[b], known_at))

    def customers(self, unique: frozenset[str]) -> list[int]:
        """For each identifier the number that stands for its customer."""
        parents = list(range(len(self.names)))
        kinds = zip(self.types, self.scopes, strict=True)
        held = [{(kind, scope): n} if kind in unique else {} for n, (kind, scope) in enumerate(kinds)]
        for a, b, _ in self.edges:
            left, right = _root(parents, a), _root(parents, b)
            if left == right or not held[left].keys().isdisjoint(held[right]):
                continue
            parents[right] = left
            held[left] |= held[right]
        return [_root(parents, n) for n in range(len(parents))]

    def oldest(self, customers: list[int]) -> dict[int, int]:
        """For each customer its identifier that was seen first."""
        found: dict[int, int] = {}
        for n, customer in enumerate(customers):
            best = found.setdefault(customer, n)
            if (self.first_at[n], self.names[n]) < (self.first_at[best], self.names[best]):
                found[customer] = n
        return found

    def known_from(self, customers: list[int], oldest: dict[int, int]) -> list[int]:
        """When each identifier became connected to its customer's oldest: the latest edge of the path
        that was complete first. Edges are taken in the order in which they became known; whatever an edge
        joins to the oldest identifier's part became known with it.
        """
        found = list(self.known_at)
        parents = list(range(len(self.names)))
        waiting: list[list[int] | None] = [[n] for n in parents]
        for n in oldest.values():
            waiting[n] = None
        for a, b, known_at in sorted(self.edges, key=lambda edge: edge[2]):
            if customers[a] != customers[b]:
                continue
            left, right = _root(parents, a), _root(parents, b)
            if left == right:
                continue
            here, there = waiting[left], waiting[right]
            if here is not None and (there is None or len(here) < len(there)):
                left, right, here, there = right, left, there, here
            parents[right] = left
            for n in there or ():
                if here is None:
                    found[n] = known_at
                else:
                    here.append(n)
        return found


def _root(parents: list[int], n: int) -> int:
    while parents[n] != n:
        parents[n] = parents[parents[n]]
        n = parents[n]
    return n


def _solve(batches: Iterator[pa.RecordBatch], unique: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    kinds = frozenset(unique)
    out: dict[str, list[Any]] = {name: [] for name in MEMBER_ARROW.names}
    current: str | None = None
    component = Component()
    for batch in batches:
        columns = [batch.column(name).to_pylist() for name in COLUMNS]
        for label, *row in zip(*columns, strict=True):
            if label != current:
                _emit(component, kinds, out)
                if len(out["identifier"]) >= ROWS_OUT:
                    yield _batch(out)
                current, component = label, Component()
            component.add(*row)
    _emit(component, kinds, out)
    yield _batch(out)


def _emit(component: Component, unique: frozenset[str], out: dict[str, list[Any]]) -> None:
    customers = component.customers(unique)
    oldest = component.oldest(customers)
    out["identifier"] += component.names
    out["type"] += component.types
    out["oldest"] += [component.names[oldest[customer]] for customer in customers]
    out["known_from"] += component.known_from(customers, oldest)


def _batch(out: dict[str, list[Any]]) -> pa.RecordBatch:
    make: Callable[..., pa.Array] = pa.array
    arrays = [make(out[column.name], type=column.type) for column in MEMBER_ARROW]
    for values in out.values():
        values.clear()
    return pa.RecordBatch.from_arrays(arrays, schema=MEMBER_ARROW)
