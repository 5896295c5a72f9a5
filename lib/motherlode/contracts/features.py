"""Features: facts per customer, rolled up from mergeable days, as of a date."""

from motherlode.contracts.fields import (
    BOOLEAN,
    DATE,
    DOUBLE,
    LONG,
    MONEY,
    STRING,
    STRINGS,
    TIMESTAMP,
    Field,
)
from motherlode.contracts.identity import CUSTOMER_ID
from motherlode.contracts.silver import PERSON_RETENTION
from motherlode.contracts.tables import Layer, Origin, Purpose, Subject, Table

OWNER = "features"
CONSENTED = frozenset(Purpose) - {Purpose.OPERATION}
IDENTIFIER = Field("identifier", STRING, "The identifier by which the customer was found (keyed hash)", pii=True)
DAY = Field("day", DATE, "The business day, in the time zone of conf/")
KNOWN_ON = Field("known_on", DATE, "The business day from which it was known that this was the customer")
AS_OF = Field("as_of", DATE, "The business day at whose end this was true")


def customer_table(
    name: str,
    doc: str,
    fields: tuple[Field, ...],
    key: tuple[str, ...],
    made_from: tuple[Origin, ...],
    partition_by: tuple[str, ...] = (),
) -> Table:
    return Table(
        layer=Layer.FEATURES,
        name=name,
        doc=doc,
        owner=OWNER,
        fields=fields,
        key=key,
        partition_by=partition_by,
        subject=Subject.CUSTOMER,
        purposes=CONSENTED,
        retention=PERSON_RETENTION,
        made_from=made_from,
    )


CUSTOMER_EVENTS = customer_table(
    "customer_events",
    "Events with the customer whose they are",
    (
        Field("row_id", STRING, "The event in silver.events"),
        CUSTOMER_ID,
        IDENTIFIER,
        Field("occurred_at", TIMESTAMP, "When it happened, UTC"),
        DAY,
        KNOWN_ON,
        Field("type", STRING, "Event type"),
        Field("channel", STRING, "Channel"),
        Field("product_id", STRING, "The product", nullable=True),
        Field("order_id", STRING, "The order", nullable=True),
        Field("campaign_id", STRING, "The campaign", nullable=True),
        Field("is_bot", BOOLEAN, "By a machine"),
    ),
    key=("row_id",),
    made_from=(Origin("silver.events", on=(("row_id", "row_id"),)),),
)

BASKETS = customer_table(
    "baskets",
    "Orders and store sales that count: no tests, none cancelled; anonymous ones have no customer",
    (
        Field("order_id", STRING, "The order"),
        Field("customer_id", STRING, "The customer, where known", nullable=True),
        IDENTIFIER,
        Field("occurred_at", TIMESTAMP, "When, UTC"),
        DAY,
        KNOWN_ON,
        Field("channel", STRING, "Channel"),
        Field("store_id", STRING, "The store", nullable=True),
        Field("lines", LONG, "Lines with a product"),
        Field("quantity", DOUBLE, "Units"),
        Field("discount", MONEY, "Discounts, positive"),
        Field("net", MONEY, "Amount paid"),
        Field(
            "product_types",
            STRINGS,
            "Distinct product types with their categories, sorted; a product of the catalogue without a type stands for"
            " itself, where there is no catalogue each does",
        ),
    ),
    key=("order_id",),
    made_from=(Origin("silver.orders", on=(("order_id", "order_id"),)),),
)

UNUSUAL_BASKETS = customer_table(
    "unusual_baskets",
    "Baskets that are worth far more or less than others of their channel, by what was known at the end of a day",
    (
        AS_OF,
        Field("order_id", STRING, "The order"),
        Field("customer_id", STRING, "The customer, where known", nullable=True),
        Field("channel", STRING, "Channel"),
        Field("net", DOUBLE, "Amount paid"),
        Field("least", DOUBLE, "The least that is usual in the channel, by [outliers] of conf/"),
        Field("greatest", DOUBLE, "The most that is usual there"),
        Field("capped", DOUBLE, "Amount paid, or the bound beyond which it lies: for sums that few should not sway"),
    ),
    key=("as_of", "order_id"),
    partition_by=("as_of",),
    made_from=(Origin("features.baskets", on=(("order_id", "order_id"),)),),
)

BASKET_ITEMS = customer_table(
    "basket_items",
    "Products in baskets: one row for each product of a basket",
    (
        Field("order_id", STRING, "The order"),
        Field("product_id", STRING, "The product"),
        Field("customer_id", STRING, "The customer, where known", nullable=True),
        IDENTIFIER,
        DAY,
        KNOWN_ON,
        Field("quantity", DOUBLE, "Units"),
        Field("net", MONEY, "Amount paid"),
    ),
    key=("order_id", "product_id"),
    made_from=(Origin("silver.orders", on=(("order_id", "order_id"),)),),
)

BASKET_CHANGES = customer_table(
    "basket_changes",
    "How orders changed as it became known: the sum up to a known_on is their state as it was known then",
    (
        Field("order_id", STRING, "The order"),
        CUSTOMER_ID,
        IDENTIFIER,
        DAY,
        Field("known_on", DATE, "The business day from which the change was known, and that this was the customer"),
        Field("orders", LONG, "1 for a new order, -1 for one that no longer counts"),
        Field("online_orders", LONG, "The same, for orders not made in a store"),
        Field("lines", LONG, "Change of lines with a product"),
        Field("quantity", DOUBLE, "Change of units"),
        Field("discount", MONEY, "Change of discounts"),
        Field("net", MONEY, "Change of the amount paid"),
    ),
    key=("order_id", "known_on"),
    made_from=(Origin("silver.order_lines", on=(("order_id", "order_id"),)),),
)

