import re
import tomllib
from pathlib import Path

import pytest

from motherlode.setup import venv

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / venv.LOCK).read_text()
LOCKS = {"core": LOCK} | {name: (ROOT / path).read_text() for name, path in venv.SCHEDULERS.items()}


@pytest.mark.parametrize(("name", "many"), [("core", 100), ("airflow", 100), ("dagster", 40)])
def test_every_package_of_the_lock_is_pinned_with_hashes(name: str, many: int) -> None:
    bare = re.sub(r"^ *#.*\n", "", LOCKS[name], flags=re.MULTILINE)
    packages = re.split(r"^(?=[a-z0-9])", bare, flags=re.MULTILINE)[1:]
    assert len(packages) > many
    for package in packages:
        assert re.match(r"[a-z0-9._-]+==\S+ (; [^\n]+ )?\\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+$", package)


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_the_lock_names_no_host_and_no_machines_path(lock: str) -> None:
    assert "/" not in lock
    assert not re.search(r"--index-url|--extra-index-url|--find-links", lock)


def test_the_lock_agrees_with_pyproject() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = declared["project"]
    extras = [pin for pins in project["optional-dependencies"].values() for pin in pins]
    for pin in [*project["dependencies"], *extras]:
        if not pin.startswith("motherlode["):
            assert re.search(rf"^{re.escape(pin.removesuffix('*'))}", LOCK, re.MULTILINE), f"make lock: {pin}"
    for name, (pin,) in declared["dependency-groups"].items():
        assert re.search(rf"^{re.escape(pin)} ", LOCKS[name], re.MULTILINE), f"make lock: {pin}"


def test_the_package_is_not_ignored_by_git() -> None:
    assert not {"lib", "lib/", "/lib", "/lib/"} & set((ROOT / ".gitignore").read_text().split())
