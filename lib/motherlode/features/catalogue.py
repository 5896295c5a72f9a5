"""The catalogue as it stands, and what people call a product's type."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F


def current(products: DataFrame) -> DataFrame:
    """The newest version of each product; of versions known at once, the greatest row_id."""
    newest_first = Window.partitionBy("product_id").orderBy(F.desc("known_at"), F.desc("row_id"))
    return products.withColumn("version", F.row_number().over(newest_first)).where("version = 1").drop("version")


def kind(narrow: Column, wide: Column) -> Column:
    """A type with its category, such as `MAINSTREAM (PASTA SAUCE)`; null without a type.

    Many types mean nothing alone, and some stand in several categories. A category that the type's name
    contains is not said twice: `EGGS - LARGE`.
    """
    what, within = said(narrow), said(wide)
    alone = within.isNull() | F.upper(what).contains(F.upper(within))
    return F.when(alone, what).otherwise(F.concat(what, F.lit(" ("), within, F.lit(")")))


def said(text: Column) -> Column:
    """The text without blanks around it; null where it says nothing."""
    return F.nullif(F.trim(text), F.lit(""))
