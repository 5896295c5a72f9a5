import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()


def test_every_package_of_the_lock_is_pinned_with_hashes() -> None:
    packages = re.split(r"^(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", LOCK, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
    assert len(packages) > 100
    for package in packages:
        assert re.match(r"[a-z0-9._-]+==\S+ (; [^\n]+ )?\\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+$", package)


def test_the_lock_names_no_host_and_no_machines_path() -> None:
    assert "/" not in LOCK
    assert not re.search(r"--index-url|--extra-index-url|--find-links", LOCK)


def test_the_lock_agrees_with_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [pin for pins in project["optional-dependencies"].values() for pin in pins]
    for pin in [*project["dependencies"], *extras]:
        if not pin.startswith("motherlode["):
            assert re.search(rf"^{re.escape(pin.removesuffix('*'))}", LOCK, re.MULTILINE), f"make lock: {pin}"


def test_the_package_is_not_ignored_by_git() -> None:
    assert not {"lib", "lib/", "/lib", "/lib/"} & set((ROOT / ".gitignore").read_text().split())
