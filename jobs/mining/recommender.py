"""Factors of customers and products, from what customers did with products.

How it grows: interactions are summed once to one row for each customer and product; ALS shards these over
recommender.blocks blocks, and an iteration's cost follows their number. Numbering ids needs one shuffle of the ids.
"""

import sys
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import features, mining, silver
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.models import Fitted
from motherlode.contracts.tables import Purpose
from motherlode.mining.errors import require
from motherlode.mining.frames import known_by
from motherlode.mining.numbering import numbered
from motherlode.mining.recommendations import offered
from motherlode.mining.recommender import RecommenderParams, factorise, preferences, purchases
from motherlode.mining.recommender_quality import judge_served


def transform(interactions: DataFrame, catalogue: DataFrame, as_of: date, params: RecommenderParams) -> Outputs:
    known = known_by(interactions, as_of)
    wants = preferences(known, as_of, params).persist()
    customers = numbered(wants, "customer_id", "customer_no").persist()
    products = numbered(wants, "product_id", "product_no").persist()
    require("mining.recommender", customers.count(), params.min_customers, "customers with interactions")
    metrics, baseline = _judged(known, customers, products, catalogue, as_of, params)
    numbers = _with_numbers(wants, customers, products).persist()
    fitted = Fitted(
        model=factorise(numbers, params),
        example=numbers.select("customer_no", "product_no").limit(5),
        metrics=metrics,
        parameters={
            "view_weight": params.view_weight,
            "cart_weight": params.cart_weight,
            "purchase_weight": params.purchase_weight,
            "half_life_days": params.half_life_days,
            "rank": params.rank,
            "reg": params.reg,
            "alpha": params.alpha,
            "iterations": params.iterations,
            "seed": params.seed,
            "products": params.served.products,
            "repeats": params.served.repeats,
            "per_type": params.served.per_type,
        },
        baseline=baseline,
    )
    return {
        mining.RECOMMENDER.name: fitted,
        mining.RECOMMENDER_CUSTOMERS.name: customers.select(F.lit(as_of).alias("as_of"), "customer_id", "customer_no"),
        mining.RECOMMENDER_PRODUCTS.name: products.select(F.lit(as_of).alias("as_of"), "product_id", "product_no"),
    }


def _with_numbers(wants: DataFrame, customers: DataFrame, products: DataFrame) -> DataFrame:
    return (
        wants.join(customers, on="customer_id", how="inner")
        .join(products, on="product_id", how="inner")
        .select("customer_no", "product_no", "weight", "bought")
    )


def _judged(
    known: DataFrame,
    customers: DataFrame,
    products: DataFrame,
    catalogue: DataFrame,
    as_of: date,
    params: RecommenderParams,
) -> tuple[dict[str, float], dict[str, float]]:
    """Train before the last days, and compare what would have been served with the purchases of those."""
    cut = as_of - timedelta(days=params.holdout_days)
    before = known_by(known, cut)
    numbers = _with_numbers(preferences(before, cut, params), customers, products).persist()
    after = known.where((F.col("day") > F.lit(cut)) & (F.col("purchases") > 0))
    seen = customers.join(numbers, on="customer_no", how="left_semi")
    wanted = (
        after.select("customer_id", "product_id").distinct().join(seen, on="customer_id", how="left_semi").persist()
    )
    judged = seen.join(wanted, on="customer_id", how="left_semi").persist()
    # Before a model is fitted that nobody could judge.
    require("mining.recommender", judged.count(), params.min_customers, f"customers active before and after {cut}")
    return judge_served(
        factorise(numbers, params),
        judged,
        offered(products, catalogue, params.served).persist(),
        purchases(before, cut, params).persist(),
        wanted,
        params.served,
    )


JOB = Job(
    name="mining.recommender",
    doc="Trains the recommender and judges the lists that it makes on the last days",
    reads={"interactions": features.INTERACTIONS, "catalogue": silver.PRODUCTS},
    writes=(mining.RECOMMENDER, mining.RECOMMENDER_CUSTOMERS, mining.RECOMMENDER_PRODUCTS),
    transform=transform,
    mode=Snapshot(),
    purpose=Purpose.PERSONALISATION,
    params=RecommenderParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.recommender", *sys.argv[1:]])
