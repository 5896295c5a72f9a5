"""`make faults`: the pipeline is killed in every mode at every point, again and again, and ends as if nothing had been.

A chain is one run of the pipeline that dies a few dozen times: each time at one place, by `kill -9` of Python and its
JVM or of Python alone, in a process of its own, whose exit status says so. Then its tables are held against those of
a run that nobody disturbed, one more run has nothing to do, and `doctor` finds nothing. The first chain takes in all
logs at once, the others a day more.

What was done is kept below build/faults: interrupted, it goes on with the next death; of other code, it begins anew.
docs/faults.md is written from it at the end.
"""

import argparse
import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from motherlode.contracts import serving
from motherlode.contracts.catalogue import TABLES
from motherlode.runner.context import Context
from motherlode.runner.faults import FAULT, FAULT_FILE, words
from motherlode.runner.lease import started
from motherlode.runner.registry import all_jobs
from motherlode.runner.session import open_session
from motherlode.runner.show import out
from motherlode.runner.state import code_digest, digest
from motherlode.settings import Settings, load_settings
from motherlode.setup.keys import NAMES
from tests.e2e.tables import BY_MODEL, LEFT_OUT, rows_of
from tests.e2e.world import LAST, ROOT, simulate, told
from tests.faults.deaths import CHAINS, EXITS, LEAST, deaths, too_few
from tests.faults.page import page

FOLDER = ROOT / "build/faults"
WORLD = FOLDER / "world"
SETTINGS = told(WORLD, FOLDER / "logs")
RESTS_ON = ("conf", "tests/faults", "tests/e2e")
"""Beside jobs/ and lib/: what was done with others of these does not count."""


