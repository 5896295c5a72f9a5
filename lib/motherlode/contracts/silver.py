"""Silver: typed and clean, identifiers as keyed hashes, no record lost, no repeat counted twice."""

from motherlode.contracts.bronze import ADDRESS, ADDRESS_COLUMNS, OWNER, TO_RECORD, quarantine
from motherlode.contracts.fields import (
    BOOLEAN,
    DATE,
    DOUBLE,
    IDENTIFIERS,
    LONG,
    MONEY,
    STRING,
    STRINGS,
    TIMESTAMP,
    Field,
)
from motherlode.contracts.tables import Layer, Origin, Subject, Table

PERSON_RETENTION = 1095

ROW_ID = Field("row_id", STRING, "Hash of source, key and content: a repeat delivery has the same")
KEY_ID = Field(
    "key_id",
    STRING,
    "Hash (keyed) of source and key alone: rows that have the same say different things of one event, or thing. Of"
    " events, and of sources that are exported whole",
    nullable=True,
)
FLAGS = Field("flags", STRINGS, "Data-quality flags: what is odd about a record that was taken all the same")
DELIVERED = ("known_at", "file", "offset", "row_id")
"""The order of what was delivered of one order's line in one version: the last holds."""
WHO = (
    Field("identifier", STRING, "The strongest identifier of the record (keyed hash)", pii=True),
    Field("identifiers", IDENTIFIERS, "All identifiers that were seen together in the record", pii=True),
)
WHEN = (
    Field("occurred_at", TIMESTAMP, "When it happened, UTC"),
    Field("occurred_on", DATE, "The UTC day of occurred_at"),
    Field("known_at", TIMESTAMP, "When the source received it, else when it happened, UTC"),
)
CLAIMED_ON = Field(
    "claimed_on",
    DATE,
    "The UTC day on which it happened by the clock of the device, which may be wrong, and which no redelivery changes:"
    " by it repeats are looked for",
    nullable=True,
)


def duplicates(name: str) -> Table:
    """The repeats that one job met: addresses only, and the row that each repeats."""
    return Table(
        layer=Layer.SILVER,
        name=name,
        doc="Records that repeat one already taken: the same key and the same content",
        owner=OWNER,
        fields=(*ADDRESS, Field("row_id", STRING, "The row that this record repeats")),
        key=ADDRESS_COLUMNS,
        made_from=(TO_RECORD,),
    )


def person_table(name: str, doc: str, fields: tuple[Field, ...], cluster_by: tuple[str, ...] = ()) -> Table:
    """A silver table whose rows are about somebody, at some time."""
    return Table(
        layer=Layer.SILVER,
        name=name,
        doc=doc,
        owner=OWNER,
        fields=(ROW_ID, *WHO, *WHEN, CLAIMED_ON, KEY_ID, *fields, FLAGS, *ADDRESS),
        key=("row_id",),
        cluster_by=cluster_by,
        subject=Subject.IDENTIFIER,
        retention=PERSON_RETENTION,
        made_from=(TO_RECORD,),
    )


def thing_table(name: str, doc: str, fields: tuple[Field, ...]) -> Table:
    """A silver table about things: versions of rows, the newest known_at being the current one."""
    known_at = Field("known_at", TIMESTAMP, "When this version was received", volatile=True)
    return Table(
        layer=Layer.SILVER,
        name=name,
        doc=doc,
        owner=OWNER,
        fields=(ROW_ID, KEY_ID, *fields, known_at, FLAGS, *ADDRESS),
        key=("row_id",),
        made_from=(TO_RECORD,),
    )


EVENTS = person_table(
    "events",
    "Canonical events of every source: what a person did, or what was sent to them",
    (
        Field("type", STRING, "Event type of the canonical vocabulary, or `other`"),
        Field("name", STRING, "The event's name as the source says it", nullable=True, pii=True),
        Field("channel", STRING, "web, app, email, store, offline …"),
        Field("page", STRING, "Path of the page or screen, scrubbed of personal data", nullable=True, pii=True),
        Field("search", STRING, "Search term, scrubbed of personal data", nullable=True, pii=True),
        Field("product_id", STRING, "The product that the event is about", nullable=True),
        Field("order_id", STRING, "The order that the event is about", nullable=True),
        Field("campaign_id", STRING, "The campaign that the event is about or came by", nullable=True),
        Field(
            "campaign_source",
            STRING,
            "Where the visitor came from, as the campaign says: google, newsletter …",
            nullable=True,
        ),
        Field("campaign_medium", STRING, "By what: cpc, email, referral …", nullable=True),
        Field("revenue", MONEY, "Revenue that the event claims, in the source's currency", nullable=True),
        Field("is_bot", BOOLEAN, "By a crawler or a machine, judged by user agent or the source's own mark"),
    ),
    cluster_by=("occurred_on", "claimed_on"),
)

