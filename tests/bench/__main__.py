"""`make bench`: our figures beside those of peers, in one run on the same data. PARTS names some of the parts."""

import argparse
import base64
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.bench import fuzz, ingest, memory
from tests.bench.measure import ROOT, Measure, keep

PARTS: Mapping[str, Callable[[Path, argparse.Namespace], Iterator[Measure]]] = {
    "ingest": lambda folder, asked: ingest.run(folder, asked.lines),
    "memory": lambda folder, asked: memory.run(folder, asked.gigabytes),
    "fuzz": lambda folder, asked: fuzz.run(folder, asked.mutants),
}
KEYS = ("MOTHERLODE_PSEUDONYM_KEY", "MOTHERLODE_CONTACT_KEY")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"of {', '.join(PARTS)} (default: all)"
    )
    parser.add_argument("--lines", type=int, default=ingest.LINES, help=f"of ingest (default: {ingest.LINES:,})")
    sizes = ", ".join(f"{size:g}" for size in memory.SIZES)
    described = f"GB of the inputs of memory, the smallest first (default: {sizes})"
    parser.add_argument("--gigabytes", type=float, nargs="+", default=memory.SIZES, metavar="GB", help=described)
    parser.add_argument("--mutants", type=int, default=fuzz.MUTANTS, help=f"of fuzz (default: {fuzz.MUTANTS:,})")
    asked = parser.parse_args()
    for name in KEYS:
        os.environ.setdefault(name, base64.b64encode(os.urandom(32)).decode())
    folder = ROOT / "build/bench"
    for name in asked.parts or PARTS:
        shutil.rmtree(folder / name, ignore_errors=True)
        keep(PARTS[name](folder / name, asked))
        shutil.rmtree(folder / name, ignore_errors=True)


if __name__ == "__main__":
    main()
