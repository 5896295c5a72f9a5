"""What to offer each customer, with the products in words.

How it grows: ten rows for each customer, joined once with the catalogue, which is usually small enough to broadcast.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import mining, serving, silver
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.tables import Purpose
from motherlode.features.catalogue import current
from motherlode.serving.products import in_words


def transform(recommendations: DataFrame, products: DataFrame, as_of: date) -> Outputs:
    words = current(products).select(
        "product_id",
        in_words(F.col("type"), F.col("category"), F.col("package_size")).alias("product"),
        "department",
    )
    newest = recommendations.where(F.col("as_of") == F.lit(as_of))
    told = newest.join(words, on="product_id", how="left").select(*serving.RECOMMENDATIONS.columns)
    return {serving.RECOMMENDATIONS.name: told}


JOB = Job(
    name="serving.recommendations",
    doc="What to offer each customer, best first",
    reads={"recommendations": mining.RECOMMENDATIONS, "products": silver.PRODUCTS},
    writes=(serving.RECOMMENDATIONS,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.PERSONALISATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["serving.recommendations", *sys.argv[1:]])
