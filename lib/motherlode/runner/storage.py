"""Small files on whatever file system a path names, by Hadoop's own client: local, HDFS, object stores."""

import json
import zlib
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from motherlode.errors import MotherlodeError


class DamagedError(MotherlodeError):
    """A file of ours is not as it was written."""


class Storage:
    """Reads and atomically replaces small files; lists folders."""

    def __init__(self, spark: SparkSession) -> None:
        self._jvm: Any = spark.sparkContext._jvm
        self._conf: Any = spark.sparkContext._jsc.hadoopConfiguration()

    def _open(self, path: str) -> tuple[Any, Any]:
        where = self._jvm.org.apache.hadoop.fs.Path(path)
        fs = where.getFileSystem(self._conf)
        if fs.getUri().getScheme() == "file":
            # It renames a file, then its checksum's: who dies in between can never read it again.
            fs = self._jvm.org.apache.hadoop.fs.FileSystem.getLocal(self._conf).getRawFileSystem()
        return fs, where

    def exists(self, path: str) -> bool:
        fs, where = self._open(path)
        return bool(fs.exists(where))

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; none where there is no folder."""
        fs, where = self._open(folder)
        if not fs.exists(where):
            return []
        return sorted(status.getPath().getName() for status in fs.listStatus(where))

    def read(self, path: str) -> bytes | None:
        """A file's bytes, or None where there is none."""
        fs, where = self._open(path)
        if not fs.exists(where):
            return None
        stream = fs.open(where)
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def is_sound(self, path: str) -> bool:
        """Whether a file can be read, and is what its checksum says where the file system keeps one."""
        where = self._jvm.org.apache.hadoop.fs.Path(path)
        fs = where.getFileSystem(self._conf)
        if not fs.exists(where):
            return False
        stream = fs.open(where)
        try:
            self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream)
        except Exception:
            return False
        finally:
            stream.close()
        return True

    def write(self, path: str, content: bytes) -> None:
        """Replace a file as a whole: written beside it, then renamed over it."""
        fs, where = self._open(path)
        beside = self._jvm.org.apache.hadoop.fs.Path(f"{path}.new")
        stream = fs.create(beside, True)
        try:
            stream.write(content)
        finally:
            stream.close()
        # Where rename does not replace, the old file goes first; a reader of neither falls back to `.new`.
        if not fs.rename(beside, where):
            fs.delete(where, False)
            fs.rename(beside, where)

    def create(self, path: str, value: dict[str, Any]) -> bool:
        """Write a new JSON file; of two processes at once, one is told True.

        Object stores without conditional writes cannot promise that: there, the last one's content stays.
        """
        content = _sealed(value)
        fs, where = self._open(path)
        if fs.getUri().getScheme() == "file":
            # Hadoop's local client looks first and creates then.
            local = Path(where.toUri().getPath())
            local.parent.mkdir(parents=True, exist_ok=True)
            try:
                with local.open("xb") as file:
                    file.write(content)
            except FileExistsError:
                return False
            return True
        try:
            stream = fs.create(where, False)
        except Py4JJavaError as error:
            if "FileAlreadyExists" in error.java_exception.getClass().getName():
                return False
            raise
        try:
            stream.write(content)
        finally:
            stream.close()
        return True

    def delete(self, path: str) -> None:
        fs, where = self._open(path)
        fs.delete(where, True)

    def read_json(self, path: str) -> dict[str, Any] | None:
        """What `write_json` or `create` wrote; None where there is nothing.

        Raises:
            DamagedError: it is not as it was written.
        """
        content = self.read(path)
        if content is not None:
            return _unsealed(content, path)
        try:
            # Died between deleting and renaming. One that died while writing left half a file, on which nothing rests.
            return _unsealed(self.read(f"{path}.new") or b"", path)
        except DamagedError:
            return None

    def write_json(self, path: str, value: dict[str, Any]) -> None:
        self.write(path, _sealed(value))


def _sealed(value: dict[str, Any]) -> bytes:
    """As JSON, with a checksum: a flipped bit must not pass for another version of a table."""
    return json.dumps({"sum": _sum(value), "value": value}, indent=1, sort_keys=True).encode()


def _unsealed(content: bytes, path: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
        value: dict[str, Any] = found["value"]
        if found["sum"] == _sum(value):
            return value
    except (ValueError, KeyError, TypeError):
        pass
    raise DamagedError(f"{path}: is not as it was written; `./spark-submit.sh doctor` says what can be done")


def _sum(value: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(value, sort_keys=True).encode())
