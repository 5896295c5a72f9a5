"""The zip of the package and the jobs that Spark ships to its executors (they cannot import from a wheel)."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)


def sources(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of `lib/motherlode` and `jobs` as (name in the zip, content), sorted by name."""
    found = {
        path.relative_to(base).as_posix(): path
        for base, folder in ((root / "lib", "motherlode"), (root, "jobs"))
        for path in (base / folder).rglob("*")
        if path.is_file() and not _is_litter(path.relative_to(base))
    }
    for name in sorted(found):
        yield name, found[name].read_bytes()


def build(root: Path, target: Path) -> str:
    """Make `target` hold the sources of now and return their SHA-256. Equal sources give equal bytes."""
    entries = list(sources(root))
    digest = hashlib.sha256()
    for name, content in entries:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    content_hash = digest.hexdigest()
    if _hash_in(target) != content_hash:
        target.parent.mkdir(parents=True, exist_ok=True)
        # By rename, so that a job which is running keeps the zip that it started with.
        handle, scratch = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.comment = content_hash.encode()
                for name, content in entries:
                    info = zipfile.ZipInfo(name, date_time=_EPOCH)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    info.create_system = 3  # Unix everywhere: the default differs by platform
                    info.external_attr = 0o100644 << 16
                    archive.writestr(info, content)
            Path(scratch).chmod(0o644)
            Path(scratch).replace(target)
        finally:
            Path(scratch).unlink(missing_ok=True)
    return content_hash


def _is_litter(path: Path) -> bool:
    return path.suffix == ".pyc" or any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def _hash_in(target: Path) -> str | None:
    try:
        with zipfile.ZipFile(target) as archive:
            return archive.comment.decode()
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError):
        return None
