"""Products as people read them."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F


def current(versions: DataFrame, id_column: str) -> DataFrame:
    """The newest version of each thing; of versions known at once, the greatest row_id."""
    newest_first = Window.partitionBy(id_column).orderBy(F.desc("known_at"), F.desc("row_id"))
    return versions.withColumn("version", F.row_number().over(newest_first)).where("version = 1").drop("version")


def in_words(narrow: Column, wide: Column, package_size: Column) -> Column:
    """Such as `Ice - crushed/cubed, 22 LB`; null for a product of which neither type nor category is known."""
    what = F.coalesce(_said(narrow), _said(wide))
    sentence = F.concat(F.upper(F.left(what, F.lit(1))), F.lower(F.right(what, F.length(what) - 1)))
    return F.when(what.isNotNull(), F.concat_ws(", ", sentence, _said(package_size)))


def _said(text: Column) -> Column:
    return F.nullif(F.trim(text), F.lit(""))
