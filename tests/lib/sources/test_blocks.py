"""A file's bytes in blocks of whole lines: however they are cut, each line is read once, and a long one never held."""

import gzip
import hashlib
import io
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motherlode.sources import blocks as module
from motherlode.sources.blocks import Block, Inflated, blocks, first_line
from motherlode.sources.split import Flaw, split

LINES = b'{"a":1}\n{"b":2}\r\n\n{"c":3}\nlast'


def chunk(data: bytes, start: int, length: int, longest: int) -> Iterator[Block | Flaw]:
    """What a task reads of a file."""
    file = io.BytesIO(data)
    file.seek(max(start - 1, 0))
    before = first_line(file.read, length) if start else 0
    if before is not None:
        file.seek(start + before)
        yield from blocks(file.read, start + before, longest, start + length)


def found(parts: Iterator[Block | Flaw], longest: int) -> tuple[dict[int, str], dict[int, tuple[str, int]]]:
    """Texts, and the rules that flaws break, by offset."""
    texts: dict[int, str] = {}
    flaws: dict[int, tuple[str, int]] = {}
    for part in parts:
        flawed: tuple[Flaw, ...] = (part,) if isinstance(part, Flaw) else ()
        if isinstance(part, Block):
            piece = split("lines", part.data, part.start, longest)
            here = dict(zip(piece.offsets.to_pylist(), piece.texts.to_pylist(), strict=True))
            assert not texts.keys() & here.keys()
            texts |= here
            flawed = piece.flaws
        for flaw in flawed:
            assert flaw.offset not in flaws
            flaws[flaw.offset] = (flaw.rule, flaw.length)
    return texts, flaws


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r\n", b"x" * 9, b"\xff"]), max_size=40), st.integers(1, 9),
       st.integers(1, 12))  # fmt: skip
@example(parts=[b"aaaabbb\r\n"], block=1, length=1)
def test_chunks_of_any_size_read_in_blocks_of_any_size_are_the_whole(
    parts: list[bytes], block: int, length: int
) -> None:
    data = b"".join(parts)
    whole = split("lines", data, 0, 7)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "BLOCK_BYTES", block)
        every = (part for start in range(0, len(data), length) for part in chunk(data, start, length, 7))
        texts, flaws = found(every, 7)
    assert texts == dict(zip(whole.offsets.to_pylist(), whole.texts.to_pylist(), strict=True))
    assert flaws == {flaw.offset: (flaw.rule, flaw.length) for flaw in whole.flaws}


def test_of_a_line_of_50_megabytes_its_place_its_length_and_its_hash_are_kept_and_its_neighbours() -> None:
    size = 50_000_000
    long = b"0123456789" * (size // 10)
    digest = hashlib.sha256(long).hexdigest()
    data = b"before\n" + long + b"\r\nafter\n"
    file = io.BytesIO(data)
    tracemalloc.start()
    parts = list(blocks(file.read, 0, 1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25_000_000
    assert parts[:1] + parts[2:] == [Block(0, b"before\n"), Block(len(data) - 6, b"after\n")]
    (flaw,) = [part for part in parts if isinstance(part, Flaw)]
    assert (flaw.offset, flaw.rule, flaw.length, flaw.digest) == (7, "record_too_long", size, digest)
    assert flaw.content == long[:4_096]
    assert flaw.found == f"50000000 bytes, SHA-256 {digest}"


def unpacked(packed: bytes) -> tuple[bytes, bool]:
    inflated = Inflated(io.BytesIO(packed).read)
    data = b"".join(iter(lambda: inflated.read(5), b""))
    return data, inflated.is_whole


@pytest.mark.parametrize("block", [1, 7, 1_000])
def test_gzip_of_several_members_whole_cut_off_and_damaged(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(module, "BLOCK_BYTES", block)
    one, two = gzip.compress(LINES), gzip.compress(b"more\n")
    assert unpacked(b"") == (b"", True)
    assert unpacked(one + two) == (LINES + b"more\n", True)
    assert unpacked(one + bytes(600) + two + bytes(9)) == (LINES + b"more\n", True)
    for cut in range(1, len(one)):
        data, is_whole = unpacked(one[:cut])
        assert LINES.startswith(data) and not is_whole
    assert unpacked(one + b"no gzip") == (LINES, False)
    assert unpacked(one[:-8] + bytes(8)) == (LINES, False)
    flat = zlib.compressobj(0, wbits=31)
    assert unpacked(flat.compress(bytes(5_000)) + flat.flush()) == (bytes(5_000), True)
