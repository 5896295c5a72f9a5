"""Is the Java here that Spark will find new enough?"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from motherlode.setup.steps import SetupError

MINIMUM_JAVA = 17
_NEEDED = f"Java {MINIMUM_JAVA} or newer is needed and"
_HOW = "install one (Debian, Ubuntu: default-jre-headless; macOS: brew install openjdk) or set JAVA_HOME"


def java_major(version: str) -> int | None:
    """The major version in `17.0.15`, `1.8.0_402` or the output of `java -version`; None if there is none."""
    match = re.search(r'(?:^|")(?:1\.)?(\d+)', version, re.MULTILINE)
    return int(match[1]) if match else None


def require_java(environ: Mapping[str, str]) -> None:
    """Raise `SetupError` unless the Java that Spark will start, JAVA_HOME's or the PATH's, is new enough."""
    home = environ.get("JAVA_HOME")
    # No PATH must not mean the system's default one: Spark's scripts would not look there either.
    found = shutil.which(f"{home}/bin/java" if home else "java", path=environ.get("PATH", ""))
    if found is None:
        where = f"JAVA_HOME={home} has none" if home else "there is none on the PATH"
        raise SetupError(f"{_NEEDED} {where}: {_HOW}")
    major = _version_of(Path(found))
    if major is None or major < MINIMUM_JAVA:
        what = "does not run" if major is None else f"is Java {major}"
        raise SetupError(f"{_NEEDED} {found} {what}: {_HOW}")


def _version_of(java: Path) -> int | None:
    # A JDK states its version in a file beside bin/: reading that is free, starting a JVM takes 0.1 s.
    release = java.resolve().parent.parent / "release"
    if release.is_file() and (match := re.search(r'^JAVA_VERSION="(.+)"', release.read_text(), re.MULTILINE)):
        return java_major(match[1])
    try:
        shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return java_major(shown.stderr + shown.stdout)
