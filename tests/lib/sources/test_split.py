"""Files into records: offsets lead back to the bytes, nothing is lost, neighbours of a flaw are not harmed."""

import csv
import io
import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from motherlode.sources.split import Piece, split

LONG = 1_000_000
FIELD = st.lists(st.sampled_from(["a", '"', ",", "\n", "\r\n", " ", "é"]), max_size=6).map("".join)


def pairs(piece: Piece) -> list[tuple[int, str]]:
    return list(zip(piece.offsets.to_pylist(), piece.texts.to_pylist(), strict=True))


def test_lines_with_blank_ones_crlf_and_a_byte_order_mark() -> None:
    data = b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"b":2}\nlast'
    piece = split("lines", data, 0, LONG)
    assert pairs(piece) == [(3, '{"a":1}'), (16, '{"b":2}'), (24, "last")]
    assert piece.flaws == ()


def test_a_chunk_counts_from_where_it_starts() -> None:
    assert pairs(split("lines", b"one\ntwo\n", 100, LONG)) == [(100, "one"), (104, "two")]


def test_bytes_that_are_no_text_and_too_long_lines_are_flaws() -> None:
    piece = split("lines", b"good\n\xff\xfebad\n" + b"x" * 50 + b"\nfine\n", 0, 20)
    assert pairs(piece) == [(0, "good"), (62, "fine")]
    assert [(flaw.offset, flaw.rule, flaw.content) for flaw in piece.flaws] == [
        (11, "record_too_long", b"x" * 50),
        (5, "encoding", b"\xff\xfebad"),
    ]


def test_csv_rows_with_line_breaks_in_quotes() -> None:
    data = b'id,text\n1,"two\nlines, ""quoted"""\n2,plain\n'
    piece = split("csv", data, 0, LONG)
    assert piece.header == "id,text"
    assert pairs(piece) == [(8, '1,"two\nlines, ""quoted"""'), (34, "2,plain")]


def test_a_quote_inside_a_field_harms_its_own_line_alone() -> None:
    data = b'id,size\n1,5" pipe\n2,plain\n3,6" pipe\n4,"a\nb"\n'
    piece = split("csv", data, 0, LONG)
    assert [text for _, text in pairs(piece)] == ['1,5" pipe', "2,plain", '3,6" pipe', '4,"a\nb"']


def test_quotes_inside_a_row_that_also_has_quoted_fields() -> None:
    rows = ['1,"Pipe",5" x', '2,"a",plain', '3,"b" and more,1', '4,"c",6" y', '5,7" z,"two\nlines"', "6,8,9"]
    data = "\n".join(["id,name,size", *rows]).encode()
    assert [text for _, text in pairs(split("csv", data, 0, LONG))] == rows


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.lists(FIELD, min_size=2, max_size=3), min_size=1, max_size=20),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_csv_writers_write_comes_back(rows: list[list[str]], line_end: str) -> None:
    text = io.StringIO(newline="")
    numbered = [[str(n), *row] for n, row in enumerate(rows)]
    csv.writer(text, lineterminator=line_end).writerows([["id", "a", "b"], *numbered])
    piece = split("csv", text.getvalue().encode(), 0, LONG)
    assert [next(csv.reader(io.StringIO(found, newline=""), strict=True)) for _, found in pairs(piece)] == numbered


def test_a_header_may_hold_a_quoted_line_break() -> None:
    piece = split("csv", b'id,"two\r\nlines"\r\n1,2\r\n', 0, LONG)
    assert (piece.header, [text for _, text in pairs(piece)]) == ('id,"two\r\nlines"', ["1,2"])


def test_lines_that_end_in_a_carriage_return_alone_are_one_flaw() -> None:
    data = b"id,a\r1,2\r3,4\r"
    piece = split("csv", data, 0, LONG)
    assert (pairs(piece), [(flaw.rule, flaw.content) for flaw in piece.flaws]) == ([], [("line_ends", data)])


