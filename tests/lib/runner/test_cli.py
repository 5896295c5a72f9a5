"""What goes wrong is one line on standard error, with an exit code, and leaves nothing half-written."""

import base64
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from motherlode.runner.cli import main

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def run(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Runs a command line on an empty world; gives its exit code and the lines of its standard error."""

    def go(*arguments: str) -> tuple[int, list[str]]:
        paths = {
            "landing": tmp_path / "logs",
            "warehouse": tmp_path / "warehouse",
            "documents": tmp_path,
            "artifacts": tmp_path / "mlruns",
            "jars": ROOT / "build/jars",
        }
        settings = [word for name, path in paths.items() for word in ("--set", f"paths.{name}={path}")]
        settings += ["--set", f"paths.tracking=sqlite:///{tmp_path / 'mlflow.db'}"]
        conf = [] if "--conf-dir" in arguments else ["--conf-dir", str(ROOT / "conf")]
        code = main([*settings, *conf, *arguments])
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith(("motherlode", "Traceback"))]
        return code, lines

    return go


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "what to run?"),
        (("no_such_job",), "no job 'no_such_job'"),
        (("pipeline", "--profile", "nowhere"), "no such profile; there are:"),
        (("pipeline", "--conf-dir", "/nonexistent"), "no such profile"),
        (("pipeline", "--as-of", "yesterday"), "write the day as 2017-12-30"),
        (("pipeline", "--set", "session.gap_minute=3"), "unknown key 'gap_minute'; did you mean 'gap_minutes'?"),
        (("pipeline", "extra"), "takes no further argument"),
        (("piplin",), "no job 'piplin': did you mean pipeline?"),
        (("pipeline", "--from", "2017-01-01"), "--from does not go with pipeline"),
        (("status", "--repair"), "--repair does not go with status"),
        (("history", "bronze.Records"), "no table 'bronze.Records': did you mean bronze.records"),
        (("explain",), "explain needs a table"),
        (("explain", "no_such_table"), "no table 'no_such_table'"),
        (("explain", "churn_scores"), "not written yet"),
        (("bronze.files",), "no such folder; paths.landing"),
    ],
)
def test_a_mistake_is_one_line(run, arguments: tuple[str, ...], words: str) -> None:  # type: ignore[no-untyped-def]
    code, lines = run(*arguments)
    assert code == 2
    assert len(lines) == 1
    assert words in lines[0]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("silver.nope:written:kill", "there is no job silver.nope"),
        ("silver.events:nowhere:kill", "write JOB:POINT"),
        ("silver.events:written:wait", "MOTHERLODE_FAULT_FILE has to name the file"),
    ],
)
def test_a_fault_that_cannot_come_to_pass(run, monkeypatch: pytest.MonkeyPatch, fault: str, words: str) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("MOTHERLODE_FAULT", fault)
    code, lines = run("pipeline")
    assert (code, len(lines)) == (2, 1)
    assert words in lines[0]


def test_a_landing_folder_without_any_source(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "logs").mkdir()
    code, lines = run("bronze.files")
    assert (code, len(lines)) == (2, 1)
    assert "no file matches the path of any source" in lines[0]
    assert not (tmp_path / "warehouse" / "bronze").exists()


def test_a_source_without_files_is_named(run, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "logs" / "web").mkdir(parents=True)
    (tmp_path / "logs" / "web" / "2017-01-01.jsonl").write_text("{}\n")
    code, _ = run("bronze.files")
    assert code == 0
    (said,) = [record.getMessage() for record in caplog.records if record.name == "motherlode.runner.landing"]
    assert "app (app/*.jsonl), campaign_targets (campaign_targets/*.csv)" in said
    assert "web" not in said.split(" for ")[1]


def test_no_permission_to_write(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "logs" / "web").mkdir(parents=True)
    (tmp_path / "logs" / "web" / "2017-01-01.jsonl").write_text("{}\n")
    # A file stands where the warehouse's folder should be made: that fails for root too.
    (tmp_path / "warehouse").write_text("in the way")
    code, lines = run("bronze.files")
    assert code != 0
    assert len(lines) == 1
    assert "warehouse" in lines[0]


def test_a_table_of_another_schema(run, spark: SparkSession, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "logs" / "web").mkdir(parents=True)
    (tmp_path / "logs" / "web" / "2017-01-01.jsonl").write_text('{"a": 1}\n')
    path = tmp_path / "warehouse" / "bronze" / "records"
    spark.createDataFrame([(1,)], "odd int").write.format("delta").save(str(path))
    assert run("bronze.files")[0] == 0
    code, lines = run("bronze.records")
    assert code == 2
    assert len(lines) == 1
    assert "bronze.records: another hand changed it (WRITE, version 0)" in lines[0]


def test_missing_keys(run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.delenv("MOTHERLODE_PSEUDONYM_KEY")
    code, lines = run("bronze.files")
    assert code == 2
    assert len(lines) == 1
    assert "MOTHERLODE_PSEUDONYM_KEY is not set" in lines[0]


def test_other_keys_than_the_warehouse_was_made_with(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "logs" / "web").mkdir(parents=True)
    (tmp_path / "logs" / "web" / "2017-01-01.jsonl").write_text("{}\n")
    assert run("bronze.files")[0] == 0
    monkeypatch.setenv("MOTHERLODE_CONTACT_KEY", base64.b64encode(b"another-key-of-thirty-two-bytes!").decode())
    code, lines = run("bronze.files")
    assert (code, len(lines)) == (2, 1)
    assert "MOTHERLODE_CONTACT_KEY: another key than this warehouse was made with" in lines[0]
    assert "PSEUDONYM" not in lines[0]


def test_list_and_help_need_no_session(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    printed = capsys.readouterr().out
    assert "sources ─► bronze" in printed
    assert "serving.churn_scores" in printed
    assert main(["pipeline", "--json"]) == 2
    assert capsys.readouterr().err == "motherlode: --json goes with --list and status\n"
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert "--as-of" in capsys.readouterr().out
