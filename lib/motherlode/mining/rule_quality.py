"""How well rules complete baskets that they have not seen, beside what sells best."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

POPULAR = 200


def best_sellers(baskets: DataFrame) -> list[str]:
    """The product types in most baskets, best first: at most 200."""
    types = baskets.select(F.explode("product_types").alias("item")).groupBy("item").count()
    best = types.orderBy(F.desc("count"), "item").limit(POPULAR)
    return [row.item for row in best.toLocalIterator()]


def complete_baskets(
    rules: DataFrame, popular: list[str], baskets: DataFrame, suggestions: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Hide one type of each basket, chosen by hash, and see whether it is among those suggested from the rest.

    The rules' suggestions come by falling confidence and are filled up with best sellers; the rival
    suggests best sellers alone.

    Args:
        rules: antecedent, consequent (one), confidence.
        baskets: order_id, product_types.

    Returns:
        The metrics of the rules, and those of the rival.
    """
    hidden = F.element_at("product_types", (F.pmod(F.xxhash64("order_id"), F.size("product_types")) + 1).cast("int"))
    tests = (
        baskets.where(F.size("product_types") >= 2)
        .withColumn("hidden", hidden)
        .select("order_id", "hidden", F.array_remove("product_types", F.col("hidden")).alias("rest"))
    )
    found = (
        tests.select("order_id", "rest", F.explode("rest").alias("item"))
        .join(rules.withColumn("item", F.element_at("antecedent", 1)), on="item", how="inner")
        .where(F.size(F.array_except("antecedent", "rest")) == 0)
        .select("order_id", "rest", F.element_at("consequent", 1).alias("suggested"), "confidence")
        .where(~F.array_contains("rest", F.col("suggested")))
        .groupBy("order_id", "suggested")
        .agg(F.max("confidence").alias("confidence"))
        .groupBy("order_id")
        .agg(F.sort_array(F.collect_list(F.struct("confidence", "suggested")), asc=False).alias("found"))
        .select("order_id", F.transform("found", lambda one: one["suggested"]).alias("by_rules"))
    )
    sellers = F.array_except(F.array(*[F.lit(item) for item in popular]), F.col("rest"))
    by_rules = F.coalesce("by_rules", F.array().cast("array<string>"))
    judged = (
        tests.join(found, on="order_id", how="left")
        .select("hidden", sellers.alias("popular"), by_rules.alias("by_rules"))
        .select(
            "hidden",
            (F.size("by_rules") > 0).alias("fired"),
            F.slice("popular", 1, suggestions).alias("popular"),
            # array_distinct keeps the first of each: the rules' come first.
            F.slice(F.array_distinct(F.concat("by_rules", "popular")), 1, suggestions).alias("by_rules"),
        )
        .agg(
            F.count(F.lit(1)).alias("baskets"),
            F.avg(F.col("fired").cast("double")).alias("fired"),
            F.avg(F.array_contains("by_rules", F.col("hidden")).cast("double")).alias("hit"),
            F.avg(F.array_contains("popular", F.col("hidden")).cast("double")).alias("popular_hit"),
        )
        .first()
    )
    if judged is None or judged.hit is None:
        return {}, {}
    name = f"hit_rate_at_{suggestions}"
    metrics = {name: judged.hit, "baskets_with_a_rule": judged.fired, "judged_baskets": float(judged.baskets)}
    return metrics, {name: judged.popular_hit}
