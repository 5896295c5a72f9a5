"""The packages that Spark's workers import, as one archive that Spark unpacks beside each of its executors.

No whole environment: its interpreter is a link into the machine that made it, so workers bring their own Python of
the same version; and what the driver alone imports would make it several times larger.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from motherlode.setup.steps import SetupError, say

NAME = "environment"
"""The folder that workers find it in."""
DRIVER_ONLY = {"pyspark", "delta-spark", "mlflow", "rich", "jinja2", "altair", "vl-convert-python"}
"""Dependencies that no worker imports; pyspark comes with the cluster's Spark."""
_LEFT_OUT = {"tests", "include", "__pycache__"}
_LEVEL = 3  # twice as fast as gzip's 6, and larger by a twelfth


def build(root: Path, folder: Path) -> Path:
    """The archive of what is installed now, made in `folder` unless it is there: its name tells versions apart.

    Raises:
        SetupError: a package is not installed, or does not say which files it has.
    """
    packages = closure(worker_packages(root / "pyproject.toml"))
    target = folder / f"{NAME}-{_digest(packages)}.tar.gz"
    if not target.is_file():
        say("packing the Python packages for the workers (once)")
        folder.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(prefix=f".{target.name}-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=_LEVEL) as tar:
                for package in packages:
                    for name, path in _files(package):
                        tar.add(path, name, recursive=False, filter=_nobodys)
            Path(scratch).chmod(0o644)
            Path(scratch).replace(target)
        finally:
            Path(scratch).unlink(missing_ok=True)
    return target


def worker_packages(pyproject: Path) -> list[str]:
    """Names of the project's dependencies that workers import."""
    wanted = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    return [name for name in map(_name, wanted) if name not in DRIVER_ONLY]


def closure(names: Iterable[str]) -> list[Distribution]:
    """These packages and all that they require, by name."""
    found: dict[str, Distribution] = {}
    roots = list(names)
    left = list(roots)
    while left:
        name = left.pop()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            if name in roots:
                raise SetupError(f"{name} is not installed for {sys.executable}: run `make setup`") from None
            continue  # required on another platform or by another Python
        left += [_name(required) for required in found[name].requires or () if "extra ==" not in required]
    return [found[name] for name in sorted(found)]


def _files(package: Distribution) -> Iterator[tuple[str, Path]]:
    if package.files is None:
        raise SetupError(f"{package.name} does not say which files it has: run `make setup`")
    for file in package.files:
        path = Path(str(package.locate_file(file)))
        if ".." not in file.parts and not _LEFT_OUT & set(file.parts) and path.is_file():
            yield file.as_posix(), path


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without its owner, whom another machine need not know."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _digest(packages: Iterable[Distribution]) -> str:
    """Of all that the archive depends on: versions, this Python and platform, how it is packed."""
    what = [f"{package.name}=={package.version}" for package in packages]
    what += [*map(str, sys.version_info[:2]), sysconfig.get_platform(), Path(__file__).read_text(encoding="utf-8")]
    return hashlib.sha256("\n".join(what).encode()).hexdigest()[:16]


def _name(requirement: str) -> str:
    """`Email_Validator>=2` is called email-validator."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()
