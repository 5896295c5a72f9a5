import sys
import tarfile
import tomllib
from pathlib import Path

import pytest

from motherlode.setup import environment
from motherlode.setup.steps import SetupError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages as an installer leaves them, and a project that wants two of them."""
    folder = tmp_path / "site-packages"
    install(folder, "Fast_Frames", "1.0", ["num.core>=2; python_version>'3'", "old-backport; python_version<'3'"])
    install(folder, "num-core", "2.0", ["plots; extra == 'plot'"])
    install(folder, "plots", "3.0", [])
    install(folder, "mlflow", "4.0", [])
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["fast-frames==1.0", "mlflow==4.0"]\n')
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder


def install(folder: Path, name: str, version: str, requires: list[str]) -> None:
    module = name.lower().replace("-", "_")
    info = folder / f"{module}-{version}.dist-info"
    wanted = [f"{module}/{file}" for file in ("__init__.py", "tests/test_it.py", "include/it.h", "data.csv")]
    for path in (*wanted, f"{module}/__pycache__/__init__.cpython-311.pyc", f"{info.name}/METADATA"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    (folder / "../../bin").resolve().mkdir(exist_ok=True)
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    script, gone = f"../../bin/{module}", f"{module}/gone.py"
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in (*wanted, f"{info.name}/METADATA", script, gone)))


def test_it_holds_what_workers_import_and_nothing_else(site: Path, tmp_path: Path) -> None:
    packed = environment.build(tmp_path, tmp_path / "build")
    with tarfile.open(packed) as tar:
        assert sorted(tar.getnames()) == [
            "fast_frames-1.0.dist-info/METADATA",
            "fast_frames/__init__.py",
            "fast_frames/data.csv",
            "num_core-2.0.dist-info/METADATA",
            "num_core/__init__.py",
            "num_core/data.csv",
        ]
        assert {(entry.uid, entry.uname) for entry in tar} == {(0, "")}
    assert [path.name for path in packed.parent.iterdir()] == [packed.name]


def test_it_is_packed_once_for_each_set_of_versions(site: Path, tmp_path: Path) -> None:
    packed = environment.build(tmp_path, tmp_path / "build")
    made = packed.stat().st_ino
    assert environment.build(tmp_path, tmp_path / "build") == packed
    assert packed.stat().st_ino == made
    metadata = site / "num_core-2.0.dist-info/METADATA"
    metadata.write_text(metadata.read_text().replace("2.0", "2.1"))
    assert environment.build(tmp_path, tmp_path / "build") != packed


def test_a_package_that_is_not_there(site: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["fast-frames", "absent"]\n')
    with pytest.raises(SetupError, match=r"^absent is not installed for .*: run `make setup`$"):
        environment.build(tmp_path, tmp_path / "build")


def test_a_package_without_a_list_of_its_files(site: Path, tmp_path: Path) -> None:
    (site / "num_core-2.0.dist-info/RECORD").unlink()
    with pytest.raises(SetupError, match=r"^num-core does not say which files it has: run `make setup`$"):
        environment.build(tmp_path, tmp_path / "build")
    assert list((tmp_path / "build").iterdir()) == []


def test_what_the_driver_alone_needs_are_dependencies() -> None:
    pyproject = ROOT / "pyproject.toml"
    workers = set(environment.worker_packages(pyproject))
    assert workers >= {"pandas", "pyarrow", "numpy", "scipy", "cryptography", "phonenumbers"}
    assert not workers & environment.DRIVER_ONLY
    listed = tomllib.loads(pyproject.read_text())["project"]["dependencies"]
    assert {line.split("==")[0] for line in listed} == workers | environment.DRIVER_ONLY
