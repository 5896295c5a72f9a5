"""The beginning of a file, wherever it lies, plain or gzip."""

import zlib
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.fs

from motherlode.errors import QualityError, UsageError
from motherlode.runner.landing import _file_system as file_system
from motherlode.sources.row_groups import row_groups

SAMPLE_BYTES = 4_194_304
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_STEP = 262_144


@dataclass(frozen=True)
class Sample:
    """Args: name: of the file alone; data: unpacked, of Parquet a JSON object a row and line; size: of the file as it
    lies; is_cut: it goes on behind data."""

    name: str
    data: bytes
    size: int
    is_cut: bool
    modified_at: datetime
    remarks: tuple[str, ...] = ()
    is_parquet: bool = False


def read_sample(uri: str, most: int = SAMPLE_BYTES) -> Sample:
    """At most so many bytes.

    Raises:
        UsageError: there is no such file.
        QualityError: nothing of it can be unpacked.
    """
    # The folder alone is a URI: a file's name may hold what has a meaning there.
    folder, _, name = uri.rpartition("/")
    fs, root = file_system(folder or ("/" if uri.startswith("/") else "."))
    path = f"{root.rstrip('/')}/{name}"
    info = fs.get_file_info(path)
    if info.type == pyarrow.fs.FileType.Directory or not name:
        raise UsageError(f"{uri}: is a folder; name one file in it")
    if info.type == pyarrow.fs.FileType.NotFound:
        raise UsageError(f"{uri}: no such file")
    try:
        with fs.open_input_file(path) as file:
            head = file.read(len(_PARQUET))
            is_gzip = head.startswith(_GZIP)
            file.seek(0)
            if head == _PARQUET:
                return _rows(file, name, info, most)
            data, remarks = _inflated(file, most + 1) if is_gzip else (file.read(most + 1), ())
    except OSError as error:
        raise UsageError(f"{uri}: cannot be read ({type(error).__name__})") from None
    if is_gzip and not name.endswith(".gz"):
        remarks = (*remarks, "it is gzip, which is told by its name alone: call it .gz")
    return Sample(name, data[:most], info.size, len(data) > most, info.mtime, remarks)


def _rows(file: pa.NativeFile, name: str, info: pyarrow.fs.FileInfo, most: int) -> Sample:
    lines: list[bytes] = []
    size, flaws, is_cut = 0, 0, False
    for piece in row_groups(file, 0, None, most):
        flaws += len(piece.flaws)
        for text in piece.texts:
            lines.append(text.as_py().encode())
            size += len(lines[-1]) + 1
            is_cut = size > most
            if is_cut:
                break
        if is_cut:
            break
    if not lines and flaws:
        raise QualityError("the file is no whole Parquet: nothing of it can be read; deliver it again")
    remarks = (f"of its rows {flaws} cannot be read: they are left out here",) if flaws else ()
    return Sample(name, b"".join(line + b"\n" for line in lines), info.size, is_cut, info.mtime, remarks, True)


def _inflated(file: pa.NativeFile, most: int) -> tuple[bytes, tuple[str, ...]]:
    """The beginning of what several members perhaps hold, and what is wrong with them."""
    parts: list[bytes] = []
    size = 0
    engine = zlib.decompressobj(wbits=31)
    is_begun = True
    rest = b""
    try:
        while size < most:
            rest = rest or file.read(_STEP)
            if not rest:
                return b"".join(parts), ("its gzip is cut off: what it holds is shown",) if is_begun else ()
            parts.append(engine.decompress(rest, most - size))
            size += len(parts[-1])
            is_begun = not engine.eof
            rest = engine.unconsumed_tail if is_begun else engine.unused_data
            engine = engine if is_begun else zlib.decompressobj(wbits=31)
    except zlib.error:
        if not size:
            raise QualityError("the file is no whole gzip: nothing of it can be unpacked; deliver it again") from None
        return b"".join(parts), ("its gzip is damaged: what could be read of it is shown",)
    return b"".join(parts), ()
