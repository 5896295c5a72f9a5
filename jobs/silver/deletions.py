"""What whole exports no longer have: rows that were deleted where they came from, and those that came back.

How it grows: with the exports that came in, and the rows of their sources, or of GA4 of their days; a run without one
reads a few columns of the manifest.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, quality, silver
from motherlode.contracts.exports import DELETIONS, EXPORTS
from motherlode.contracts.jobs import Addresses, Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.exports import ExportParams, deletions, names_of


def transform(
    files: DataFrame,
    counts: DataFrame,
    flaws: DataFrame,
    rows: DataFrame,
    exports: DataFrame,
    before: DataFrame,
    params: ExportParams,
) -> dict[str, DataFrame]:
    return deletions(files, counts, flaws, rows, exports, before, params)


JOB = Job(
    name="silver.deletions",
    doc="What whole exports no longer have, and have again",
    reads={
        "files": bronze.FILES,
        "counts": quality.COUNTS,
        "flaws": bronze.QUARANTINE,
        "rows": Addresses(
            (*silver.TARGETS, *silver.DUPLICATES.values(), *silver.QUARANTINES.values()), beside=names_of
        ),
        "exports": Previous(EXPORTS),
        "before": Previous(DELETIONS),
    },
    writes=(DELETIONS, EXPORTS),
    transform=transform,
    mode=Append(stream=None),
    purpose=Purpose.OPERATION,
    params=ExportParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
