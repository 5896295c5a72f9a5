"""Texts made alike: Unicode's normal forms, blanks, letters."""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from motherlode.columns.arrow import batched

FORMS = ("nfc", "nfkc")
NATIVE = ("blanks", "upper", "lower")
_BLANKS = r"[\s\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]+"


def alike(text: Column, steps: Sequence[str]) -> Column:
    """`text` after the steps, in their order: of FORMS, which go through Arrow, and NATIVE. Nothing left is null."""
    for step in steps:
        text = batched(_normaliser(step.upper()), StringType())(text) if step in FORMS else native(text, step)
    return text


def native(text: Column, step: str) -> Column:
    """One step of NATIVE: runs of blanks become one and those at the ends none, or all letters are large, or small."""
    if step == "blanks":
        plain = F.trim(F.regexp_replace(text, _BLANKS, " "))
        return F.when(plain != "", plain)
    return F.upper(text) if step == "upper" else F.lower(text)


def _normaliser(form: str) -> Callable[[pa.Array], pa.Array]:
    def normalised(batch: pa.Array) -> pa.Array:
        return pc.utf8_normalize(batch, form=form)

    return normalised
