"""`make bench`: our figures beside those of peers, in one run on the same data. PARTS names some of the parts."""

import argparse
import base64
import os
import shutil

from tests.bench import ingest
from tests.bench.measure import ROOT, keep

PARTS = {"ingest": ingest.run}
KEYS = ("MOTHERLODE_PSEUDONYM_KEY", "MOTHERLODE_CONTACT_KEY")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--lines", type=int, default=ingest.LINES, help=f"of ingest (default: {ingest.LINES:,})")
    asked = parser.parse_args()
    for name in KEYS:
        os.environ.setdefault(name, base64.b64encode(os.urandom(32)).decode())
    folder = ROOT / "build/bench"
    for name in asked.parts or PARTS:
        shutil.rmtree(folder / name, ignore_errors=True)
        keep(PARTS[name](folder / name, asked.lines))
        shutil.rmtree(folder / name, ignore_errors=True)


if __name__ == "__main__":
    main()
