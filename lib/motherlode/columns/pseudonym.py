"""Keyed hashes: what stands for an identifier from silver on.

HMAC-SHA-256 of (type, scope, value), the first 128 bits in hex. The key never stands in an expression,
because literals reach plans and event logs: each worker reads it from its environment.
"""

import hmac
import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, StringType

from motherlode.columns.arrow import batched
from motherlode.columns.identifiers import E164, e164
from motherlode.columns.keys import PSEUDONYM_KEY, drivers_key, mark_of

SEPARATOR = "\x1f"
LENGTH = 32


def code(kind: Column | str, scope: Column | str, value: Column) -> Column:
    """What is hashed, as one string; null where `value` is. Types and scopes hold no separator, so no two meet."""
    head = [F.lit(part) if isinstance(part, str) else part for part in (kind, scope)]
    return F.concat(head[0], F.lit(SEPARATOR), head[1], F.lit(SEPARATOR), value)


def pseudonym(kind: str, scope: str, value: str, key: bytes) -> str:
    """The pseudonym of one normalised value, in plain Python."""
    return _digest(SEPARATOR.join((kind, scope, value)), key)


def pseudonyms(region: str) -> Callable[[Column], Column]:
    """Hashes arrays of `code` strings, place by place.

    A phone number that is not E.164 yet is read as one of `region`; null where that is impossible.
    """

    mark = mark_of(PSEUDONYM_KEY)

    def hashed(batch: pa.Array) -> pa.Array:
        key = drivers_key(PSEUDONYM_KEY, mark)
        # A batch names the same visitors again and again: each distinct value is hashed once.
        coded = batch.flatten().dictionary_encode()
        distinct = pa.array([_hashed(text, key, region) for text in coded.dictionary.to_pylist()], pa.string())
        lengths = pc.fill_null(pc.list_value_length(batch), 0)
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())])
        return pa.ListArray.from_arrays(offsets, distinct.take(coded.indices))

    return batched(hashed, ArrayType(StringType()))


def _hashed(text: str | None, key: bytes, region: str) -> str | None:
    if text is None:
        return None
    kind, scope, value = text.split(SEPARATOR, 2)
    if kind == "phone" and not re.match(E164, value):
        number = e164(value, region)
        return None if number is None else _digest(SEPARATOR.join((kind, scope, number)), key)
    return _digest(text, key)


def _digest(text: str, key: bytes) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()[:LENGTH]
