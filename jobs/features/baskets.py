"""Orders and store sales that count, their products, and how they changed. How it grows: with the orders of
touched identifiers; shuffles by identifier and by order, the catalogue is small beside them.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import features, identity, silver
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.features.baskets import baskets
from motherlode.features.currency import BasketsParams, in_currency


def transform(
    orders: DataFrame,
    order_lines: DataFrame,
    products: DataFrame,
    rates: DataFrame,
    customer_map: DataFrame,
    params: BasketsParams,
) -> dict[str, DataFrame]:
    orders, order_lines = (in_currency(rows, rates, params.currency) for rows in (orders, order_lines))
    found = baskets(orders, order_lines, products, customer_map, params.zone)
    return {"baskets": found.baskets, "basket_items": found.items, "basket_changes": found.changes}


JOB = Job(
    name="features.baskets",
    doc="Orders and store sales that count, their products, and how they changed",
    reads={
        "orders": silver.ORDERS,
        "order_lines": silver.ORDER_LINES,
        "products": silver.PRODUCTS,
        "rates": silver.EXCHANGE_RATES,
        "customer_map": identity.CUSTOMER_MAP,
    },
    writes=(
        features.BASKETS,
        features.BASKET_ITEMS,
        features.BASKET_CHANGES,
    ),
    transform=transform,
    mode=Upsert(by=("identifier",)),
    purpose=Purpose.ANALYTICS,
    params=BasketsParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["features.baskets", *sys.argv[1:]])
