"""Baskets that are worth far more or less than others of their channel.

How it grows: with the baskets up to the date, of which three columns are read; quantiles are merged map-side.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame

from motherlode.contracts import features
from motherlode.contracts.jobs import Job, Snapshot
from motherlode.contracts.tables import Purpose
from motherlode.features.outliers import OutliersParams, unusual_baskets


def transform(baskets: DataFrame, as_of: date, params: OutliersParams) -> dict[str, DataFrame]:
    return {"unusual_baskets": unusual_baskets(baskets, as_of, params)}


JOB = Job(
    name="features.unusual_baskets",
    doc="Baskets that are worth far more or less than others of their channel",
    reads={"baskets": features.BASKETS},
    writes=(features.UNUSUAL_BASKETS,),
    transform=transform,
    mode=Snapshot(history=True),
    purpose=Purpose.ANALYTICS,
    params=OutliersParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["features.unusual_baskets", *sys.argv[1:]])
