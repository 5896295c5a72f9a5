"""Typed rows as JSON texts, and Parquet files of any kind and condition into records and flaws."""

import io
import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motherlode.sources.row_groups import row_groups
from motherlode.sources.rows import json_rows
from motherlode.sources.split import Piece

LONG = 1_000_000
NAN, INF = float("nan"), float("inf")
NOON = datetime(2020, 1, 1, 12)
KINDS: dict[str, tuple[pa.Array, list[str]]] = {
    "int": (pa.array([1, None, -(2**63)]), ["1", "null", "-9223372036854775808"]),
    "uint": (pa.array([0, None, 2**64 - 1], pa.uint64()), ["0", "null", "18446744073709551615"]),
    "float": (pa.array([0.1, NAN, -1.5e-7]), ["0.1", '"NaN"', "-1.5e-7"]),
    "infinite": (pa.array([INF, None, -INF]), ['"Infinity"', "null", '"-Infinity"']),
    "float_ids": (pa.array([1234567890123456.0, None, -0.0]), ["1234567890123456", "null", "0"]),
    "float32": (pa.array([0.1, None, 1e20], pa.float32()), ["0.1", "null", "1e+20"]),
    "float16": (pa.array([1.5, None, 2], pa.float16()), ["1.5", "null", "2"]),
    "decimal": (pa.array([Decimal("1.10"), None, Decimal("-0.01")], pa.decimal128(20, 2)),
                ['"1.10"', "null", '"-0.01"']),
    "wide": (pa.array([Decimal("12345678901234567890123456789012345678.90"), None, Decimal(0)], pa.decimal256(60, 2)),
             ['"12345678901234567890123456789012345678.90"', "null", '"0.00"']),
    "date": (pa.array([date(2020, 2, 29), None, date(9999, 12, 31)]), ['"2020-02-29"', "null", '"9999-12-31"']),
    "clock": (pa.array([NOON, None, datetime(1, 1, 1)], pa.timestamp("us")),
              ['"2020-01-01T12:00:00.000000"', "null", '"0001-01-01T00:00:00.000000"']),
    "instant": (pa.array([NOON, None, NOON], pa.timestamp("ms", "UTC")),
                ['"2020-01-01T12:00:00.000Z"', "null", '"2020-01-01T12:00:00.000Z"']),
    # 12:00 UTC, shown in New York: the instant stays.
    "zoned": (pa.array([NOON, None, NOON], pa.timestamp("s", "America/New_York")),
              ['"2020-01-01T12:00:00Z"', "null", '"2020-01-01T12:00:00Z"']),
    "nanos": (pa.array([1577880000123456789, None, 0], pa.timestamp("ns")),
              ['"2020-01-01T12:00:00.123456789"', "null", '"1970-01-01T00:00:00.000000000"']),
    "time": (pa.array([time(1, 2, 3), None, time(0)], pa.time32("s")), ['"01:02:03"', "null", '"00:00:00"']),
    "length": (pa.array([timedelta(days=1), None, timedelta(0)]), ['"1 day, 0:00:00"', "null", '"0:00:00"']),
    "bool": (pa.array([True, None, False]), ["true", "null", "false"]),
    "text": (pa.array(['a"\\\n\r\t\x01\x7fé\u2028', None, ""]),
             ['"a\\"\\\\\\n\\r\\t\\u0001\x7fé\u2028"', "null", '""']),
    "large": (pa.array(["a", None, "b"], pa.large_string()), ['"a"', "null", '"b"']),
    "json": (pa.array(['{"a": "b\\n"}', None, "x"]), ['"{\\"a\\": \\"b\\\\n\\"}"', "null", '"x"']),
    "dictionary": (pa.array(["x", None, 'y"']).dictionary_encode(), ['"x"', "null", '"y\\""']),
    "bytes": (pa.array([b"\xff\x00", None, b""]), ['"/wA="', "null", '""']),
    "fixed": (pa.array([b"abc", None, b"def"], pa.binary(3)), ['"YWJj"', "null", '"ZGVm"']),
    "uuid": (pa.array([b"1" * 16, None, b"2" * 16], pa.uuid()),
             ['"31313131-3131-3131-3131-313131313131"', "null", '"32323232-3232-3232-3232-323232323232"']),
    "list": (pa.array([[1.5, None, NAN], None, []]), ['[1.5,null,"NaN"]', "null", "[]"]),
    "pair": (pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)), ["[1,2]", "null", "[3,4]"]),
    "struct": (pa.array([{"a": "é", "b": [NOON]}, None, {"a": None, "b": None}]),
               ['{"a":"é","b":["2020-01-01T12:00:00.000000"]}', "null", '{"a":null,"b":null}']),
    "map": (pa.array([[('k"', Decimal("1.5"))], None, []], pa.map_(pa.string(), pa.decimal128(5, 1))),
            ['{"k\\"":"1.5"}', "null", "{}"]),
    "numbered": (pa.array([[(3, "v"), (4, None)], None, []], pa.map_(pa.int64(), pa.string())),
                 ['{"3":"v","4":null}', "null", "{}"]),
    "deep": (pa.array([[[{"a": [1]}], None], None, [[], []]]), ['[[{"a":[1]}],null]', "null", "[[],[]]"]),
    "nothing": (pa.nulls(3), ["null", "null", "null"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_each_type(kind: str) -> None:
    values, expected = KINDS[kind]
    name = 'a "column"\n'
    said = json.dumps(name)
    assert json_rows({name: values}, 3).to_pylist() == [f"{{{said}:{text}}}" for text in expected]
    assert json_rows({"a": values.slice(1, 1)}, 1).to_pylist() == [f'{{"a":{expected[1]}}}']
    assert json_rows({"a": values.slice(2)}, 1).to_pylist() == [f'{{"a":{expected[2]}}}']


def test_rows_of_many_columns_and_of_none() -> None:
    columns = {name: values for name, (values, _) in KINDS.items()}
    rows = [json.loads(text) for text in json_rows(columns, 3).to_pylist()]
    for n, row in enumerate(rows):
        assert row == {name: json.loads(expected[n]) for name, (_, expected) in KINDS.items()}
    assert json_rows({}, 2).to_pylist() == ["{}", "{}"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.text(), st.lists(st.text(), max_size=3), st.floats(allow_nan=False, allow_infinity=False)))
)
def test_any_text_and_number_comes_back(rows: list[tuple[str, list[str], float]]) -> None:
    texts, lists, floats = ([row[n] for row in rows] for n in range(3))
    columns = {
        "text": pa.array(texts, pa.string()),
        "list": pa.array(lists, pa.list_(pa.string())),
        "float": pa.array(floats, pa.float64()),
    }
    read = [json.loads(text) for text in json_rows(columns, len(rows)).to_pylist()]
    assert read == [{"text": text, "list": many, "float": number} for text, many, number in rows]


