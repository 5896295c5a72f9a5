"""docs/schedulers.md: real Airflow and Dagster import its files, and what they make of them is the graph."""

import contextlib
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from motherlode.errors import Exit
from motherlode.runner import schedulers
from motherlode.runner.cli import main, parser
from motherlode.runner.registry import all_jobs
from motherlode.setup import venv

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CRON, AIRFLOW, AIRFLOW_JOBS, DAGSTER, DAGSTER_JOBS = re.findall(
    r"^```\w+\n(.*?)^```", (ROOT / schedulers.PAGE).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
# Stands in for the real one: notes its arguments, and ends as the job's name says.
SPARK_SUBMIT = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
echo "key: $MOTHERLODE_PSEUDONYM_KEY"
case $1 in exit.*) exit "${1#exit.}" ;; esac
exit "$(cat "$here/code")"
"""
ENDS = {f"exit.{code:d}": code for code in Exit}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where Motherlode is installed, and its configuration, its log and the scheduler's files."""
    (tmp_path / "spark-submit.sh").write_text(SPARK_SUBMIT)
    (tmp_path / "spark-submit.sh").chmod(0o755)
    (tmp_path / "keys.env").write_text("MOTHERLODE_PSEUDONYM_KEY=secret\n")
    (tmp_path / "code").write_text("0")
    return tmp_path


@pytest.fixture
def graph(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(["--list", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def moved(text: str, home: Path) -> str:
    """The text, with all its folders in this one."""
    return re.sub(r"/opt/motherlode|/etc/motherlode|/var/log", str(home), text)


def probe(scheduler: str, home: Path, text: str, nodes: list[dict[str, Any]], *names: str) -> dict[str, Any]:
    """What the scheduler makes of the file beside a graph, and of the ends of the tasks that are named."""
    folder = home / "dags"
    folder.mkdir()
    (folder / "motherlode.py").write_text(moved(text, home))
    (folder / "motherlode.json").write_text(json.dumps(nodes))
    with contextlib.chdir(ROOT):
        python = venv.scheduler(scheduler).absolute()
    done = subprocess.run(
        [python, HERE / f"probe_{scheduler}.py", folder, *names],
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "AIRFLOW_HOME": str(home / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def called(home: Path) -> list[str]:
    """The jobs that were run, each with arguments that the real command line takes."""
    found = []
    for line in (home / "calls").read_text().splitlines():
        arguments = parser().parse_args(shlex.split(line))
        assert (arguments.profile, arguments.conf_dir, arguments.wait) == ("yarn", home, 60)
        found.append(arguments.command)
    return found


def replaced(text: str, line: str, block: str) -> str:
    assert text.count(line) == 1
    return text.replace(line, block)


ONE = {"airflow": AIRFLOW, "dagster": DAGSTER}
EACH = {
    "airflow": replaced(AIRFLOW, AIRFLOW.splitlines(keepends=True)[-1], AIRFLOW_JOBS),
    "dagster": replaced(DAGSTER, 'assets = [job("pipeline")]\n', DAGSTER_JOBS),
}


@pytest.mark.parametrize("scheduler", ONE)
def test_one_task_runs_the_pipeline(scheduler: str, home: Path) -> None:
    said = probe(scheduler, home, ONE[scheduler], [], "pipeline")
    assert said["needs"] == {"pipeline": []}
    assert said["schedule"] == " ".join(CRON.split()[:5])
    assert said["ends"] == {"pipeline": "success"}
    assert called(home) == ["pipeline"]


@pytest.mark.parametrize("scheduler", EACH)
def test_a_task_for_each_job_has_the_edges_of_the_graph(
    scheduler: str, home: Path, graph: list[dict[str, Any]]
) -> None:
    ends = [{"job": name, "needs": ["activation.report"]} for name in ENDS]
    said = probe(scheduler, home, EACH[scheduler], [*graph, *ends], *ENDS)
    assert said["needs"] == {node["job"]: sorted(node["needs"]) for node in [*graph, *ends]}
    assert said["needs"].keys() - ENDS.keys() == all_jobs().keys()
    assert said["retries"] == [3]
    assert said["ends"] == {
        name: "success"
        if code is Exit.DONE
        else "failed for good"
        if code in (Exit.USAGE, Exit.QUALITY)
        else "tried again"
        for name, code in ENDS.items()
    }
    assert called(home) == [*ENDS]


@pytest.mark.parametrize("code", Exit)
def test_cron_mails_only_what_failed(code: Exit, home: Path) -> None:
    (home / "code").write_text(str(int(code)))
    (line,) = CRON.splitlines()
    assert "%" not in line  # a line break to cron
    fields = re.fullmatch(r"((?:[\d*/,-]+ ){5}) *(.*)", line)
    assert fields
    done = subprocess.run(
        ["/bin/sh", "-c", moved(fields[2], home)],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr == ("" if code is Exit.DONE else f"motherlode: exit code {code:d}\n")
    assert (home / "motherlode.log").read_text() == "key: secret\n"
    assert called(home) == ["pipeline"]


def test_the_page_is_up_to_date_and_has_every_exit_code_and_job() -> None:
    text = (ROOT / schedulers.PAGE).read_text(encoding="utf-8")
    assert text == schedulers.page(), f"run {schedulers.COMMAND}"
    assert [*schedulers.CODES] == [*Exit]
    for job in all_jobs():
        assert f"\n| `{job}` |" in text


def test_the_graph_is_in_an_order_that_works(graph: list[dict[str, Any]]) -> None:
    assert [node["job"] for node in graph] == [*all_jobs()]
    before: set[str] = set()
    for node in graph:
        assert set(node["needs"]) <= before
        assert node["doc"] and node["layer"] == node["job"].split(".")[0]
        before.add(node["job"])
