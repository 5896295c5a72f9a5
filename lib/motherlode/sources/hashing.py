"""Parsed records with their identifiers as keyed hashes, and the name of each row."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, problem
from motherlode.columns.identifiers import FALLBACK
from motherlode.columns.pseudonym import code, pseudonyms
from motherlode.columns.structure import structure
from motherlode.columns.useragent import is_crawler
from motherlode.contracts import silver
from motherlode.contracts.bronze import ADDRESS_COLUMNS
from motherlode.contracts.tables import Table
from motherlode.sources.parsed import HIDDEN


def hashed(parsed: DataFrame, target: Table, region: str) -> DataFrame:
    """Adds row_id and key_id, and for people identifier, identifiers and flags of unusable ones; `key`, `content` and
    `plain` go. Events get is_bot for user_agent and marked_bot. One pass through Python, in Arrow batches.

    The row's name is keyed as well: it is made from the plain record, and guesses at a person's data could be
    tried against an unkeyed hash.
    """
    hidden = ["key_id", *HIDDEN.get(target.name, ())]
    digest = F.sha2(_row_structure(), 256)
    codes = F.concat(
        F.array(code("row", "", digest), *[F.col(name) for name in hidden]),
        F.col("plain.code"),
    )
    user_agent = is_crawler(F.col("user_agent")) if target is silver.EVENTS else F.lit(False)
    # Both functions in one projection: Spark then sends each batch to Python once.
    through = parsed.withColumn("_codes", codes).select(
        "*", pseudonyms(region)(F.col("_codes")).alias("_ids"), user_agent.alias("_crawler")
    )
    named = through.withColumn("row_id", F.get("_ids", F.lit(0)))
    for place, name in enumerate(hidden, start=1):
        named = named.withColumn(name, F.get("_ids", F.lit(place)))
    if target is silver.EVENTS:
        named = named.withColumn("is_bot", F.col("_crawler") | F.col("marked_bot")).drop("user_agent", "marked_bot")
    if "identifiers" in target.columns:
        named = _with_identifiers(named, len(hidden) + 1)
    return named.drop("_codes", "_ids", "_crawler", "key", "content", "plain")


def identified(parsed: DataFrame, region: str) -> DataFrame:
    """Adds identifier and identifiers for `plain`, which goes: what `hashed` does, without naming the row."""
    through = parsed.withColumn("_ids", pseudonyms(region)(F.col("plain.code")))
    return _with_identifiers(through, 0).drop("_ids", "plain")


def _row_structure() -> Column:
    """What names a row; a record that is not taken is named by its address, so that they never look alike."""
    address = [F.col(name).cast("string") for name in ADDRESS_COLUMNS]
    taken = structure(F.lit("taken"), F.col("source"), F.col("key"), F.col("content"))
    return F.when(F.col("problem").isNull(), taken).otherwise(structure(F.lit("broken"), *address))


def _with_identifiers(named: DataFrame, first: int) -> DataFrame:
    ids = F.slice("_ids", F.lit(first + 1), F.size("_ids"))
    pairs = F.arrays_zip(F.col("plain.type").alias("type"), F.col("plain.scope").alias("scope"), ids.alias("id"))
    seen = F.filter("_pairs", lambda pair: pair["id"].isNotNull())
    people = F.filter("_seen", lambda pair: pair["type"] != FALLBACK)
    # A number that no library could read: only the hashing finds out.
    lost = F.when(F.size("_seen") < F.size("_pairs"), F.array(F.lit("phone_unusable"))).otherwise(
        F.array().cast("array<string>")
    )
    named = named.withColumn("_pairs", pairs).withColumn("_seen", seen)
    named = named.withColumn("_people", people)
    named = named.withColumn("flags", F.array_distinct(F.concat("flags", lost)))
    named = named.withColumn(
        "identifiers",
        F.array_distinct(F.when(F.size("_people") > 0, F.col("_people")).otherwise(F.col("_seen"))),
    )
    nobody = F.when(F.size("identifiers") == 0, problem("identifier_missing", None, None, "an identifier of a person"))
    return named.select(
        *[name for name in named.columns if name not in ("_pairs", "_seen", "_people", "problem", "identifiers")],
        F.get("identifiers", F.lit(0))["id"].alias("identifier"),
        "identifiers",
        first_problem(F.col("problem"), nobody).alias("problem"),
    )
