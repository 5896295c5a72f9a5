"""The graph that evidence makes: identifiers, the edges between them, and those that people share."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.identity.params import IdentityParams


@dataclass(frozen=True)
class Graph:
    """Two tables.

    nodes: identifier, type, scope, first_at, known_at, is_shared; one row per identifier.
    edges: a, b (a < b), rank (0 is strongest), count, first_at, known_at; without shared and cut ends.
    """

    nodes: DataFrame
    edges: DataFrame


def graph(evidence: DataFrame, params: IdentityParams) -> Graph:
    """Blocked identifiers out, shared ones set apart, super-nodes cut. Its tables are persisted."""
    pairs = _pairs(evidence, params).persist()
    nodes = _nodes(pairs, params).persist()
    apart = nodes.where("is_shared or is_cut").select("identifier")
    edges = pairs.where("a <> b")
    for end in ("a", "b"):
        edges = edges.join(apart.select(F.col("identifier").alias(end)), on=end, how="left_anti")
    rank = F.greatest(_rank(F.col("a_type"), params), _rank(F.col("b_type"), params))
    return Graph(
        nodes=nodes.select("identifier", "type", "scope", "first_at", "known_at", "is_shared"),
        edges=edges.select("a", "b", rank.alias("rank"), "count", "first_at", "known_at").persist(),
    )


def _pairs(evidence: DataFrame, params: IdentityParams) -> DataFrame:
    kept = evidence
    if params.blocked:
        blocked = [F.col(end).isin(*params.blocked) for end in ("identifier", "other")]
        kept = evidence.where(~blocked[0] & ~blocked[1])
    return kept.groupBy(
        F.col("identifier").alias("a"),
        F.col("identifier_type").alias("a_type"),
        F.col("identifier_scope").alias("a_scope"),
        F.col("other").alias("b"),
        F.col("other_type").alias("b_type"),
        F.col("other_scope").alias("b_scope"),
    ).agg(
        F.min("first_at").alias("first_at"),
        F.min("known_at").alias("known_at"),
        F.sum("count").alias("count"),
    )


def _nodes(pairs: DataFrame, params: IdentityParams) -> DataFrame:
    # A pair stands once in `pairs`, so counting rows counts distinct partners.
    ends = _ends(pairs, "a", "b").unionByName(_ends(pairs.where("a <> b"), "b", "a"))
    names_one = (F.col("other") != F.col("identifier")) & F.col("other_type").isin(*params.unique)
    # By what the partners are first: an identifier with millions of them is spread over many tasks.
    times = F.min("first_at").alias("first_at"), F.min("known_at").alias("known_at")
    of_one_kind = ends.groupBy("identifier", "type", "scope", "other_type", "other_scope").agg(
        *times, F.count_if(names_one).alias("people")
    )
    is_timed = F.col("type").isin(*params.timed)
    return (
        of_one_kind.groupBy("identifier", "type", "scope")
        .agg(*times, F.max("people").alias("people"))
        .withColumn("is_shared", is_timed & (F.col("people") > params.max_people))
        .withColumn("is_cut", ~is_timed & (F.col("people") > params.supernode))
    )


def _ends(pairs: DataFrame, here: str, there: str) -> DataFrame:
    return pairs.select(
        F.col(here).alias("identifier"),
        F.col(f"{here}_type").alias("type"),
        F.col(f"{here}_scope").alias("scope"),
        F.col(there).alias("other"),
        F.col(f"{there}_type").alias("other_type"),
        F.col(f"{there}_scope").alias("other_scope"),
        "first_at",
        "known_at",
    )


def _rank(kind: Column, params: IdentityParams) -> Column:
    position = F.array_position(F.array(*[F.lit(name) for name in params.strength]), kind)
    return F.when(position > 0, position - 1).otherwise(len(params.strength)).cast("int")
