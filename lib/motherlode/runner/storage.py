"""Small files on whatever file system a path names: this machine's, HDFS, object stores.

On this machine by Python, elsewhere by Hadoop's own client.
"""

import json
import os
import shutil
import uuid
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from motherlode.errors import Exit, MotherlodeError
from motherlode.runner.session import is_local, local_path


class DamagedError(MotherlodeError):
    """A file of ours is not as it was written."""

    exit = Exit.USAGE


def damaged(path: str) -> str:
    """What is said of such a file."""
    return f"{path}: is not as it was written; `./spark-submit.sh doctor` says what can be done"


class _Files(Protocol):
    def names(self, folder: str) -> list[str]: ...
    def read(self, path: str) -> bytes | None: ...
    def replace(self, path: str, content: bytes) -> None: ...
    def create(self, path: str, content: bytes) -> bool: ...
    def delete(self, path: str) -> None: ...


class _Local:
    """Files of this machine."""

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(path.name for path in local_path(folder).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def read(self, path: str) -> bytes | None:
        try:
            return local_path(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def replace(self, path: str, content: bytes) -> None:
        where = local_path(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        beside = where.with_name(f".{where.name}.{uuid.uuid4().hex}")
        try:
            self._write(beside, content)
            beside.replace(where)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def create(self, path: str, content: bytes) -> bool:
        where = local_path(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        beside = where.with_name(f".{where.name}.{uuid.uuid4().hex}")
        try:
            beside.write_bytes(content)
            os.link(beside, where)  # whole, or not at all; one of two gets the name
        except FileExistsError:
            return False
        finally:
            beside.unlink(missing_ok=True)
        return True

    def delete(self, path: str) -> None:
        where = local_path(path)
        if where.is_dir():
            shutil.rmtree(where)
        else:
            where.unlink(missing_ok=True)

    def _write(self, where: Path, content: bytes) -> None:
        """On the disk before it is renamed: a power cut leaves the old file or the new one."""
        with where.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


class _Hadoop:
    """Files elsewhere. HDFS renames over a file in one step; an object store puts a whole object in one step."""

    _RENAMES = frozenset({"hdfs", "viewfs", "webhdfs", "swebhdfs", "file"})

    def __init__(self, spark: SparkSession) -> None:
        self._jvm: Any = spark.sparkContext._jvm
        self._conf: Any = spark.sparkContext._jsc.hadoopConfiguration()

    def _open(self, path: str) -> tuple[Any, Any]:
        where = self._jvm.org.apache.hadoop.fs.Path(path)
        return where.getFileSystem(self._conf), where

    def names(self, folder: str) -> list[str]:
        fs, where = self._open(folder)
        try:
            return sorted(status.getPath().getName() for status in fs.listStatus(where))
        except Py4JJavaError as error:
            if _is_missing(error):
                return []
            raise

    def read(self, path: str) -> bytes | None:
        fs, where = self._open(path)
        try:
            stream = fs.open(where)
        except Py4JJavaError as error:
            if _is_missing(error):
                return None
            raise
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def replace(self, path: str, content: bytes) -> None:
        fs, where = self._open(path)
        if fs.getUri().getScheme() not in self._RENAMES:
            self._put(fs.create(where, True), content)
            return
        beside = self._jvm.org.apache.hadoop.fs.Path(where.getParent(), f".{where.getName()}.{uuid.uuid4().hex}")
        self._put(fs.create(beside, True), content)
        rename = self._jvm.org.apache.hadoop.fs.Options.Rename
        options = self._jvm.java.lang.reflect.Array.newInstance(rename.OVERWRITE.getClass(), 1)
        options[0] = rename.OVERWRITE
        self._jvm.org.apache.hadoop.fs.FileContext.getFileContext(where.toUri(), self._conf).rename(
            fs.makeQualified(beside), fs.makeQualified(where), options
        )

    def create(self, path: str, content: bytes) -> bool:
        fs, where = self._open(path)
        if fs.exists(where):
            return False
        try:
            self._put(fs.create(where, False), content)
        except Py4JJavaError as error:
            if "AlreadyExists" in error.java_exception.getClass().getName():
                return False
            raise
        # A store without conditional writes lets both write, and tells both where one has read before the other wrote.
        return self.read(path) == content

    def delete(self, path: str) -> None:
        fs, where = self._open(path)
        fs.delete(where, True)

    def _put(self, stream: Any, content: bytes) -> None:
        try:
            stream.write(content)
        finally:
            stream.close()


class Storage:
    """Reads and atomically replaces small files; lists folders."""

    def __init__(self, spark: SparkSession) -> None:
        self._local = _Local()
        self._elsewhere = _Hadoop(spark)

    def _files(self, path: str) -> _Files:
        return self._local if is_local(path) else self._elsewhere

    def exists(self, path: str) -> bool:
        folder, _, name = path.rstrip("/").rpartition("/")
        return name in self.names(folder)

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; none where there is no folder."""
        return self._files(folder).names(folder)

    def read(self, path: str) -> bytes | None:
        """A file's bytes, or None where there is none."""
        return self._files(path).read(path)

    def is_sound(self, path: str) -> bool:
        """Whether Spark can read a file: it checks the checksum that Hadoop's local client keeps beside it."""
        fs, where = self._elsewhere._open(path)
        if not fs.exists(where):
            return False
        with suppress(Exception):
            stream = fs.open(where)
            try:
                self._elsewhere._jvm.org.apache.commons.io.IOUtils.toByteArray(stream)
            finally:
                stream.close()
            return True
        return False

    def write(self, path: str, content: bytes) -> None:
        """Replace a file as a whole."""
        self._files(path).replace(path, content)

    def create(self, path: str, value: dict[str, Any]) -> bool:
        """Write a new JSON file; of two processes at once, one is told True.

        A store without conditional writes may tell both; what stays is then of one of them, and a lease looks
        again before each write.
        """
        return self._files(path).create(path, _sealed(value))

    def delete(self, path: str) -> None:
        """A file, or a folder with all that is in it."""
        self._files(path).delete(path)

    def read_json(self, path: str) -> dict[str, Any] | None:
        """What `write_json` or `create` wrote; None where there is nothing.

        Raises:
            DamagedError: it is not as it was written.
        """
        content = self.read(path)
        return None if content is None else _unsealed(content, path)

    def write_json(self, path: str, value: dict[str, Any]) -> None:
        self.write(path, _sealed(value))


def _is_missing(error: Py4JJavaError) -> bool:
    return str(error.java_exception.getClass().getName()) == "java.io.FileNotFoundException"


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
    raise DamagedError(damaged(path))


def _sum(value: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(value, sort_keys=True).encode())
