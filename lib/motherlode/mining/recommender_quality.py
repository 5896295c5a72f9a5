"""How good the lists are that would have been served, beside those of simple rules."""

from dataclasses import replace

from pyspark.ml.recommendation import ALSModel
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from motherlode.mining.factors import customer_factors, product_factors
from motherlode.mining.ranking import judge
from motherlode.mining.recommendations import RecommendationsParams, recommend


def judge_served(
    model: ALSModel,
    customers: DataFrame,
    products: DataFrame,
    bought: DataFrame,
    wanted: DataFrame,
    served: RecommendationsParams,
) -> tuple[dict[str, float], dict[str, float]]:
    """Means over the customers in `wanted`, all lists under the same rules of what may be offered.

    Of whole lists, precision, recall, nDCG and coverage; their rival fills a list with what the customer
    bought most, then with best sellers. Then the two halves of a list apart, since they do different jobs:
    `new_precision` of the products never bought before, among customers who bought such; its rival puts
    best sellers there. `again_precision` of those bought before; no rival, since it is the rival above.

    Args:
        customers: customer_id, customer_no.
        products: product_id, product_no, kind_no: what may be offered.
        bought: customer_id, product_id, weight: before.
        wanted: customer_id, product_id: bought after; distinct.

    Returns:
        The metrics of what is served, and those of the rivals.
    """
    k, again, new = served.products, served.repeats, served.products - served.repeats
    by_model = recommend(
        customers.join(customer_factors(model), on="customer_no", how="inner"),
        products.join(product_factors(model), on="product_no", how="inner"),
        bought,
        served,
    ).persist()
    # Best sellers are what a factor of one number says, the same to everybody.
    everybody = customers.withColumn("factors", F.array(F.lit(1.0).cast("float")))
    sold = bought.groupBy("product_id").agg(F.array(F.sum("weight").cast("float")).alias("factors"))
    sellers = products.join(sold, on="product_id", how="inner")
    only_repeats = replace(served, exclude_bought=False, max_repeats=1.0)
    most_bought = recommend(everybody, sellers, bought, only_repeats).persist()
    offers = products.count()
    metrics, baseline = judge(by_model, wanted, k, offers), judge(most_bought, wanted, k, offers)
    metrics["judged_customers"] = float(wanted.select("customer_id").distinct().count())
    if new:
        firsts = wanted.join(bought, on=["customer_id", "product_id"], how="left_anti").persist()
        by_sellers = recommend(everybody, sellers, bought, served).persist()
        for found, lists in ((metrics, by_model), (baseline, by_sellers)):
            found |= _precision("new", judge(_new(lists), firsts, new, offers))
    if again:
        metrics |= _precision("again", judge(by_model.where("is_repeat"), wanted, again, offers))
    return metrics, baseline


def _new(lists: DataFrame) -> DataFrame:
    """The products never bought, ranked among themselves."""
    place = F.row_number().over(Window.partitionBy("customer_id").orderBy("rank"))
    return lists.where("not is_repeat").select("customer_id", "product_id", place.alias("rank"))


def _precision(part: str, found: dict[str, float]) -> dict[str, float]:
    return {f"{part}_{name}": value for name, value in found.items() if name.startswith("precision")}