class Harness:
    """A world at one path, which models' locations name, and copies of it at rest."""

    def __init__(self) -> None:
        self.notes = FOLDER / "results.jsonl"
        self.running = FOLDER / "running"
        self.died = FOLDER / "died"

    # --- running -------------------------------------------------------------------------------

    def _place(self, logs: str) -> None:
        """Logs lie where those of before lay, files with the times that they had."""
        placed = FOLDER / "placed"
        if not placed.exists() or placed.read_text() != logs:
            _remove(FOLDER / "logs")
            shutil.copytree(FOLDER / logs, FOLDER / "logs")
            placed.write_text(logs)

    def submit(self, logs: str, fault: str | None = None, what: str = "pipeline") -> tuple[int, str]:
        """Run the pipeline in a process of its own: its exit status, and its output."""
        self._place(logs)
        self.died.unlink(missing_ok=True)
        environ = {**os.environ, **({FAULT: fault, FAULT_FILE: str(self.died)} if fault else {})}
        command = [str(ROOT / "spark-submit.sh"), what, "--profile", "demo"]
        command += [part for setting in SETTINGS for part in ("--set", setting)]
        process = subprocess.Popen(
            command,
            env=environ,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.running.write_text(f"{process.pid} {started(process.pid)}")
        try:
            output, _ = process.communicate()
        finally:
            self.stop()
        return process.returncode, output

    def said(self) -> str:
        """What the last run wrote where it died."""
        return self.died.read_text() if self.died.exists() else ""

    def stop(self) -> None:
        """What an interrupted run left at work must not write into the next one's world."""
        if self.running.exists():
            pid, _, start = self.running.read_text().partition(" ")
            if started(int(pid)) == start:
                with suppress(ProcessLookupError):
                    os.killpg(int(pid), signal.SIGKILL)
            self.running.unlink()

    def undisturbed(self) -> None:
        """Both runs that nobody disturbs, once: their tables, and the warehouse between them."""
        if not (FOLDER / "load.json").exists():
            self._logs()
            _remove(WORLD)
            out.print("undisturbed: all logs at once")
            self._finish("load")
        if not (FOLDER / "day.json").exists():
            self._restore(FOLDER / "base")
            out.print("undisturbed: a day more")
            self._finish("day")

    def _finish(self, logs: str) -> None:
        code, output = self.submit(logs)
        if code:
            sys.exit(f"faults: the undisturbed run ended with {code}:\n{output[-3000:]}")
        content = {"tables": self.tables(), "metrics": self.metrics(), "able": done_in(output)}
        content["writers"] = self.writers()
        if logs == "load":
            _remove(FOLDER / "base")
            shutil.copytree(WORLD, FOLDER / "base")
        (FOLDER / f"{logs}.part").write_text(json.dumps(content))
        (FOLDER / f"{logs}.part").rename(FOLDER / f"{logs}.json")

    def _logs(self) -> None:
        spark = self._session()
        for name, days in (("load", 1), ("day", 2)):
            if not (FOLDER / name).exists():
                _remove(FOLDER / f"{name}.part")
                simulate(spark, FOLDER / f"{name}.part", LAST + timedelta(days=days))
                # A file that is there already is not another one for its age.
                if name == "day":
                    _same_times(FOLDER / "load", FOLDER / "day.part")
                (FOLDER / f"{name}.part").rename(FOLDER / name)
        spark.stop()

    def _restore(self, saved: Path | None) -> None:
        _remove(WORLD)
        if saved is not None:
            shutil.copytree(saved, WORLD)

    def chain(self, number: int) -> None:
        """Every death of a chain that is not done yet, then the end of the run and the comparison."""
        logs = "load" if number == 0 else "day"
        reference = json.loads((FOLDER / f"{logs}.json").read_text())
        able = [job for name, job in all_jobs().items() if name in reference["able"]]
        planned = deaths(number, able, reference["writers"])
        known = [note for note in self.read() if note["chain"] == number]
        if any("equal" in note for note in known):
            return
        done = {note["fault"] for note in known if "exit" in note}
        begun = {note["fault"] for note in known}
        if not known:
            self._restore(FOLDER / "base" if number else None)
        for place, death in enumerate(planned, 1):
            if death.fault in done:
                continue
            self.note({"chain": number, "fault": death.fault})
            started = time.monotonic()
            code, output = self.submit(logs, death.fault)
            seconds = round(time.monotonic() - started, 1)
            # Its exit says how it died, what it wrote before says where: the system's killer knows no point.
            died = code == EXITS[death.action] and self.said() == words(death.job, death.point)
            # One that was interrupted may have died, or gone further, before it could be noted.
            if not died and (code != 0 or death.fault not in begun):
                sys.exit(f"faults: {death.fault} ended with {code}:\n{output[-3000:]}")
            note = {"fault": death.fault, **asdict(death), "exit": code, "died": died, "seconds": seconds}
            self.note({"chain": number, **note})
            out.print(f"chain {number} [{place}/{len(planned)}] {death.fault:<50} exit {code:>4}  {seconds:>6.1f} s")
        self._end(number, logs, reference)

    def _end(self, number: int, logs: str, reference: dict[str, Any]) -> None:
        """The run is finished, compared, started once more, and looked at by `doctor`."""
        said = {}
        for name, what in (("last", "pipeline"), ("again", "pipeline"), ("doctor", "doctor")):
            code, said[name] = self.submit(logs, what=what)
            if code:
                sys.exit(f"faults: after chain {number} {what} ended with {code}:\n{said[name][-3000:]}")
        found, metrics = self.tables(), self.metrics()
        different = sorted(name for name, rows in reference["tables"].items() if found[name] != rows)
        worse = sorted(name for name, value in reference["metrics"].items() if abs(metrics[name] - value) > 0.1)
        end = {"different": different, "worse": worse, "again": done_in(said["again"])}
        is_equal = not any(end.values())
        self.note({"chain": number, "equal": is_equal, **end})
        out.print(f"chain {number}: {'as if nothing had been' if is_equal else end}")

    # --- what the tables hold --------------------------------------------------------------------

    def _session(self) -> SparkSession:
        return open_session("faults", self._loaded())

    def _loaded(self) -> Settings:
        kinds = {job.params for job in all_jobs().values() if job.params}
        return load_settings(ROOT / "conf", "demo", SETTINGS, sorted(kinds, key=str))

    def tables(self) -> dict[str, str]:
        """A hash of each table's rows; of those made by models, how many."""
        spark = self._session()
        context = Context(spark, self._loaded())
        found: dict[str, str] = {}
        for name, table in TABLES.items():
            leave_out = LEFT_OUT.get(name, ()) if name == serving.CUSTOMER_PROFILE.full_name else ()
            rows = Counter(rows_of(context, table, leave_out=leave_out))
            if name in BY_MODEL:
                found[name] = f"{rows.total()} rows"
            else:
                found[name] = hashlib.sha256(repr(sorted(map(repr, rows.elements()))).encode()).hexdigest()
        return found

    def writers(self) -> list[str]:
        """The jobs whose last run changed a table."""
        context = Context(self._session(), self._loaded())
        last = {name: context.state.done(name) for name in all_jobs()}
        context.spark.stop()
        return [name for name, done in last.items() if done and done.outputs != done.plan.outputs]

    def metrics(self) -> dict[str, float]:
        context = Context(self._session(), self._loaded())
        rows = context.warehouse.newest(serving.MODEL_QUALITY).collect()
        context.spark.stop()
        return {f"{row.model} {row.metric}": row.value for row in rows if row.metric in ("auc", "precision_at_10")}

    # --- what is known ---------------------------------------------------------------------------

    def note(self, note: dict[str, Any]) -> None:
        with self.notes.open("a") as file:
            file.write(json.dumps(note) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """Whole lines: the last one may be torn."""
        if not self.notes.exists():
            return []
        whole = self.notes.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def begin(self, fresh: bool) -> None:
        """Forget what was done to other code, or under other settings."""
        mark, ours = FOLDER / "code", digest([code_digest(), *map(_content, RESTS_ON)])
        if fresh or not mark.exists() or mark.read_text() != ours:
            for name in ("results.jsonl", "load.json", "day.json"):
                (FOLDER / name).unlink(missing_ok=True)
            mark.write_text(ours)


def _content(folder: str) -> dict[str, int]:
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".toml")]
    return {str(path.relative_to(ROOT)): zlib.crc32(path.read_bytes()) for path in files}


