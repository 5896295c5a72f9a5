"""Files into records: offsets lead back to the bytes, nothing is lost, neighbours of a flaw are not harmed."""

import csv
import hashlib
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
    assert piece.headers.to_pylist() == ["id,text"] * 2
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
    assert (piece.headers.to_pylist(), [text for _, text in pairs(piece)]) == (['id,"two\r\nlines"'], ["1,2"])


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


def test_byte_order_marks_amid_files_that_were_glued_together() -> None:
    mark = b"\xef\xbb\xbf"
    piece = split("lines", b"%b{1}\n%b{2}\n{3}\n" % (mark, mark), 0, LONG)
    assert pairs(piece) == [(3, "{1}"), (10, "{2}"), (14, "{3}")]
    arrays = b'%b[{"a":1}]%b[{"b":2}]\n%b[{"c":3}]' % (mark, mark, mark)
    piece = split("json_arrays", arrays, 0, LONG)
    assert [text for _, text in pairs(piece)] == ['{"a":1}', '{"b":2}', '{"c":3}']
    assert all(arrays[at : at + len(text)] == text.encode() for at, text in pairs(piece))
    table = split("csv", b"%bid,a\n1,2\n%bid,a\n3,4\n" % (mark, mark), 0, LONG)
    assert [text for _, text in pairs(table)] == ["1,2", "id,a", "3,4"]
    assert table.headers.to_pylist() == ["id,a"] * 3
    assert (split("lines", mark, 0, LONG).flaws, len(split("csv", mark, 0, LONG).texts)) == ((), 0)


def test_rows_have_the_header_that_stands_above_them() -> None:
    """A new version of a program writes on with other columns, or in another order."""
    rows = ["id,name,size", "1,id,name", "2,b,7", '"size", name ,id', "9,c,3", "id,name,colour", "4,d,red"]
    piece = split("csv", "\r\n".join(rows).encode(), 0, LONG)
    assert list(zip(piece.headers.to_pylist(), [text for _, text in pairs(piece)], strict=True)) == [
        ("id,name,size", "1,id,name"),
        ("id,name,size", "2,b,7"),
        ('"size", name ,id', '"size", name ,id'),
        ('"size", name ,id', "9,c,3"),
        ("id,name,colour", "id,name,colour"),
        ("id,name,colour", "4,d,red"),
    ]


def test_an_element_that_is_nested_too_deeply_or_has_a_number_too_long_harms_no_neighbour() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    elements = ['{"a":1}', f'{{"b":{deep},"c":"]}}"}}', f'{{"d":{"9" * 6_000}}}', '{"e":NaN}', '{"f":"\\ud800"}']
    piece = split("json_arrays", f"[{', '.join(elements)}]".encode(), 0, LONG)
    assert ([text for _, text in pairs(piece)], piece.flaws) == (elements, ())
    cut = split("json_arrays", f"[{elements[0]},{elements[1][:-50]}\n{elements[0]}".encode(), 0, LONG)
    assert ([text for _, text in pairs(cut)], len(cut.flaws)) == ([elements[0]] * 2, 1)


def test_of_what_is_too_long_the_beginning_the_length_and_the_hash_are_kept() -> None:
    long = b"x" * 9_000
    digest = hashlib.sha256(long).hexdigest()
    for kind, data in {
        "lines": b"good\n" + long + b"\n",
        "csv": b"id,a\n" + long + b"\n",
        "array_lines": b"[{}]\n" + long + b"\n",
    }.items():
        (flaw,) = split(kind, data, 0, 5_000).flaws
        assert (flaw.offset, flaw.rule, flaw.length, flaw.digest) == (5, "record_too_long", 9_000, digest)
        assert flaw.content == long[:4_096]
    (flaw,) = split("csv", b"\xff\xfe" + long, 0, 5_000).flaws
    assert (flaw.rule, flaw.length, len(flaw.content)) == ("header_encoding", 9_002, 4_096)
