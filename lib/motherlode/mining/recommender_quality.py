"""How good the lists are that would have been served, beside those of simple rules."""

from pyspark.ml.recommendation import ALSModel
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from motherlode.mining.factors import customer_factors, product_factors
from motherlode.mining.ranking import Judged, judge
from motherlode.mining.recommendations import RecommendationsParams, recommend

SERVED, MOST_BOUGHT, BEST_SELLERS = "served", "most bought", "best sellers"
NEW, AGAIN = " (new)", " (again)"


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
        customers: customer_id, customer_no: those in `wanted`.
        products: product_id, product_no, kind_no: what may be offered.
        bought: customer_id, product_id, weight: before.
        wanted: customer_id, product_id: bought after; distinct.

    Returns:
        The metrics of what is served, and those of the rivals.
    """
    k, again, new = served.products, served.repeats, served.products - served.repeats
    before = bought.select("customer_id", "product_id", F.lit(True).alias("is_old"))
    wants = (
        wanted.join(before, on=["customer_id", "product_id"], how="left")
        .groupBy("customer_id")
        .agg(F.collect_list("product_id").alias("products"), F.bool_or(F.col("is_old").isNull()).alias("is_new"))
        .persist()
    )
    [judged] = wants.agg(F.count(F.lit(1)).alias("customers"), F.count_if("is_new").alias("of_new")).collect()
    lists = _halves(_lists(model, customers, products, bought, served), again, new)
    found = judge(lists, wants, k)
    offers = products.count()

    def of(name: str) -> Judged:
        return found.get(name, Judged())

    metrics, baseline = (of(name).means(k, judged.customers, offers) for name in (SERVED, MOST_BOUGHT))
    metrics["judged_customers"] = float(judged.customers)
    if new:
        metrics |= _called("new_", of(SERVED + NEW).precision(new, judged.of_new))
        baseline |= _called("new_", of(BEST_SELLERS + NEW).precision(new, judged.of_new))
    if again:
        metrics |= _called("again_", of(SERVED + AGAIN).precision(again, judged.customers))
    return metrics, baseline


def _lists(
    model: ALSModel, customers: DataFrame, products: DataFrame, bought: DataFrame, served: RecommendationsParams
) -> DataFrame:
    """What is served and its rivals, made in one go: list, customer_id, rank, product_id, is_repeat.

    Best sellers are what one more factor says: of a product its sales, of a customer 1 in the rivals' lists,
    where the others are 0, and 0 in what is served.
    """
    sales = bought.groupBy("product_id").agg(F.sum("weight").alias("sales"))
    offers = (
        products.join(product_factors(model), on="product_no", how="inner")
        .join(sales, on="product_id", how="left")
        .withColumn("factors", _longer("factors", F.coalesce("sales", F.lit(0.0))))
    )
    learnt = _longer("factors", F.lit(0.0))
    by_sales = _longer(F.transform("factors", lambda _: F.lit(0.0).cast("float")), F.lit(1.0))
    asked = {
        SERVED: (learnt, served.repeats),
        MOST_BOUGHT: (by_sales, served.products),
        BEST_SELLERS: (by_sales, served.repeats),
    }
    name = F.array(*[F.lit(name) for name in asked])[F.pmod("customer_no", F.lit(len(asked))).cast("int")]
    asks = F.array(
        *[
            F.struct(
                (F.col("customer_no").cast("long") * len(asked) + place).alias("customer_no"),
                "customer_id",
                factors.alias("factors"),
                F.lit(repeats).alias("repeats"),
            )
            for place, (factors, repeats) in enumerate(asked.values())
        ]
    )
    askers = customers.join(customer_factors(model), on="customer_no", how="inner").select(F.inline(asks)).persist()
    return recommend(askers, offers.persist(), bought, served).withColumn("list", name)


def _longer(factors: str | Column, by: Column) -> Column:
    return F.concat(factors, F.array(by.cast("float")))


def _halves(lists: DataFrame, again: int, new: int) -> DataFrame:
    """Each list, and its halves as lists of their own: what was bought, and what was not, ranked from 1."""
    in_half = F.row_number().over(Window.partitionBy("list", "customer_id", "is_repeat").orderBy("rank"))
    half = F.when(F.col("is_repeat"), F.lit(AGAIN)).otherwise(F.lit(NEW))
    places = F.when(F.col("is_repeat"), F.lit(again)).otherwise(F.lit(new))
    both = F.array(
        F.struct("list", "rank"),
        F.when(
            F.col("in_half") <= places, F.struct(F.concat("list", half).alias("list"), F.col("in_half").alias("rank"))
        ),
    )
    return (
        lists.withColumn("in_half", in_half)
        .withColumn("both", F.explode(F.array_compact(both)))
        .select("both.list", "customer_id", "product_id", "both.rank")
    )


def _called(prefix: str, found: dict[str, float]) -> dict[str, float]:
    return {prefix + name: value for name, value in found.items()}
