"""Rows of typed columns into records: each becomes the text of one JSON object, its columns by name.

Whole columns at a time, in Arrow. What JSON has no kind of value for becomes a text: a time is ISO 8601 (an instant
with `Z`, a wall clock's without), a decimal keeps its digits, bytes are base64, and numbers that are none are `NaN`,
`Infinity` and `-Infinity`. A float without a fraction is written as the integer that it is: where some ids are missing,
many programs keep the others as floats.
"""

import base64
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_CONTROL = re.compile(r"[\x00-\x1f]")
_EXACT = 2.0**53
"""Below it each integer has a float of its own."""


def json_rows(columns: dict[str, pa.Array], count: int) -> pa.StringArray:
    """One JSON object for each of `count` rows; text that is no UTF-8 comes out with `\\xNN` in it (see `readable`)."""
    if not columns:
        return pa.repeat(pa.scalar("{}"), count)
    parts: list[pa.Array | pa.Scalar] = []
    for name, values in columns.items():
        parts += [pa.scalar(f"{',' if parts else '{'}{json.dumps(name, ensure_ascii=False)}:"), _values(values)]
    return pc.binary_join_element_wise(*parts, "}", "")


def readable(values: pa.Array) -> np.ndarray:
    """Which rows of a column hold no text that is not UTF-8."""
    if pa.types.is_dictionary(values.type):
        found = np.append(readable(values.dictionary), True)
        # Nothing has the index -1: what was appended.
        places: np.ndarray = pc.fill_null(values.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
        return np.take(found, places)
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        return np.array([_is_valid(values.slice(n, 1)) for n in range(len(values))], dtype=bool)
    return np.ones(len(values), dtype=bool)


def _is_valid(value: pa.Array) -> bool:
    try:
        # A slice shares its neighbours' buffers, and their faults.
        value.take(pa.array([0])).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _values(values: pa.Array) -> pa.StringArray:
    """The JSON text of each value; `null` for nothing."""
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        storage = values.storage
        return _each(storage, lambda value: str(uuid.UUID(bytes=value))) if kind == pa.uuid() else _values(storage)
    if pa.types.is_dictionary(kind):
        return _or_null(_values(values.dictionary).take(values.indices))
    if pa.types.is_struct(kind):
        return _structs(values)
    if pa.types.is_map(kind):
        return _maps(values)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(values, _values(values.flatten()))
    return _or_null(_leaves(values))


def _leaves(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_null(kind):
        return pa.nulls(len(values), pa.string())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return values.cast(pa.string())
    if pa.types.is_floating(kind):
        return _floats(values)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _texts(values.cast(pa.string(), safe=False) if not pa.types.is_string(kind) else values)
    if pa.types.is_timestamp(kind):
        return _times(values)
    if pa.types.is_decimal(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
        return _quoted(values.cast(pa.string()))
    if _is_binary(kind):
        return _each(values, lambda value: base64.b64encode(value).decode())
    return _each(values, str)


def _is_binary(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def _or_null(texts: pa.Array) -> pa.StringArray:
    return pc.fill_null(texts, "null")


def _quoted(texts: pa.StringArray) -> pa.StringArray:
    return pc.binary_join_element_wise('"', texts, '"', "")


def _floats(values: pa.Array) -> pa.StringArray:
    wide = values.cast(pa.float64())
    is_whole = pc.and_(pc.less(pc.abs(wide), _EXACT), pc.equal(pc.floor(wide), wide))
    whole = pc.if_else(is_whole, wide, None).cast(pa.int64()).cast(pa.string())
    texts = pc.coalesce(whole, values.cast(pa.string()))
    no_number = pc.case_when(
        pc.make_struct(pc.is_nan(wide), pc.equal(wide, np.inf), pc.equal(wide, -np.inf)),
        '"NaN"',
        '"Infinity"',
        '"-Infinity"',
    )
    return pc.coalesce(no_number, texts)


def _times(values: pa.TimestampArray) -> pa.StringArray:
    """A zone in Arrow is how an instant is shown: the value is UTC's."""
    texts = pc.replace_substring(values.cast(pa.timestamp(values.type.unit)).cast(pa.string()), " ", "T")
    return pc.binary_join_element_wise('"', texts, '"' if values.type.tz is None else 'Z"', "")


def _texts(values: pa.StringArray) -> pa.StringArray:
    if not readable(values).all():
        raw = values.cast(pa.binary()).to_pylist()
        values = pa.array([None if value is None else value.decode("utf-8", "backslashreplace") for value in raw])
    escaped = pc.replace_substring(values, "\\", "\\\\")
    for plain, written in (('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = pc.replace_substring(escaped, plain, written)
    odd = pc.fill_null(pc.match_substring_regex(escaped, r"[\x00-\x1f]"), False)
    if pc.any(odd).as_py():
        rest = [_CONTROL.sub(lambda m: f"\\u{ord(m[0]):04x}", text) for text in escaped.filter(odd).to_pylist()]
        escaped = pc.replace_with_mask(escaped, odd, pa.array(rest, pa.string()))
    return _quoted(escaped)


def _each(values: pa.Array, written: Callable[[Any], str]) -> pa.StringArray:
    found = [None if value is None else json.dumps(written(value)) for value in values.to_pylist()]
    return _or_null(pa.array(found, pa.string()))


def _structs(values: pa.StructArray) -> pa.StringArray:
    names = [field.name for field in values.type]
    texts = json_rows(dict(zip(names, values.flatten(), strict=True)), len(values))
    return pc.if_else(values.is_valid(), texts, "null")


def _lists(values: pa.Array, inner: pa.StringArray, marks: str = "[]") -> pa.StringArray:
    """`inner`: the text of each element of all lists, in turn."""
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate(([0], np.cumsum(lengths, dtype=np.int32)))
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner), ",")
    return pc.if_else(values.is_valid(), pc.binary_join_element_wise(marks[0], joined, marks[1], ""), "null")


def _maps(values: pa.MapArray) -> pa.StringArray:
    """Objects: their keys are texts, whatever they were."""
    kind = values.type
    pairs = values.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))
    keys, items = pairs.flatten().flatten()
    names = _values(keys)
    is_text = pc.starts_with(names, '"')
    names = pc.if_else(is_text, names, _texts(names))
    return _lists(pairs, pc.binary_join_element_wise(names, ":", _values(items), ""), "{}")