SUPERSEDED_EVENTS = Table(
    layer=Layer.SILVER,
    name="superseded_events",
    doc="Events that count no more: another has the same key, other content, and was known later",
    owner=OWNER,
    fields=(
        Field("row_id", STRING, "The event that counts no more"),
        Field("identifier", STRING, "Its strongest identifier (keyed hash)", pii=True),
        Field("occurred_on", DATE, "The UTC day on which it happened"),
        Field("key_id", STRING, "The key that both have", nullable=True),
        Field("by_row_id", STRING, "The event of the same key that was the newest when this one was found"),
        Field("batch", LONG, "The batch in which the later of the two came in", volatile=True, nullable=True),
    ),
    key=("row_id",),
    subject=Subject.IDENTIFIER,
    retention=PERSON_RETENTION,
    made_from=(Origin("silver.events", on=(("row_id", "row_id"),)),),
)

ORDER_LINES = person_table(
    "order_lines",
    "One row for each line of each delivered version of an order or store sale",
    (
        Field("order_id", STRING, "The order or store transaction, with its source: SOURCE:ID"),
        Field("version_at", TIMESTAMP, "When this version of the order was made; the newest is its state"),
        Field("line_no", STRING, "The line within the order"),
        Field("channel", STRING, "web, app, store …"),
        Field("status", STRING, "placed, paid, refunded, cancelled …"),
        Field("store_id", STRING, "The store", nullable=True),
        Field("product_id", STRING, "The product; null for an order without lines", nullable=True),
        Field("quantity", DOUBLE, "Units, after refunds"),
        Field("gross", MONEY, "Amount before discounts"),
        Field("discount", MONEY, "All discounts, positive"),
        Field("net", MONEY, "Revenue: after discounts and refunds, without the tax where the source says what it is"),
        Field("tax", MONEY, "Tax that was paid on it; null: the source says nothing of it", nullable=True),
        Field("currency", STRING, "ISO 4217"),
        Field("is_test", BOOLEAN, "An order that only tests the shop"),
    ),
    cluster_by=("occurred_on", "claimed_on"),
)

ORDERS = Table(
    layer=Layer.SILVER,
    name="orders",
    doc="The current state of every order and store sale",
    owner=OWNER,
    fields=(
        Field("order_id", STRING, "The order or store transaction, with its source: SOURCE:ID"),
        Field("source", STRING, "Where the order came from"),
        Field("identifier", STRING, "The strongest identifier of the order (keyed hash)", pii=True),
        Field("occurred_at", TIMESTAMP, "When it was placed, UTC"),
        Field("occurred_on", DATE, "The UTC day of occurred_at"),
        Field("version_at", TIMESTAMP, "The version that this is the state of"),
        Field("channel", STRING, "web, app, store …"),
        Field("status", STRING, "placed, paid, refunded, cancelled …"),
        Field("store_id", STRING, "The store", nullable=True),
        Field("currency", STRING, "ISO 4217"),
        Field("lines", LONG, "Lines with a product"),
        Field("quantity", DOUBLE, "Units"),
        Field("gross", MONEY, "Amount before discounts"),
        Field("discount", MONEY, "All discounts, positive"),
        Field("net", MONEY, "Revenue: after discounts and refunds, without the tax where the source says what it is"),
        Field("tax", MONEY, "Tax that was paid on it; null: the source says nothing of it", nullable=True),
        Field("is_test", BOOLEAN, "An order that only tests the shop"),
    ),
    key=("order_id",),
    subject=Subject.IDENTIFIER,
    retention=PERSON_RETENTION,
    made_from=(Origin("silver.order_lines", on=(("order_id", "order_id"), ("version_at", "version_at"))),),
)

CUSTOMERS = person_table(
    "customers",
    "CRM customers, a row for each delivered version; names and contact points are in silver.contacts alone",
    (
        Field(
            "household",
            STRING,
            "The household's identifier (keyed hash), not used to merge people",
            nullable=True,
            pii=True,
        ),
    ),
)

HOUSEHOLDS = person_table(
    "households",
    "Demographics of a household, as delivered",
    tuple(
        Field(name, STRING, doc, nullable=True)
        for name, doc in (
            ("age", "Age band"),
            ("income", "Income band"),
            ("home_ownership", "Home ownership"),
            ("marital_status", "Marital status"),
            ("household_size", "Persons"),
            ("household_comp", "Composition"),
            ("kids_count", "Children"),
        )
    ),
)

CONSENTS = person_table(
    "consents",
    "Decisions on consent; the newest occurred_at of a person and purpose holds",
    (
        Field("purpose", STRING, "analytics, personalisation or marketing"),
        Field("granted", BOOLEAN, "Whether the person agrees"),
    ),
)

