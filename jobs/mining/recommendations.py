"""The list of each customer: what they buy most, and new products by the champion.

How it grows: purchases are summed once to one row for each customer and product. For new products, blocks of 256
customers times blocks of 8,192 products, one matrix product each; the work follows customers times products, the
memory does not, and only each block's best are shuffled.
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
from motherlode.mining.factors import customer_factors, product_factors
from motherlode.mining.frames import known_by
from motherlode.mining.recommendations import offered, recommend
from motherlode.mining.recommender import RecommenderParams, purchases
from motherlode.mining.stages import stage_of


def transform(
    champion: Champion,
    customers: DataFrame,
    products: DataFrame,
    interactions: DataFrame,
    catalogue: DataFrame,
    as_of: date,
    params: RecommenderParams,
) -> Outputs:
    # The numbers are those of the run that trained the champion.
    trained = F.col("as_of") == F.lit(champion.trained_as_of).cast("date")
    model = stage_of(champion.model, ALSModel)
    numbered = customers.where(trained).select("customer_id", "customer_no")
    offers = offered(products.where(trained), catalogue, params.served)
    recommended = recommend(
        numbered.join(customer_factors(model), on="customer_no", how="inner").withColumn(
            "repeats", F.lit(params.served.repeats)
        ),
        offers.join(product_factors(model), on="product_no", how="inner"),
        purchases(known_by(interactions, as_of), as_of, params),
        params.served,
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


JOB = Job(
    name="mining.recommendations",
    doc="Recommends to each customer what they buy most, and new products that the recommender chooses",
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
    params=RecommenderParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.recommendations", *sys.argv[1:]])
