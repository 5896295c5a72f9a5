"""What a newcomer sees when something is missing: one line that says what, and how to get it."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from motherlode.errors import Exit
from motherlode.setup import __main__ as cli
from motherlode.setup import check, jars, keys, steps
from motherlode.setup.steps import SetupError

ROOT = Path(__file__).parents[2]


def program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`make ARGUMENTS` in a bare copy of the project whose PATH has this Python and no Java."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "spark-submit.sh"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "lib/motherlode/setup", tmp_path / "lib/motherlode/setup")
    for tool in ("awk", "bash", "cat", "dirname", "env", "make", "mkdir", "rm", "sh", "touch"):
        if found := shutil.which(tool):
            (tmp_path / "bin").mkdir(exist_ok=True)
            (tmp_path / "bin" / tool).symlink_to(found)
    program(tmp_path / "bin/python3", f'exec {sys.executable} "$@"')

    def run(*arguments: str, command: str = "make") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tmp_path / "bin" / command if command == "make" else tmp_path / command, *arguments],
            cwd=tmp_path,
            env={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that the user gets, apart from make's own note that the target failed."""
    assert done.returncode != 0
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    return line


@pytest.mark.parametrize("target", ["demo", "test"])
def test_no_java(make: Callable[..., subprocess.CompletedProcess[str]], target: str, tmp_path: Path) -> None:
    line = complaint(make(target))
    assert line.startswith("motherlode: Java 17 or newer is needed and there is none on the PATH: install one")
    assert not (tmp_path / ".venv").exists()


def test_old_java(make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    java = program(tmp_path / "bin/java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    assert f"is needed and {java} is Java 11: install one" in complaint(make("setup"))


def test_java_home_goes_before_the_path(make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    program(tmp_path / "bin/java", """echo 'openjdk version "17.0.2"' >&2""")
    assert f"JAVA_HOME={tmp_path}/jdk has none" in complaint(make("setup", f"JAVA_HOME={tmp_path}/jdk"))


def test_no_python(make: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    line = complaint(make("test", "PYTHON=python3.99"))
    assert line.startswith("motherlode: Python 3.11 or newer is needed and there is no python3.99: install it")


def test_old_python(make: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    program(tmp_path / "bin/python3", "exit 1")  # what the version check comes to on an old one
    assert "motherlode: Python 3.11 or newer is needed and python3 is older" in complaint(make("demo"))
    done = make("pipeline", command="spark-submit.sh")
    assert "motherlode: Python 3.11 or newer is needed and python3 is older" in complaint(done)
    assert done.returncode == Exit.USAGE


def test_spark_submit_without_java(make: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = make("pipeline", command="spark-submit.sh")
    line = complaint(done)
    assert line.startswith("motherlode: Java 17 or newer is needed and there is none on the PATH: install one")
    assert done.returncode == Exit.USAGE


def test_no_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    monkeypatch.delenv("SPARK_HOME", raising=False)
    with pytest.raises(SetupError, match=r"pyspark is not installed for .*: run `make setup`"):
        cli.spark_home()


def test_help_lists_every_target(make: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    shown = {line.split()[1] for line in make().stdout.splitlines()}
    lines = (ROOT / "Makefile").read_text().splitlines()
    assert shown == {name for line in lines if line.startswith(".PHONY:") for name in line.split()[1:]}
    assert shown >= {
        "help",
        "setup",
        "demo",
        "test",
        "lint",
        "format",
        "lock",
        "clean",
        "clean-demo",
        "notebook",
        "docs",
    }


@pytest.mark.parametrize(
    ("shown", "major"),
    [
        ("17.0.15", 17),
        ("25", 25),
        ("1.8.0_402", 8),
        ('openjdk version "21-ea" 2023-09-19\nOpenJDK Runtime Environment', 21),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\njava version "1.8.0_402"', 8),
        ("", None),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_java_versions(shown: str, major: int | None) -> None:
    assert check.java_major(shown) == major


def test_java_is_read_from_its_release_file_without_starting_it(tmp_path: Path) -> None:
    program(tmp_path / "bin/java", "exit 1")
    (tmp_path / "release").write_text('IMPLEMENTOR="x"\nJAVA_VERSION="21.0.1"\n')
    check.require_java({"JAVA_HOME": str(tmp_path)})


def fake_resolver(contents: dict[str, bytes]) -> Callable[..., None]:
    def run(command: list[str], **_: str) -> None:
        ivy = Path(command[3], "jars")
        ivy.mkdir(parents=True)
        for name, content in contents.items():
            (ivy / name).write_bytes(content)

    return run


@pytest.fixture
def one_jar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "JARS", {"org.example:thing_2.13:1.0": hashlib.sha256(b"good").hexdigest()})


@pytest.mark.usefixtures("one_jar")
def test_jars_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "run", fake_resolver({"org.example_thing_2.13-1.0.jar": b"good"}))
    jars.install(tmp_path / "jars")
    assert (tmp_path / "jars/thing_2.13-1.0.jar").read_bytes() == b"good"
    assert [path.name for path in tmp_path.iterdir()] == ["jars"]
    monkeypatch.setattr(jars, "run", lambda *_, **__: pytest.fail("fetched again"))
    jars.install(tmp_path / "jars")


@pytest.mark.usefixtures("one_jar")
def test_a_jar_that_is_not_the_pinned_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "run", fake_resolver({"org.example_thing_2.13-1.0.jar": b"evil"}))
    with pytest.raises(SetupError, match=r"thing_2\.13-1\.0\.jar is not the pinned file: sha256"):
        jars.install(tmp_path / "jars")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_step_shows_the_end_of_its_log_and_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    steps.run(["echo", "earlier"], log="x", failure="it broke")
    with pytest.raises(SetupError, match=r"^it broke; the whole log is in build/logs/x\.log$") as caught:
        steps.run(["sh", "-c", "echo why; exit 3"], log="x", failure="it broke")
    assert caught.value.tail == ("why",)


def test_keys_are_private_random_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "demo/keys.env"
    keys.create(path)
    first = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys.create(path)
    assert path.read_text() == first
    printed = subprocess.run(
        ["bash", "-c", f'. "{path}"; printf %s "$MOTHERLODE_CONTACT_KEY" | base64 -d | wc -c'],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() == "32"
    keys.create(tmp_path / "other.env")
    assert not set(first.splitlines()) & set((tmp_path / "other.env").read_text().splitlines())
