"""The virtual environment, from the lock file, every hash verified."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motherlode.setup.steps import SetupError, run, say

VENV = Path(".venv")
LOCK = Path("requirements.lock")
SCHEDULERS = {name: Path("tests/schedulers", f"{name}.lock") for name in ("airflow", "dagster")}
_PYTHON = VENV / "bin" / "python"
_UV = VENV / "bin" / "uv"


def create() -> None:
    """Make an empty environment, with pip; keep the one that is there if it runs."""
    if not _runs(_PYTHON):
        say(f"creating {VENV}")
        failure = "`python3 -m venv` failed (Debian, Ubuntu: apt-get install python3-venv)"
        run([sys.executable, "-m", "venv", "--clear", VENV], log="venv", failure=failure)


def install(*, dev: bool) -> None:
    """Make the environment hold the core, or with `dev` all that tests and linters need too."""
    have_uv = _have_uv()
    say(f"installing {'the development tools' if dev else 'the packages'} (one time, ~1 min)")
    failure = "the Python packages could not be installed (is there a network?)"
    if have_uv:
        # The lock as constraints: its hashes hold for every package, and one lock serves both installs.
        wanted: list[str | Path] = ["-r", "pyproject.toml", *(["--extra", "dev"] if dev else []), "-c", LOCK]
        run(
            [_UV, "pip", "install", "--python", _PYTHON, "--require-hashes", *wanted],
            log="venv",
            failure=failure,
        )
    else:
        with _requirements(LOCK.read_text().replace(_locked("uv"), "")) as path:
            run([*_PIP_INSTALL, path], log="venv", failure=failure)


def lock(*, upgrade: bool) -> None:
    """Resolve pyproject.toml into the lock, for every platform and Python that it allows."""
    if not _have_uv():
        raise SetupError("`make lock` needs uv")
    command: list[str | Path] = [_UV, "pip", "compile", "--universal", "--generate-hashes"]
    command += ["--custom-compile-command", "make lock", *(["--upgrade"] if upgrade else [])]
    wanted: dict[Path, list[str]] = {LOCK: ["--all-extras", "pyproject.toml"]}
    wanted |= {path: ["--group", name] for name, path in SCHEDULERS.items()}
    for path, what in wanted.items():
        run([*command, "-o", path, *what], log="lock", failure="the dependencies could not be resolved")
        say(f"wrote {path}")


def scheduler(name: str) -> Path:
    """The Python of an environment that has a scheduler, made where it is not there as its lock says; for tests.

    It is beside ours and not in it: a scheduler wants other versions of what MLflow wants.
    """
    lock, folder = SCHEDULERS[name], Path("build/schedulers", name)
    python, installed = folder / "bin/python", folder / "installed.lock"
    if not (installed.exists() and installed.read_bytes() == lock.read_bytes() and _runs(python)):
        say(f"installing {name} for its tests (one time)")
        failure = f"{name} could not be installed (is there a network?)"
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", folder], log=name, failure=failure)
        if _have_uv():
            install: list[str | Path] = [_UV, "pip", "install", "--python", python]
        else:
            install = [_PYTHON, "-m", "pip", "--python", python, "install"]
        run([*install, "--no-deps", "--require-hashes", "-r", lock], log=name, failure=failure)
        shutil.copyfile(lock, installed)
    return python


_PIP_INSTALL: list[str | Path] = [_PYTHON, "-m", "pip", "install", "--no-deps", "--require-hashes", "-r"]


def _have_uv() -> bool:
    """Install the lock's uv into the environment; False where that is not to be had."""
    if not _runs(_UV):
        try:
            with _requirements(_locked("uv")) as path:
                run([*_PIP_INSTALL, path], log="venv", failure="uv could not be installed")
        except SetupError as error:
            say(f"{error}; pip installs instead, which is slower")
            return False
    return True


@contextmanager
def _requirements(text: str) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
        file.flush()
        yield Path(file.name)


def _locked(package: str) -> str:
    """The lock's lines for one package: its version and hashes."""
    found = re.search(rf"^{package}==.*?(?=^\S|\Z)", LOCK.read_text(), re.MULTILINE | re.DOTALL)
    if found is None:
        raise SetupError(f"{LOCK} does not pin {package}: restore it from git")
    return found[0]


def _runs(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