SURVEY_ANSWERS = person_table(
    "survey_answers",
    "Answers to surveys",
    (
        Field("response_id", STRING, "The response that the answer belongs to"),
        Field("question", STRING, "What was asked: nps, rating, comment …"),
        Field("score", DOUBLE, "The answer as a number", nullable=True),
        Field("comment", STRING, "Free text, scrubbed of personal data", nullable=True, pii=True),
    ),
)

ATTRIBUTES = person_table(
    "attributes",
    "What others say of a person, an attribute a row; the newest occurred_at of a person, provider and attribute holds."
    " Never used to stitch",
    (
        Field("attribute", STRING, "What it is about: income_band, interests …"),
        Field(
            "value", STRING, "What is said, scrubbed of personal data; null: no longer known", nullable=True, pii=True
        ),
        Field("provider", STRING, "Who says so"),
    ),
)

IDENTITY_TRUTH = person_table(
    "identity_truth",
    "A labelled sample of who is who, by which identity is judged; never used to stitch",
    (
        Field("person", STRING, "The true person"),
        Field("identifier_type", STRING, "Type of the identifier"),
        Field("scenario", STRING, "What makes the case easy or hard"),
        Field("is_shared", BOOLEAN, "Whether the identifier is used by several people"),
    ),
)

CONTACTS = Table(
    layer=Layer.SILVER,
    name="contacts",
    doc="The only table with plain contact points, names, addresses and birth dates: encrypted",
    owner=OWNER,
    fields=(
        Field("row_id", STRING, "Hash of identifier, kind and the value's keyed hash"),
        Field("identifier", STRING, "Whose it is: the record's strongest identifier (keyed hash)", pii=True),
        Field("kind", STRING, "email, phone, name, address, birth_date"),
        Field("value", STRING, "The plain value, encrypted (AES-256-GCM, base64)", pii=True, volatile=True),
        Field("known_at", TIMESTAMP, "When the source said so", volatile=True),
        *ADDRESS,
    ),
    key=("row_id",),
    subject=Subject.IDENTIFIER,
    retention=PERSON_RETENTION,
    made_from=(TO_RECORD,),
)

PRODUCTS = thing_table(
    "products",
    "The catalogue, a row for each delivered version of a product",
    (
        Field("product_id", STRING, "The product"),
        Field("manufacturer_id", STRING, "Its maker", nullable=True),
        Field("department", STRING, "Broadest grouping", nullable=True),
        Field("brand", STRING, "National or Private", nullable=True),
        Field("category", STRING, "Narrower grouping", nullable=True),
        Field("type", STRING, "Narrowest grouping", nullable=True),
        Field("package_size", STRING, "As the source writes it", nullable=True),
    ),
)

CAMPAIGNS = thing_table(
    "campaigns",
    "Marketing campaigns",
    (
        Field("campaign_id", STRING, "The campaign"),
        Field("campaign_type", STRING, "Kind of campaign", nullable=True),
        Field("starts_on", DATE, "First day", nullable=True),
        Field("ends_on", DATE, "Last day", nullable=True),
    ),
)

COUPONS = thing_table(
    "coupons",
    "Which coupon of which campaign is good for which product",
    (
        Field("coupon_id", STRING, "The coupon"),
        Field("product_id", STRING, "A product that it is good for"),
        Field("campaign_id", STRING, "The campaign that it belongs to"),
    ),
)

EXCHANGE_RATES = thing_table(
    "exchange_rates",
    "What currencies were worth, a row for each delivered version of a rate; it holds until the next day that has one",
    (
        Field("currency", STRING, "ISO 4217"),
        Field("day", DATE, "The first day on which the rate holds"),
        Field("rate", DOUBLE, "How much of the business's currency one unit is worth"),
    ),
)

# One job for each target; its rejected and repeated records stand beside it under the same name.
TARGETS = (
    EVENTS,
    ORDER_LINES,
    CUSTOMERS,
    HOUSEHOLDS,
    CONSENTS,
    SURVEY_ANSWERS,
    ATTRIBUTES,
    IDENTITY_TRUTH,
    PRODUCTS,
    CAMPAIGNS,
    COUPONS,
    EXCHANGE_RATES,
)
QUARANTINES = {target.name: quarantine(Layer.SILVER, f"{target.name}_quarantine", (KEY_ID,)) for target in TARGETS}
DUPLICATES = {target.name: duplicates(f"{target.name}_duplicates") for target in TARGETS}

TABLES = (
    *TARGETS,
    *QUARANTINES.values(),
    *DUPLICATES.values(),
    SUPERSEDED_EVENTS,
    ORDERS,
    CONTACTS,
)