SESSIONS = customer_table(
    "sessions",
    "Visits on web and app: a gap of 30 minutes (conf/) ends one; bots left out",
    (
        Field("session_id", STRING, "Hash of customer, channel and first event"),
        CUSTOMER_ID,
        Field("channel", STRING, "web or app"),
        DAY,
        KNOWN_ON,
        Field("started_at", TIMESTAMP, "First event, UTC"),
        Field("ended_at", TIMESTAMP, "Last event, UTC"),
        Field("events", LONG, "Events"),
        Field("views", LONG, "Products viewed"),
        Field("carts", LONG, "Products added to the cart"),
        Field("searches", LONG, "Searches"),
        Field("orders", LONG, "Orders completed"),
    ),
    key=("session_id",),
    made_from=(
        Origin("features.customer_events", on=(("customer_id", "customer_id"), ("channel", "channel"), ("day", "day"))),
    ),
)

INTERACTIONS = customer_table(
    "interactions",
    "What a customer did with a product on a day",
    (
        CUSTOMER_ID,
        Field("product_id", STRING, "The product"),
        DAY,
        KNOWN_ON,
        Field("views", LONG, "Times viewed"),
        Field("carts", LONG, "Times added to the cart"),
        Field("purchases", LONG, "Baskets that held it"),
        Field("quantity", DOUBLE, "Units bought"),
        Field("net", MONEY, "Amount paid"),
    ),
    key=("customer_id", "product_id", "day", "known_on"),
    made_from=(
        Origin(
            "features.customer_events",
            on=(("customer_id", "customer_id"), ("product_id", "product_id"), ("day", "day")),
        ),
        Origin(
            "features.basket_items", on=(("customer_id", "customer_id"), ("product_id", "product_id"), ("day", "day"))
        ),
    ),
)

CUSTOMER_DAYS = customer_table(
    "customer_days",
    "Mergeable facts of a customer's day; what was taken back later is negative, on the day that it became known",
    (
        CUSTOMER_ID,
        DAY,
        KNOWN_ON,
        Field("sessions", LONG, "Sessions"),
        Field("views", LONG, "Products viewed"),
        Field("carts", LONG, "Products added to the cart"),
        Field("searches", LONG, "Searches"),
        Field("emails_sent", LONG, "E-mails delivered"),
        Field("emails_opened", LONG, "E-mails opened by a person"),
        Field("emails_clicked", LONG, "E-mail links clicked"),
        Field("orders", LONG, "Baskets"),
        Field("online_orders", LONG, "Baskets not bought in a store"),
        Field("items", LONG, "Basket lines"),
        Field("discount", MONEY, "Discounts, positive"),
        Field("net", MONEY, "Amount paid"),
    ),
    key=("customer_id", "day", "known_on"),
    made_from=(
        Origin("features.customer_events", on=(("customer_id", "customer_id"), ("day", "day"))),
        Origin(
            "features.basket_changes", on=(("customer_id", "customer_id"), ("day", "day"), ("known_on", "known_on"))
        ),
    ),
)

CUSTOMER_FEATURES = customer_table(
    "customer_features",
    "What was known of each customer at the end of a day",
    (
        AS_OF,
        CUSTOMER_ID,
        Field("tenure_days", LONG, "Days since first seen"),
        Field("recency_days", LONG, "Days since the last basket", nullable=True),
        Field("active_days", LONG, "Days with any fact"),
        Field("orders", LONG, "Baskets"),
        Field("orders_28d", LONG, "Baskets in the last 28 days"),
        Field("orders_prior_28d", LONG, "Baskets in the 28 days before those"),
        Field("orders_84d", LONG, "Baskets in the last 84 days"),
        Field("basket_weeks_84d", LONG, "Weeks with a basket, of the last 12"),
        Field("mean_gap_days", DOUBLE, "Mean days between days with a basket", nullable=True),
        Field("longest_gap_days", LONG, "Longest time between days with a basket", nullable=True),
        Field("overdue", DOUBLE, "recency_days over mean_gap_days", nullable=True),
        Field("net", DOUBLE, "Amount paid"),
        Field("net_28d", DOUBLE, "Amount paid in the last 28 days"),
        Field("net_prior_28d", DOUBLE, "Amount paid in the 28 days before those"),
        Field("net_84d", DOUBLE, "Amount paid in the last 84 days"),
        Field("net_per_order", DOUBLE, "Mean basket value", nullable=True),
        Field("items_per_order", DOUBLE, "Mean lines of a basket", nullable=True),
        Field("discount_share", DOUBLE, "Discounts over amount before them", nullable=True),
        Field("online_share", DOUBLE, "Share of baskets bought online", nullable=True),
        Field("sessions_28d", LONG, "Sessions in the last 28 days"),
        Field("session_recency_days", LONG, "Days since the last session", nullable=True),
        Field("views_28d", LONG, "Products viewed in the last 28 days"),
        Field("carts_28d", LONG, "Products added to the cart in the last 28 days"),
        Field("email_open_rate", DOUBLE, "E-mails opened over delivered, last 84 days", nullable=True),
        Field("email_click_rate", DOUBLE, "E-mails clicked over delivered, last 84 days", nullable=True),
    ),
    key=("as_of", "customer_id"),
    partition_by=("as_of",),
    made_from=(Origin("features.customer_days", on=(("customer_id", "customer_id"),), until=("as_of", "day")),),
)

TABLES = (
    CUSTOMER_EVENTS,
    BASKETS,
    UNUSUAL_BASKETS,
    BASKET_ITEMS,
    BASKET_CHANGES,
    SESSIONS,
    INTERACTIONS,
    CUSTOMER_DAYS,
    CUSTOMER_FEATURES,
)
