"""Peak memory of the driver's JVM and its Python workers together, with a heap of 1 GB, as the input grows.

A process of its own takes each input in, bronze and silver with every check on, into a warehouse of its own.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from motherlode.runner.context import Context
from motherlode.runner.session import open_session
from tests.bench.ingest import conf_in, settings_of, take_in
from tests.bench.lines import write_lines
from tests.bench.measure import ROOT, Measure

SIZES = (0.25, 1.0, 4.0)
"""GB of lines."""
HEAP = "1g"
SAMPLE = 20_000
"""Lines by which the size of one is told."""
EVERY = 0.5


def run(folder: Path, sizes: Sequence[float] = SIZES) -> Iterator[Measure]:
    """The peak with each input over that with the smallest."""
    conf = conf_in(folder)
    spark = open_session("bench", settings_of(conf, folder, "any"))
    write_lines(spark, folder / "sample", 0, SAMPLE, 1)
    each = _bytes(folder / "sample") / SAMPLE
    for size in sizes:
        # As many bytes a file, however many there are.
        write_lines(spark, folder / f"{size:g}/landing/web/all", 0, int(size * 1e9 / each), max(1, round(size * 8)))
    spark.stop()
    peaks = {}
    for size in sizes:
        at = folder / f"{size:g}"
        started = time.monotonic()
        peaks[size] = _peak([sys.executable, "-m", "tests.bench.memory", str(conf), str(at)])
        found = _bytes(at / "landing") / 1e9
        print(f"  {found:.2f} GB: {peaks[size]:,.0f} MB at most, {time.monotonic() - started:.0f} s", flush=True)
    smallest = sizes[0]
    for size in sizes[1:]:
        name = f"memory: heap of {HEAP}, {size:g} GB over {smallest:g} GB"
        yield Measure(name, "MB", peaks[size], peaks[smallest], 1.1)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("part-*"))


def _peak(command: list[str]) -> float:
    """MB that a command and all that it starts hold at most, shared pages counted once.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    process = subprocess.Popen(command, cwd=ROOT)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(_held(one) for one in _all_of(process.pid)) / 1e6)
        time.sleep(EVERY)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def _all_of(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def main() -> None:
    """What runs in the process that is looked at."""
    conf, folder = map(Path, sys.argv[1:])
    more = (f"spark.conf.spark.driver.memory={HEAP}",)
    spark = open_session("memory", settings_of(conf, folder, "warehouse", more))
    take_in(Context(spark, settings_of(conf, folder, "warehouse", more)))
    spark.stop()


if __name__ == "__main__":
    main()
