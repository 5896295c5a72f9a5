"""A file's bytes in blocks of whole lines, unpacked where it is gzip: no file and no line has to fit into memory."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from motherlode.sources.split import KEPT_BYTES, Flaw, too_long

BLOCK_BYTES = 4_194_304
Read = Callable[[int], bytes]
"""So many bytes at most, none at the end."""


@dataclass(frozen=True)
class Block:
    """Whole lines, from a byte of the file on; the last of a file may lack its line end."""

    start: int
    data: bytes


class Inflated:
    """A gzip file, of several members perhaps, unpacked as it is read; ends where it is cut off or damaged.

    `is_whole` is False once that showed.
    """

    def __init__(self, read: Read) -> None:
        self.is_whole = True
        self._packed_bytes = read
        self._packed = b""
        self._member = zlib.decompressobj(wbits=31)
        self._is_between = True

    def read(self, most: int) -> bytes:
        """So many bytes at most, none at the end."""
        while self.is_whole:
            self._packed = self._packed or self._packed_bytes(BLOCK_BYTES)
            is_end = not self._packed
            if self._is_between:
                # Some programs fill up with zeros.
                self._packed = self._packed.lstrip(b"\0")
                if is_end:
                    return b""
                if not self._packed:
                    continue
                self._member, self._is_between = zlib.decompressobj(wbits=31), False
            before = self._member.copy()
            try:
                data = self._member.decompress(self._packed, most)
            except zlib.error:
                self.is_whole = False
                return _up_to_the_damage(before, self._packed)
            self._is_between = self._member.eof
            self._packed = self._member.unused_data if self._is_between else self._member.unconsumed_tail
            if data:
                return data
            self.is_whole = self._is_between or not is_end
        return b""


def _up_to_the_damage(member: "zlib._Decompress", packed: bytes) -> bytes:
    """What a call that fails would have given before."""
    parts: list[bytes] = []
    with suppress(zlib.error):
        for n in range(len(packed)):
            parts.append(member.decompress(packed[n : n + 1]))
    return b"".join(parts)


def blocks(read: Read, start: int, longest: int, until: int | None = None) -> Iterator[Block | Flaw]:
    """The lines that begin at byte `start` or later, and before `until`; of one longer than `longest` a flaw.

    Args:
        read: goes on from byte `start`, where a line begins.
    """
    held = b""
    while True:
        more = read(BLOCK_BYTES)
        data = held + more
        end = -1
        if until is not None and start + len(data) >= until:
            end = data.find(b"\n", until - 1 - start)
        is_last = end >= 0 or not more
        cut = (end if is_last else data.rfind(b"\n")) + 1 or (len(data) if is_last else 0)
        if cut:
            yield Block(start, data[:cut])
        if is_last:
            return
        start, held = start + cut, data[cut:]
        # Its last byte may be half of a line end.
        if len(held.removesuffix(b"\r")) > longest:
            line = _LongLine(held)
            held = line.read_on(read)
            yield Flaw(start, "record_too_long", too_long(longest), line.first, line.length, line.digest)
            start += line.taken
            if until is not None and start >= until:
                return


class _LongLine:
    """A line that is read and forgotten, but for its beginning, its length and its hash."""

    def __init__(self, begun: bytes) -> None:
        self.first = begun[:KEPT_BYTES]
        self.length = 0
        self.taken = 0
        """Bytes, its line end too."""
        self._begun = begun
        self._hash = hashlib.sha256()

    def read_on(self, read: Read) -> bytes:
        """To the end of the line; what was read beyond it."""
        part, beyond, end, last = self._begun, b"", b"", b""
        while part and not end:
            line, end, beyond = part.partition(b"\n")
            self.taken += len(line) + len(end)
            # Whether its last byte belongs to the line end shows with the next.
            line = last + line
            self._add(line[:-1])
            last = line[-1:]
            part = b"" if end else read(BLOCK_BYTES)
        self._add(last.removesuffix(b"\r"))
        return beyond

    def _add(self, part: bytes) -> None:
        self._hash.update(part)
        self.length += len(part)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def first_line(read: Read, within: int) -> int | None:
    """How many bytes lie before the first line that begins within so many; None where none does.

    Args:
        read: goes on from the byte before.
    """
    passed = 0
    while passed < within and (part := read(min(BLOCK_BYTES, within - passed))):
        at = part.find(b"\n")
        if at >= 0:
            return passed + at
        passed += len(part)
    return None