def done_in(output: str) -> list[str]:
    """The jobs that did something, by what the pipeline says."""
    return [line.split()[1] for line in output.replace("[ ", "[").splitlines() if "] " in line and " done " in line]


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _same_times(one: Path, other: Path) -> None:
    for path in one.rglob("*"):
        twin = other / path.relative_to(one)
        if path.is_file() and twin.is_file() and path.read_bytes() == twin.read_bytes():
            os.utime(twin, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__.partition("\n")[0])
    parser.add_argument("--chains", type=int, default=CHAINS, help=f"how many (default: {CHAINS})")
    parser.add_argument("--fresh", action="store_true", help="forget what was done")
    asked = parser.parse_args()
    for name in NAMES:  # made anew, the tables of before would be another shop's
        os.environ[name] = base64.b64encode(f"{name:<32.32}".encode()).decode()
    FOLDER.mkdir(parents=True, exist_ok=True)
    harness = Harness()
    harness.stop()
    harness.begin(asked.fresh)
    harness.undisturbed()
    for number in range(asked.chains):
        harness.chain(number)
    (ROOT / "docs/faults.md").write_text(page(harness.read()))
    notes = harness.read()
    out.print(f"{sum(bool(note.get('died')) for note in notes)} deaths; docs/faults.md is written")
    if not all(note["equal"] for note in notes if "equal" in note):
        sys.exit("faults: not all is as if nothing had been")
    if asked.chains >= CHAINS and (rare := too_few(notes)):
        sys.exit(f"faults: fewer than {LEAST} deaths at {', '.join(rare)}")


if __name__ == "__main__":
    main()
