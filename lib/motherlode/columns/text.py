"""Texts made alike: Unicode's normal forms, blanks, letters."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from motherlode.columns.arrow import batched

NATIVE = ("blanks", "upper", "lower")
Form = Literal["NFC", "NFKC"]
_FORMS: dict[str, Form] = {"nfc": "NFC", "nfkc": "NFKC"}
FORMS = tuple(_FORMS)
_BLANKS = r"[\s\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]+"


def alike(text: Column, steps: Sequence[str]) -> Column:
    """`text` after the steps, in their order: of FORMS, which go through Arrow, and NATIVE. Nothing left is null."""
    for step in steps:
        text = batched(_normaliser(_FORMS[step]), StringType())(text) if step in _FORMS else native(text, step)
    return text


def native(text: Column, step: str) -> Column:
    """One step of NATIVE: runs of blanks become one and those at the ends none, or all letters are large, or small."""
    if step == "blanks":
        plain = F.trim(F.regexp_replace(text, _BLANKS, " "))
        return F.when(plain != "", plain)
    return F.upper(text) if step == "upper" else F.lower(text)


def _normaliser(form: Form) -> Callable[[pa.Array], pa.Array]:
    """By Python's tables: Arrow 25's own function takes NFC for NFD."""

    def normalised(batch: pa.Array) -> pa.Array:
        coded = batch.dictionary_encode()
        made = [None if text is None else unicodedata.normalize(form, text) for text in coded.dictionary.to_pylist()]
        return pa.array(made, pa.string()).take(coded.indices)

    return normalised
