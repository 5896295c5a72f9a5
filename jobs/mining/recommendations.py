"""The best products for each customer, by the champion.

How it grows: blocks of 256 customers times blocks of 8,192 products, one matrix product each; the work follows
customers times products, the memory does not, and only each block's best are shuffled.
"""

import sys
from datetime import date

from pyspark.ml.recommendation import ALSModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import features, mining, silver
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.models import Champion
from motherlode.contracts.tables import Purpose
from motherlode.mining.frames import known_by
from motherlode.mining.recommendations import RecommendationsParams, recommend
from motherlode.mining.stages import stage_of


def transform(
    champion: Champion,
    customers: DataFrame,
    products: DataFrame,
    interactions: DataFrame,
    catalogue: DataFrame,
    as_of: date,
    params: RecommendationsParams,
) -> Outputs:
    # The numbers are those of the run that trained the champion.
    trained = F.col("as_of") == F.lit(champion.trained_as_of).cast("date")
    bought = known_by(interactions, as_of).where(F.col("purchases") > 0).select("customer_id", "product_id").distinct()
    recommended = recommend(
        stage_of(champion.model, ALSModel),
        customers.where(trained).select("customer_id", "customer_no"),
        _offered(products.where(trained).select("product_id", "product_no"), catalogue),
        bought,
        params,
    ).select(
        F.lit(as_of).alias("as_of"),
        "customer_id",
        "rank",
        "product_id",
        "score",
        "is_repeat",
        F.lit(champion.version).alias("model_version"),
    )
    return {mining.RECOMMENDATIONS.name: recommended}


def _offered(products: DataFrame, catalogue: DataFrame) -> DataFrame:
    """What a catalogue lacks has no name to be offered by; who keeps none is offered everything."""
    return products if catalogue.isEmpty() else products.join(catalogue, on="product_id", how="left_semi")


JOB = Job(
    name="mining.recommendations",
    doc="Recommends products of the catalogue to each customer, at most half of them bought before",
    reads={
        "champion": mining.RECOMMENDER,
        "customers": mining.RECOMMENDER_CUSTOMERS,
        "products": mining.RECOMMENDER_PRODUCTS,
        "interactions": features.INTERACTIONS,
        "catalogue": silver.PRODUCTS,
    },
    writes=(mining.RECOMMENDATIONS,),
    transform=transform,
    mode=Snapshot(),
    purpose=Purpose.PERSONALISATION,
    params=RecommendationsParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.recommendations", *sys.argv[1:]])
