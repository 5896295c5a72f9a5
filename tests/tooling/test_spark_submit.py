"""spark-submit.sh hands on what it is given, and never lets a shell read it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AWKWARD = [
    "two words",
    "",
    "it's",
    'a "quote"',
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "*",
    "\\n",
    "new\nline",
    "ü",
]
Submit = Callable[..., subprocess.CompletedProcess[str]]

# Stand-ins that record what they were given, each argument ended by a NUL, in a file for each of them.
PYTHON = r"""#!/usr/bin/env bash
here=$(dirname "$0")/../..
case "$*" in
    -c*) exit 0 ;;
    "-m motherlode.setup"*) echo "$here/spark" ;;
    "-m motherlode.runner.submit_args"*)
        printf '%s\0' "${@:3}" >"$here/submit_args.seen"
        [[ ! -f $here/bad ]] || { echo "motherlode: conf is bad" >&2; exit 2; }
        cat "$here/conf.txt"
        ;;
    *) printf '%s\0' "$@" >"$here/python.seen"; exit 7 ;;
esac
"""
SPARK_SUBMIT = r"""#!/usr/bin/env bash
here=$(dirname "$0")/../..
printf '%s\0' "$@" >"$here/spark.seen"
env=("$PYSPARK_PYTHON" "$PYSPARK_DRIVER_PYTHON" "$SPARK_CONF_DIR" "$MOTHERLODE_HOME")
printf '%s\0' "${env[@]}" >"$here/env.seen"
echo "WARNING: Using incubator modules: jdk.incubator.vector" >&2
echo "a real warning" >&2
exit 42
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "a project"
    for name, body in (("venv/bin/python", PYTHON), ("spark/bin/spark-submit", SPARK_SUBMIT)):
        path = root / (f".{name}" if name.startswith("venv") else name)
        path.parent.mkdir(parents=True)
        path.write_text(body)
        path.chmod(0o755)
    shutil.copy(ROOT / "spark-submit.sh", root)
    (root / "conf.txt").write_text("--master\nlocal[2]\n--conf\nspark.app.name=$(touch pwned) 'x' *\n")
    return root


@pytest.fixture
def submit(home: Path, tmp_path: Path) -> Submit:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [home / "spark-submit.sh", *arguments],
            cwd=elsewhere,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert list(elsewhere.iterdir()) == []  # no `touch pwned` ran
        return done

    return run


def seen(home: Path, who: str) -> list[str]:
    return (home / f"{who}.seen").read_text().split("\0")[:-1]


def test_the_job_gets_every_argument_as_it_came(submit: Submit, home: Path) -> None:
    done = submit("explain", "serving.churn_scores", *AWKWARD)
    assert done.returncode == 42
    assert done.stderr == "a real warning\n"
    given = seen(home, "spark")
    at = given.index(f"{home}/jobs/pipeline.py")
    assert given[at + 1 :] == ["explain", "serving.churn_scores", *AWKWARD]
    assert given[:at] == [
        *("--py-files", f"{home}/build/motherlode.zip"),
        *("--master", "local[2]", "--conf", "spark.app.name=$(touch pwned) 'x' *"),
    ]


def test_settings_are_picked_out_for_the_conf(submit: Submit, home: Path) -> None:
    submit(
        "pipeline",
        "--profile",
        "x y",
        "--as-of",
        "--dry-run",
        "--wait",
        "--dry-run",
        "--set",
        "a.b=$(touch pwned)",
        "--set=c=d",
        "--conf-dir=e",
        "-v",
    )
    assert seen(home, "submit_args") == [
        "--profile",
        "x y",
        "--set",
        "a.b=$(touch pwned)",
        "--set=c=d",
        "--conf-dir=e",
    ]


def test_an_option_without_its_value_is_left_for_argparse_to_refuse(submit: Submit, home: Path) -> None:
    submit("pipeline", "--profile")
    assert seen(home, "submit_args") == ["--profile"]


def test_bad_conf_ends_it(submit: Submit, home: Path) -> None:
    (home / "bad").touch()
    done = submit("pipeline")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "motherlode: conf is bad\n")
    assert not (home / "spark.seen").exists()


def test_dry_run_prints_a_command_that_a_shell_reads_back(submit: Submit, home: Path) -> None:
    done = submit("silver.events", *AWKWARD, "--dry-run")
    assert done.returncode == 0
    assert not (home / "spark.seen").exists()
    subprocess.run(["bash", "-c", done.stdout], env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False)
    assert seen(home, "spark")[-len(AWKWARD) - 2 :] == ["silver.events", *AWKWARD, "--dry-run"]


@pytest.mark.parametrize("arguments", [["--help"], ["--list"], ["--list", "--json"], ["pipeline", "-h"], []])
def test_help_and_list_start_no_jvm(submit: Submit, home: Path, arguments: list[str]) -> None:
    assert submit(*arguments).returncode == 7
    assert seen(home, "python") == [f"{home}/jobs/pipeline.py", *(arguments or ["--help"])]
    assert not (home / "spark.seen").exists()


def test_local_workers_run_the_drivers_python(submit: Submit, home: Path) -> None:
    submit("pipeline", PYSPARK_PYTHON="/opt/old/python", PYSPARK_DRIVER_PYTHON="jupyter")
    python = f"{home}/.venv/bin/python"
    assert seen(home, "env") == [python, python, f"{home}/conf", str(home)]
    (home / "conf.txt").write_text("--master\nyarn\n")
    submit("pipeline", PYSPARK_PYTHON="/opt/cluster/python", SPARK_CONF_DIR="/etc/spark")
    assert seen(home, "env") == ["/opt/cluster/python", python, "/etc/spark", str(home)]


def test_shellcheck_has_nothing_to_say() -> None:
    if not (shellcheck := shutil.which("shellcheck")):
        pytest.skip("shellcheck is not installed")
    subprocess.run([shellcheck, ROOT / "spark-submit.sh", ROOT / ".ci/run"], check=True)
