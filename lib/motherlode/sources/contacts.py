"""Plain contact points, names, addresses and birth dates into the one table that holds them, encrypted."""

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.columns.cipher import encrypted
from motherlode.columns.pseudonym import code, pseudonyms
from motherlode.contracts import silver
from motherlode.contracts.bronze import ADDRESS_COLUMNS
from motherlode.sources.hashing import identified
from motherlode.sources.intake import SilverParams, first_of_each
from motherlode.sources.registry import format_of, target_of
from motherlode.sources.source import Source


def contacts(records: DataFrame, previous: DataFrame, params: SilverParams) -> DataFrame:
    """Rows of silver.contacts: each value of each identifier once, as first said."""
    sources = params.with_contacts()
    if not sources:
        none = records.where(F.lit(False))
        return none.select(*[F.lit(None).cast(f.type).alias(f.name) for f in silver.CONTACTS.fields])
    parsed = reduce(DataFrame.unionByName, [_parsed(records, source) for source in sources])
    known = identified(parsed, params.region).where(F.col("problem").isNull())
    said = known.withColumn("contact", F.explode("contacts")).select(
        *ADDRESS_COLUMNS,
        "identifier",
        "known_at",
        F.col("contact.kind").alias("kind"),
        F.col("contact.value").alias("plain_value"),
    )
    digest = F.substring(F.sha2(F.to_json(F.struct("identifier", "kind", "_value")), 256), 1, 32)
    values = pseudonyms(params.region)(F.array(code(F.col("kind"), "contact", F.lower("plain_value"))))
    named = said.withColumn("_value", F.get(values, F.lit(0))).withColumn("row_id", digest).drop("_value")
    fresh = first_of_each(named.persist(), previous).where("is_first")
    return fresh.withColumn("value", encrypted(F.col("plain_value"))).select(*silver.CONTACTS.columns)


def _parsed(records: DataFrame, source: Source) -> DataFrame:
    mine = records.where(F.col("source") == source.name)
    if source.format == "segment":
        # Of the many events, few hold contact points: these are told without parsing.
        mine = mine.where(F.col("raw").contains('"traits"'))
    parsed = format_of(source).parse(mine, source, target_of(source))
    return parsed.select(*ADDRESS_COLUMNS, "known_at", "contacts", "plain", "flags", "problem")