def test_a_quote_that_never_closes_does_not_swallow_the_file() -> None:
    rows = b"".join(b"%d,x\n" % n for n in range(500))
    piece = split("csv", b'id,text\n0,"open\n' + rows, 0, LONG)
    assert len(piece.texts) == 501


def test_json_arrays_by_element() -> None:
    data = '[{"a":"é"}, {"b":[1,{"c":2}]}]\n[]\n{"single":1}\n[{"d":1},{"e":\n[{"f":1}]\n'.encode()
    piece = split("json_arrays", data, 0, LONG)
    assert [text for _, text in pairs(piece)] == [
        '{"a":"é"}',
        '{"b":[1,{"c":2}]}',
        '{"single":1}',
        '{"d":1}',
        '{"f":1}',
    ]
    for offset, text in pairs(piece):
        assert data[offset : offset + len(text.encode())] == text.encode()
    assert [(flaw.rule, flaw.content) for flaw in piece.flaws] == [("json_array", b',{"e":')]


def test_arrays_glued_together_and_what_stands_behind_them() -> None:
    data = b'[{"a":1}][{"b":2}]\n[{"c":3}]{"d":4}\n[{"e":5}] [] \n[]x\n[{"f":6},]\n[{"g":7}\n'
    piece = split("json_arrays", data, 0, LONG)
    assert [json.loads(text) for _, text in pairs(piece)] == [
        {"a": 1},
        {"b": 2},
        {"c": 3},
        {"e": 5},
        {"f": 6},
        {"g": 7},
    ]
    assert [(flaw.rule, flaw.content) for flaw in piece.flaws] == [
        ("json_array", b']{"d":4}'),
        ("json_array", b"[]x"),
        ("json_array", b",]"),
        ("json_array", b""),
    ]
    lines = b'[\n{"a":1}\n]\n{"b":2}\n{"c":3}\n'
    piece = split("json_arrays", lines, 0, LONG)
    assert [json.loads(text) for _, text in pairs(piece)] == [{"a": 1}]
    assert [flaw.content for flaw in piece.flaws] == [b'\n]\n{"b":2}\n{"c":3}\n']


def test_one_array_over_many_lines() -> None:
    data = json.dumps([{"n": 1}, {"n": 2}], indent=2).encode()
    assert [json.loads(text)["n"] for _, text in pairs(split("json_arrays", data, 0, LONG))] == [1, 2]
    broken = split("json_arrays", data[:-6], 0, LONG)
    assert [json.loads(text)["n"] for _, text in pairs(broken)] == [1]
    assert [flaw.rule for flaw in broken.flaws] == ["json_array"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["lines", "csv", "json_arrays"]))
def test_any_bytes_at_all(data: bytes, kind: str) -> None:
    """Every record's offset leads back to its very bytes; no byte of a line is in two places."""
    piece = split(kind, data, 0, 100)
    spans = []
    for offset, text in pairs(piece):
        content = text.encode()
        assert data[offset : offset + len(content)] == content
        spans.append((offset, offset + len(content)))
    spans += [(flaw.offset, flaw.offset + len(flaw.content)) for flaw in piece.flaws]
    spans.sort()
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    if kind == "lines":
        kept = b"".join(data[a:b] for a, b in spans)
        # What is left out is line ends, blanks and a byte-order mark: nothing that says something.
        missing = len(data) - len(kept)
        breaks = data.count(b"\n") + data.count(b"\r")
        blank = sum(len(line) for line in data.split(b"\n") if not line.strip() or not _text(line).strip())
        assert missing <= breaks + blank + 3


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return "x"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3), max_size=8))
def test_arrays_give_back_their_elements(elements: list[dict[str, str]]) -> None:
    data = json.dumps(elements, ensure_ascii=False).encode()
    found = [json.loads(text) for _, text in pairs(split("json_arrays", data, 0, LONG))]
    assert found == elements
