"""How well the customers match a labelled sample of who is who, by pairs that are counted, never made."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

ALL = "all"


def accuracy(customer_map: DataFrame, truth: DataFrame) -> DataFrame:
    """The columns of identity.accuracy, for the whole sample (`all`) and for each scenario.

    A pair of identifiers counts as true if one person has both, as found if one customer has both; within a
    scenario only pairs count whose both identifiers carry it. An identifier of several people is left out,
    marked or not. One that has no customer of its own (not seen, or taken for shared) is found with nobody.

    Args:
        truth: silver.identity_truth: `identifier`, `person`, `scenario`, `is_shared`.
    """
    labels = truth.groupBy("identifier").agg(
        F.min("person").alias("person"),
        F.max("person").alias("last_person"),
        F.max("is_shared").alias("is_shared"),
        F.collect_set("scenario").alias("scenarios"),
    )
    own = customer_map.where("not is_shared").select("identifier", "customer_id")
    single = labels.where("person = last_person and not is_shared").join(own, on="identifier", how="left")
    each = single.select(
        "person",
        # An identifier without a customer is one of its own.
        F.coalesce("customer_id", "identifier").alias("customer"),
        F.explode(F.array_union("scenarios", F.array(F.lit(ALL)))).alias("scenario"),
    )
    both = each.groupBy("scenario", "person", "customer").agg(F.count("*").alias("n"))
    people = both.groupBy("scenario", "person").agg(F.sum("n").alias("n"))
    found = both.groupBy("scenario", "customer").agg(F.sum("n").alias("n"))
    counted = (
        _pairs(people, "people", "true_pairs", F.sum("n").alias("identifiers"))
        .join(_pairs(found, "customers", "found_pairs"), on="scenario", how="inner")
        .join(_pairs(both, "cells", "correct_pairs"), on="scenario", how="inner")
    )
    precision = _share("correct_pairs", F.col("found_pairs"))
    recall = _share("correct_pairs", F.col("true_pairs"))
    f1 = F.try_divide(2 * F.col("correct_pairs"), F.col("found_pairs") + F.col("true_pairs"))
    return counted.select(
        "scenario",
        "identifiers",
        "people",
        "customers",
        "true_pairs",
        "found_pairs",
        "correct_pairs",
        precision.alias("precision"),
        recall.alias("recall"),
        f1.alias("f1"),
    )


def _pairs(groups: DataFrame, count: str, pairs: str, *others: Column) -> DataFrame:
    n = F.col("n")
    half = F.sum((n * (n - 1) / 2).cast("long"))
    return groups.groupBy("scenario").agg(F.count("*").alias(count), half.alias(pairs), *others)


def _share(part: str, whole: Column) -> Column:
    return F.try_divide(F.col(part).cast("double"), whole)