def written(table: pa.Table, **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def read(data: bytes, start: int = 0, length: int | None = None, longest: int = LONG) -> list[Piece]:
    return list(row_groups(pa.BufferReader(data), start, length, longest))


def rows_of(pieces: list[Piece]) -> list[tuple[int, str]]:
    return [pair for p in pieces for pair in zip(p.offsets.to_pylist(), p.texts.to_pylist(), strict=True)]


def flaws_of(pieces: list[Piece]) -> list[tuple[int, str, str]]:
    return [(flaw.offset, flaw.rule, flaw.allowed) for piece in pieces for flaw in piece.flaws]


HUNDRED = pa.table({"n": list(range(100)), "text": [f"row {n}" for n in range(100)]})
RECORDS = [(n, f'{{"n":{n},"text":"row {n}"}}') for n in range(100)]


def test_every_type_comes_through_a_file() -> None:
    # A length of time is a number in Parquet.
    columns = {name: values for name, (values, _) in KINDS.items() if name != "length"}
    data = written(pa.table(columns))
    for n, (offset, text) in enumerate(rows_of(read(data))):
        assert offset == n
        assert json.loads(text) == {name: json.loads(KINDS[name][1][n]) for name in columns}


def test_the_old_kind_of_time_is_an_instant() -> None:
    times = pa.table({"at": pa.array([NOON, datetime(9999, 12, 31)], pa.timestamp("us"))})
    texts = [text for _, text in rows_of(read(written(times, use_deprecated_int96_timestamps=True)))]
    assert texts == ['{"at":"2020-01-01T12:00:00.000000Z"}', '{"at":"9999-12-31T00:00:00.000000Z"}']
    assert rows_of(read(written(times)))[0][1] == '{"at":"2020-01-01T12:00:00.000000"}'


@pytest.mark.parametrize("step", [7, 100, 1_000, 100_000])
def test_each_group_of_rows_is_read_by_the_part_it_begins_in(step: int) -> None:
    data = written(HUNDRED, row_group_size=30)
    parts = [read(data, start, step) for start in range(0, len(data), step)]
    assert [pair for pieces in parts for pair in rows_of(pieces)] == RECORDS
    assert sum(1 for pieces in parts if pieces) > 1 or step == 100_000
    assert [flaws_of(pieces) for pieces in parts if flaws_of(pieces)] == []


def test_a_large_group_comes_in_pieces() -> None:
    data = written(pa.table({"text": ["x" * 900_000] * 40}), use_dictionary=False, compression="NONE")
    pieces = read(data)
    assert len(pieces) > 1 and [offset for offset, _ in rows_of(pieces)] == list(range(40))
    assert max(len(piece.texts) for piece in pieces) <= 18


def test_what_is_no_parquet_is_one_flaw_with_its_bytes() -> None:
    whole = written(HUNDRED)
    for data in (b"", b"PAR1", b"id,a\n1,2\n", whole[:-1], whole[1:], whole[: len(whole) // 2], whole + b"\n"):
        (piece,) = read(data)
        assert rows_of([piece]) == []
        assert [(flaw.offset, flaw.rule, flaw.content) for flaw in piece.flaws] == [(0, "parquet", data)]
        assert read(data, 100, 100) == []
    (piece,) = read(whole[:-1], longest=10)
    assert piece.flaws[0].content == whole[:10]
    twice = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert flaws_of(read(written(twice))) == [(0, "parquet", "each column under a name of its own")]


def test_a_broken_group_of_rows_harms_no_other() -> None:
    data = bytearray(written(HUNDRED, row_group_size=30, write_page_checksum=True, compression="NONE"))
    at = data.index(b"row 45")
    data[at : at + 3] = b"cow"
    pieces = read(bytes(data))
    assert rows_of(pieces) == RECORDS[:30] + RECORDS[60:]
    assert flaws_of(pieces) == [(30, "parquet", "readable rows 30 to 59")]
    (flaw,) = [flaw for piece in pieces for flaw in piece.flaws]
    assert b"cow 45" in flaw.content and b"row 29" not in flaw.content and b"row 60" not in flaw.content


def test_rows_that_are_too_long_or_no_text_are_flaws_of_their_own() -> None:
    raw = [b"one", b"t\xffo", None, b"x" * 100, b"five"]
    text = pa.Array.from_buffers(pa.string(), len(raw), pa.array(raw).buffers())
    nested = pa.StructArray.from_arrays([text.take(pa.array([0, 0, 0, 0, 1]))], names=["in"])
    table = pa.table({"text": text, "kind": text.dictionary_encode(), "nested": nested})
    pieces = read(written(table), longest=120)
    assert [offset for offset, _ in rows_of(pieces)] == [0, 2]
    assert flaws_of(pieces) == [(1, "encoding", "UTF-8"), (3, "record_too_long", "120 bytes"), (4, "encoding", "UTF-8")]
    contents = [json.loads(flaw.content) for piece in pieces for flaw in piece.flaws]
    assert contents[0] == {"text": "t\\xffo", "kind": "t\\xffo", "nested": {"in": "one"}}
    assert contents[2]["nested"] == {"in": "t\\xffo"}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4), st.floats(0, 1)
)
def test_any_damage_ends_as_rows_or_flaws(damage: list[tuple[float, int]], kept: float) -> None:
    """Nothing is raised, no row has the number of another, and where rows are missing a flaw says so."""
    data = bytearray(written(HUNDRED, row_group_size=30))
    for place, byte in damage:
        data[int(place * len(data))] = byte
    if kept < 0.5:
        del data[int(2 * kept * len(data)) :]
    pieces = read(bytes(data))
    numbers = [offset for offset, _ in rows_of(pieces)]
    assert len(set(numbers)) == len(numbers)
    assert len(numbers) >= 100 or flaws_of(pieces)
