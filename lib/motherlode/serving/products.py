"""Products as people read them."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from motherlode.features.catalogue import kind, said


def in_words(narrow: Column, wide: Column, package_size: Column) -> Column:
    """Such as `Mainstream (pasta sauce), 24 OZ`; null for a product of which neither type nor category is known."""
    what = F.coalesce(kind(narrow, wide), said(wide))
    sentence = F.concat(F.upper(F.left(what, F.lit(1))), F.lower(F.right(what, F.length(what) - 1)))
    return F.when(what.isNotNull(), F.concat_ws(", ", sentence, said(package_size)))
