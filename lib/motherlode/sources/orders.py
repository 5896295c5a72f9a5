"""The current state of every order, from the lines of all its delivered versions."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.columns.versions import is_state
from motherlode.contracts import silver

_STATE = (
    "source", "identifier", "occurred_at", "occurred_on", "channel", "status", "store_id", "currency", "is_test",
)  # fmt: skip


def orders(order_lines: DataFrame) -> DataFrame:
    """One row for each order: its newest version, summed. Of a line delivered twice in a version, one counts.

    Of several deliveries of one version the one that was known last is the state, of those known at one time the
    one whose file and place in it come last.
    """
    lines = order_lines.withColumn("_counts", is_state("order_id")).where("_counts")
    # Whichever line says what holds for the whole order: the same one each time.
    head = F.max_by(F.struct(*_STATE), F.struct(*silver.DELIVERED))
    has_product = F.col("product_id").isNotNull()
    summed = lines.groupBy("order_id", "version_at").agg(
        head.alias("_head"),
        F.count_if(has_product).alias("lines"),
        F.coalesce(F.sum(F.when(has_product, F.col("quantity"))), F.lit(0.0)).alias("quantity"),
        *[F.sum(name).cast(silver.ORDERS[name].type).alias(name) for name in ("gross", "discount", "net", "tax")],
    )
    return summed.select("*", "_head.*").select(*silver.ORDERS.columns)
