"""What was known of each customer at the end of a day: one pure function, for scoring and for training."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from motherlode.features.customer_days import FACTS, any_fact

MONTH = 28
SEASON = 84
WEEK = 7


def known_days(days: DataFrame, as_of: date) -> DataFrame:
    """`customer_id`, `day` and the facts, one row for each day up to `as_of` as it was known at its end."""
    day = F.lit(as_of)
    known = days.where((F.col("day") <= day) & (F.col("known_on") <= day))
    sums = [F.sum(name).alias(name) for name in FACTS]
    return known.groupBy("customer_id", "day").agg(*sums).where(any_fact())


def customer_features(days: DataFrame, as_of: date) -> DataFrame:
    """The columns of features.customer_features: one row for each customer with a fact up to `as_of`.

    Args:
        days: features.customer_days, of any time: what lies after `as_of`, or became known after it, is
            not looked at.
    """
    known = known_days(days, as_of)
    has_basket = F.col("orders") > 0
    before = Window.partitionBy("customer_id").orderBy("day").rowsBetween(Window.unboundedPreceding, -1)
    last_basket_day = F.max(F.when(has_basket, F.col("day"))).over(before)
    age = F.datediff(F.lit(as_of), "day")
    dated = known.select(
        "*",
        age.alias("age"),
        has_basket.alias("has_basket"),
        F.when(has_basket, F.datediff("day", last_basket_day)).alias("gap"),
    )
    basket_age = F.when(F.col("has_basket"), F.col("age"))
    week = F.when(F.col("has_basket") & (F.col("age") < SEASON), F.floor(F.col("age") / WEEK))
    sums = dated.groupBy("customer_id").agg(
        F.max("age").alias("tenure_days"),
        F.min(basket_age).alias("recency_days"),
        F.count("*").alias("active_days"),
        _sum("orders").alias("orders"),
        _sum("orders", 0, MONTH).alias("orders_28d"),
        _sum("orders", MONTH, 2 * MONTH).alias("orders_prior_28d"),
        _sum("orders", 0, SEASON).alias("orders_84d"),
        F.count_distinct(week).alias("basket_weeks_84d"),
        F.avg("gap").alias("mean_gap_days"),
        F.max("gap").alias("longest_gap_days"),
        _sum("net").alias("net"),
        _sum("net", 0, MONTH).alias("net_28d"),
        _sum("net", MONTH, 2 * MONTH).alias("net_prior_28d"),
        _sum("net", 0, SEASON).alias("net_84d"),
        _sum("discount").alias("discount"),
        (F.sum("net") + F.sum("discount")).alias("gross"),
        _sum("items").alias("items"),
        _sum("online_orders").alias("online_orders"),
        _sum("sessions", 0, MONTH).alias("sessions_28d"),
        F.min(F.when(F.col("sessions") > 0, F.col("age"))).alias("session_recency_days"),
        _sum("views", 0, MONTH).alias("views_28d"),
        _sum("carts", 0, MONTH).alias("carts_28d"),
        *[_sum(name, 0, SEASON).alias(name) for name in ("emails_sent", "emails_opened", "emails_clicked")],
    )
    return sums.select(
        F.lit(as_of).alias("as_of"),
        "customer_id",
        *[F.col(name).cast("long") for name in ("tenure_days", "recency_days", "active_days")],
        "orders",
        "orders_28d",
        "orders_prior_28d",
        "orders_84d",
        "basket_weeks_84d",
        "mean_gap_days",
        F.col("longest_gap_days").cast("long"),
        _ratio("recency_days", "mean_gap_days").alias("overdue"),
        *[F.col(name).cast("double") for name in ("net", "net_28d", "net_prior_28d", "net_84d")],
        _ratio("net", "orders").alias("net_per_order"),
        _ratio("items", "orders").alias("items_per_order"),
        _ratio("discount", "gross").alias("discount_share"),
        _ratio("online_orders", "orders").alias("online_share"),
        "sessions_28d",
        F.col("session_recency_days").cast("long"),
        "views_28d",
        "carts_28d",
        _ratio("emails_opened", "emails_sent").alias("email_open_rate"),
        _ratio("emails_clicked", "emails_sent").alias("email_click_rate"),
    )


def _sum(name: str, youngest: int = 0, oldest: int | None = None) -> Column:
    """The sum over days from `youngest` to before `oldest` days ago."""
    age = F.col("age")
    if oldest is None:
        return F.sum(name)
    return F.sum(F.when((age >= youngest) & (age < oldest), F.col(name)).otherwise(F.lit(0)))


def _ratio(part: str, whole: str) -> Column:
    """Null where the whole is 0 or unknown."""
    return F.try_divide(F.col(part).cast("double"), F.col(whole).cast("double"))
