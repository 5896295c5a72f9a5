"""Mutants of all formats, in rounds: none stops a run, is lost or harms a neighbour, or the bench fails and says which.

What one round's seed has found, `MOTHERLODE_FUZZ=SEED:MUTANTS` finds again in the test.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from motherlode.contracts import silver
from motherlode.runner.session import open_session
from motherlode.settings import load_settings
from tests.bench.measure import ROOT, Measure

MUTANTS = 20_000
PER_ROUND = 1_000
"""Of each format."""


def run(folder: Path, count: int) -> Iterator[Measure]:
    """How many mutants were tried, and seconds for a thousand."""
    # It hashes identifiers as it is imported: the keys have to be there.
    from tests.lib.sources.fuzz import fuzz
    from tests.lib.sources.samples import EVENTS, ORDER_LINES

    parts = ((silver.EVENTS, EVENTS), (silver.ORDER_LINES, ORDER_LINES))
    formats = len(EVENTS) + len(ORDER_LINES)
    paths = (f"paths.warehouse={folder / 'warehouse'}", f"paths.jars={ROOT / 'build/jars'}")
    spark = open_session("fuzz", load_settings(ROOT / "conf", "local", paths))
    started, tried, seed = time.monotonic(), 0, 0
    while tried < count:
        seed += 1
        each = min(PER_ROUND, -(-(count - tried) // formats))
        for target, samples in parts:
            counts = fuzz(spark, folder / f"{seed}/{target.name}", target, samples, each, seed)
            print(f"  seed {seed} {target.name} {counts}", flush=True)
        tried += each * formats
    yield Measure("fuzz: mutants, none lost and no neighbour harmed", "", tried, None, None)
    yield Measure("fuzz: 1,000 mutants", "s", 1_000 * (time.monotonic() - started) / tried, None, None)
    spark.stop()
