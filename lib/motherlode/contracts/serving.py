"""Serving: what other systems read. Names and types are a promise; any Delta reader can read them."""

from motherlode.contracts.features import AS_OF, CONSENTED
from motherlode.contracts.fields import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, STRING, STRINGS, Field
from motherlode.contracts.identity import CUSTOMER_ID
from motherlode.contracts.mining import SCORE
from motherlode.contracts.quality import DAY, FIELD, MEASURES, RULE
from motherlode.contracts.silver import PERSON_RETENTION
from motherlode.contracts.tables import Layer, Origin, Subject, Table

OWNER = "serving"
MODEL_VERSION = Field("model_version", STRING, "Version of the model that said so", volatile=True)


def serving_table(
    name: str,
    doc: str,
    fields: tuple[Field, ...],
    key: tuple[str, ...],
    made_from: tuple[Origin, ...],
    constraints: tuple[tuple[str, str], ...] = (),
) -> Table:
    """A serving table holds the newest as_of only; Delta's history has the ones before."""
    is_personal = CUSTOMER_ID in fields
    return Table(
        layer=Layer.SERVING,
        name=name,
        doc=doc,
        owner=OWNER,
        fields=fields,
        key=key,
        subject=Subject.CUSTOMER if is_personal else None,
        purposes=CONSENTED,
        retention=PERSON_RETENTION if is_personal else None,
        constraints=constraints,
        made_from=made_from,
    )


ASSOCIATION_RULES = serving_table(
    "association_rules",
    "Which product types are bought together; the greater the lift, the stronger",
    (
        AS_OF,
        Field("rule_id", STRING, "Hash of antecedent and consequent"),
        Field("antecedent", STRINGS, "Who buys these …"),
        Field("consequent", STRINGS, "… also buys these"),
        Field("baskets", LONG, "Baskets that hold both"),
        Field("support", DOUBLE, "Share of baskets that hold both"),
        Field("confidence", DOUBLE, "Share of the antecedent's baskets that hold the consequent"),
        Field("lift", DOUBLE, "Confidence over the consequent's own share: 1 is chance"),
        Field("leverage", DOUBLE, "Support less what independence would give"),
        MODEL_VERSION,
    ),
    key=("rule_id",),
    made_from=(Origin("mining.association_rules", on=(("as_of", "as_of"), ("rule_id", "rule_id"))),),
)

RECOMMENDATIONS = serving_table(
    "recommendations",
    "What to offer each customer: what they buy most, then new products; by rank",
    (
        AS_OF,
        CUSTOMER_ID,
        Field("rank", INTEGER, "1 is best"),
        Field("product_id", STRING, "The product"),
        Field("product", STRING, "The product in words", nullable=True),
        Field("department", STRING, "Its department", nullable=True),
        Field("score", DOUBLE, SCORE),
        Field("is_repeat", BOOLEAN, "The customer has bought it before"),
        MODEL_VERSION,
    ),
    key=("customer_id", "rank"),
    made_from=(
        Origin(
            "mining.recommendations",
            on=(("as_of", "as_of"), ("customer_id", "customer_id"), ("rank", "rank")),
        ),
        Origin("silver.products", on=(("product_id", "product_id"),)),
    ),
)

CUSTOMER_SEGMENTS = serving_table(
    "customer_segments",
    "The segment of each customer",
    (
        AS_OF,
        CUSTOMER_ID,
        Field("segment_id", INTEGER, "Number of the segment; by falling mean value"),
        Field("segment", STRING, "The segment in words"),
        Field("recency_score", INTEGER, "1 to 5, 5: bought most recently"),
        Field("frequency_score", INTEGER, "1 to 5, 5: buys most often"),
        Field("monetary_score", INTEGER, "1 to 5, 5: spends most"),
        MODEL_VERSION,
    ),
    key=("customer_id",),
    made_from=(Origin("mining.segments", on=(("as_of", "as_of"), ("customer_id", "customer_id"))),),
)

CHURN_SCORES = serving_table(
    "churn_scores",
    "How likely each customer is to buy nothing within the horizon",
    (
        AS_OF,
        CUSTOMER_ID,
        Field("probability", DOUBLE, "0 to 1"),
        Field("risk_decile", INTEGER, "1: the tenth most at risk"),
        Field("horizon_days", INTEGER, "Days that the score looks ahead"),
        MODEL_VERSION,
    ),
    key=("customer_id",),
    made_from=(Origin("mining.churn_scores", on=(("as_of", "as_of"), ("customer_id", "customer_id"))),),
    constraints=(("a_probability", "probability BETWEEN 0 AND 1"),),
)

