import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from motherlode.setup import archive


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (
        "lib/motherlode/__init__.py",
        "lib/motherlode/columns/dates.py",
        "lib/motherlode/report.html.j2",
        "lib/motherlode/__pycache__/x.cpython-311.pyc",
        "lib/motherlode/.hidden/notes.py",
        "lib/other/elsewhere.py",
        "jobs/pipeline.py",
        "jobs/silver/events.py",
        "jobs/silver/__pycache__/events.cpython-311.pyc",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"NAME = {name!r}\n")
    return tmp_path


def test_it_holds_the_package_its_data_and_the_jobs_but_no_litter(project: Path) -> None:
    archive.build(project, project / "build/m.zip")
    assert zipfile.ZipFile(project / "build/m.zip").namelist() == [
        "jobs/pipeline.py",
        "jobs/silver/events.py",
        "motherlode/__init__.py",
        "motherlode/columns/dates.py",
        "motherlode/report.html.j2",
    ]


def test_equal_sources_give_equal_bytes_whatever_their_age_mode_and_place(project: Path, tmp_path: Path) -> None:
    first = archive.build(project, project / "one.zip")
    for path in project.rglob("*.py"):
        path.chmod(0o755)
        os.utime(path, (0, 0))
    assert archive.build(project, project / "two.zip") == first
    assert (project / "one.zip").read_bytes() == (project / "two.zip").read_bytes()


def test_it_is_written_again_only_when_a_source_changes_comes_or_goes(project: Path) -> None:
    target = project / "build/m.zip"
    event = project / "jobs/silver/events.py"

    def rebuilt() -> bool:
        before = target.stat().st_ino if target.exists() else None
        os.utime(event, (0, 0))  # an old file that a checkout brings back must count too
        archive.build(project, target)
        return target.stat().st_ino != before

    assert rebuilt()
    assert not rebuilt()
    event.write_text("NAME = 'changed'\n")
    assert rebuilt()
    (project / "jobs/silver/new.py").touch()
    assert rebuilt()
    (project / "jobs/silver/new.py").unlink()
    assert rebuilt()
    assert [path.name for path in target.parent.iterdir()] == ["m.zip"]


def test_a_damaged_zip_is_replaced(project: Path) -> None:
    target = project / "m.zip"
    target.write_bytes(b"PK half a zip")
    archive.build(project, target)
    assert zipfile.ZipFile(target).testzip() is None


def test_python_imports_from_it(project: Path) -> None:
    archive.build(project, project / "m.zip")
    shown = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            "import sys; sys.path[:0] = ['m.zip']; import motherlode; print(motherlode.NAME)",
        ],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "lib/motherlode/__init__.py\n"