CUSTOMER_PROFILE = serving_table(
    "customer_profile",
    "The single view of each customer: one row, what is known, no plain identifier",
    (
        AS_OF,
        CUSTOMER_ID,
        Field("identifiers", LONG, "Identifiers that are this customer's alone, by all that is known now"),
        Field("first_seen_on", DATE, "Business day of the oldest evidence, not after as_of"),
        Field("last_seen_on", DATE, "Newest business day up to as_of of a visit, basket, opened or clicked e-mail"),
        Field("age", STRING, "Age band of the household", nullable=True),
        Field("income", STRING, "Income band of the household", nullable=True),
        Field("household_size", STRING, "Persons in the household", nullable=True),
        Field("orders", LONG, "Baskets up to as_of", nullable=True),
        Field("net", DOUBLE, "Amount paid up to as_of", nullable=True),
        Field("recency_days", LONG, "Days since the last basket", nullable=True),
        Field("online_share", DOUBLE, "Share of baskets bought online", nullable=True),
        Field("email_open_rate", DOUBLE, "E-mails opened over delivered, last 84 days", nullable=True),
        Field("segment", STRING, "The segment in words", nullable=True),
        Field("churn_probability", DOUBLE, "0 to 1", nullable=True),
        Field("may_analyse", BOOLEAN, "Consent for analytics, or the default that conf/ chose"),
        Field("may_personalise", BOOLEAN, "Consent for personalisation, or the default"),
        Field("may_market", BOOLEAN, "Consent for marketing, or the default; no after unsubscribing"),
    ),
    key=("customer_id",),
    made_from=(
        Origin("identity.customers", on=(("customer_id", "customer_id"),)),
        Origin("identity.consents", on=(("customer_id", "customer_id"),)),
        *[
            Origin(table, on=(("customer_id", "customer_id"), ("as_of", "as_of")))
            for table in ("features.customer_features", "mining.segments", "mining.churn_scores")
        ],
    ),
)

MODEL_QUALITY = serving_table(
    "model_quality",
    "How good each champion is on data that it has not seen, beside its simplest rival",
    (
        Field("model", STRING, "The model"),
        Field("metric", STRING, "Name of the measure"),
        Field("value", DOUBLE, "The model's"),
        Field("baseline", DOUBLE, "The simplest rival's", nullable=True),
        Field("trained_as_of", DATE, "As of which day it was trained"),
        MODEL_VERSION,
    ),
    key=("model", "metric"),
    made_from=(
        Origin("features.customer_days", until=("trained_as_of", "day")),
        Origin("features.baskets", until=("trained_as_of", "day")),
    ),
)

INGEST_ACCOUNTING = serving_table(
    "ingest_accounting",
    "Nothing is lost: records in = events + duplicates + quarantined, for every batch of every source",
    (
        Field("source", STRING, "Name of the source"),
        Field("batch", LONG, "Number of the ingest"),
        Field("records_in", LONG, "Records that the source's splitter found"),
        Field("events", LONG, "Records taken into silver"),
        Field("duplicates", LONG, "Records that repeat one already taken"),
        Field("quarantined", LONG, "Records that were not taken, in bronze and silver"),
    ),
    key=("source", "batch"),
    made_from=(
        Origin("bronze.records", on=(("source", "source"), ("batch", "batch"))),
        Origin("bronze.quarantine", on=(("source", "source"), ("batch", "batch"))),
    ),
    constraints=(("balanced", "records_in = events + duplicates + quarantined"),),
)

DATA_QUALITY = serving_table(
    "data_quality",
    "How good each source's records of a day are, by rule and in all, held against the limits of conf/",
    (Field("source", STRING, "Name of the source"), DAY, RULE, FIELD, *MEASURES),
    key=("source", "day", "rule", "field"),
    made_from=(Origin("silver.data_quality", on=tuple((name, name) for name in ("source", "day", "rule", "field"))),),
    constraints=(("a_share", "score BETWEEN 0 AND 1"),),
)

TABLES = (
    ASSOCIATION_RULES,
    RECOMMENDATIONS,
    CUSTOMER_SEGMENTS,
    CHURN_SCORES,
    CUSTOMER_PROFILE,
    MODEL_QUALITY,
    INGEST_ACCOUNTING,
    DATA_QUALITY,
)
