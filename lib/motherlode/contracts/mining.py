"""Mining: models, and what they find, as of a date."""

from motherlode.contracts.features import AS_OF, CONSENTED
from motherlode.contracts.fields import BOOLEAN, DOUBLE, INTEGER, LONG, STRING, STRINGS, Field
from motherlode.contracts.identity import CUSTOMER_ID
from motherlode.contracts.models import Model
from motherlode.contracts.silver import PERSON_RETENTION
from motherlode.contracts.tables import Layer, Origin, Purpose, Subject, Table

OWNER = "mining"
PERSONAL = frozenset({Purpose.PERSONALISATION, Purpose.MARKETING})
SCORE = (
    "Of a repeat how often it was bought, the sooner the more; of a new product the recommender's preference."
    " Comparable within a customer, among repeats and among new products"
)
MODEL_VERSION = Field("model_version", STRING, "Version of the champion that said so", volatile=True)

FP_GROWTH = Model(Layer.MINING, "fp_growth", "Frequent sets of product types in baskets", OWNER)
RECOMMENDER = Model(Layer.MINING, "recommender", "Implicit-feedback ALS over customers and products", OWNER)
SEGMENTER = Model(Layer.MINING, "segmenter", "K-means over recency, frequency, money and behaviour", OWNER)
CHURN = Model(Layer.MINING, "churn", "Gradient-boosted trees: no purchase within the horizon", OWNER)

ASSOCIATION_RULES = Table(
    layer=Layer.MINING,
    name="association_rules",
    doc="Rules between product types: who buys the antecedent also buys the consequent",
    owner=OWNER,
    fields=(
        AS_OF,
        Field("rule_id", STRING, "Hash of antecedent and consequent"),
        Field("antecedent", STRINGS, "Product types, sorted"),
        Field("consequent", STRINGS, "Product types, sorted"),
        Field("baskets", LONG, "Baskets that hold both"),
        Field("support", DOUBLE, "Share of baskets that hold both"),
        Field("confidence", DOUBLE, "Share of the antecedent's baskets that hold the consequent"),
        Field("lift", DOUBLE, "Confidence over the consequent's own share"),
        Field("leverage", DOUBLE, "Support less what independence would give"),
        MODEL_VERSION,
    ),
    key=("as_of", "rule_id"),
    partition_by=("as_of",),
    made_from=(
        Origin(
            "features.baskets",
            contains=(("antecedent", "product_types"), ("consequent", "product_types")),
            until=("as_of", "day"),
        ),
    ),
)

RECOMMENDER_CUSTOMERS = Table(
    layer=Layer.MINING,
    name="recommender_customers",
    doc="Dense numbers of the customers that the recommender was trained on (ALS takes 32-bit integers)",
    owner=OWNER,
    fields=(AS_OF, CUSTOMER_ID, Field("customer_no", INTEGER, "From 0, without gaps")),
    key=("as_of", "customer_id"),
    partition_by=("as_of",),
    subject=Subject.CUSTOMER,
    purposes=PERSONAL,
    retention=PERSON_RETENTION,
)

RECOMMENDER_PRODUCTS = Table(
    layer=Layer.MINING,
    name="recommender_products",
    doc="Dense numbers of the products that the recommender was trained on",
    owner=OWNER,
    fields=(
        AS_OF,
        Field("product_id", STRING, "The product"),
        Field("product_no", INTEGER, "From 0, without gaps"),
    ),
    key=("as_of", "product_id"),
    partition_by=("as_of",),
)

RECOMMENDATIONS = Table(
    layer=Layer.MINING,
    name="recommendations",
    doc="What to recommend to each customer: what they buy most, then new products that the recommender chooses",
    owner=OWNER,
    fields=(
        AS_OF,
        CUSTOMER_ID,
        Field("rank", INTEGER, "1 is best"),
        Field("product_id", STRING, "The product"),
        Field("score", DOUBLE, SCORE),
        Field("is_repeat", BOOLEAN, "The customer has bought it before"),
        MODEL_VERSION,
    ),
    key=("as_of", "customer_id", "rank"),
    partition_by=("as_of",),
    subject=Subject.CUSTOMER,
    purposes=PERSONAL,
    retention=PERSON_RETENTION,
    made_from=(
        Origin("features.interactions", on=(("customer_id", "customer_id"),), until=("as_of", "day")),
        Origin("silver.products", on=(("product_id", "product_id"),)),
    ),
)

SEGMENTS = Table(
    layer=Layer.MINING,
    name="segments",
    doc="The segment of each customer, and the RFM scores of 1 (low) to 5",
    owner=OWNER,
    fields=(
        AS_OF,
        CUSTOMER_ID,
        Field("segment_id", INTEGER, "Number of the cluster; by falling mean value"),
        Field("segment", STRING, "The segment in words, from what sets it apart"),
        Field("recency_score", INTEGER, "5: bought most recently"),
        Field("frequency_score", INTEGER, "5: buys most often"),
        Field("monetary_score", INTEGER, "5: spends most"),
        MODEL_VERSION,
    ),
    key=("as_of", "customer_id"),
    partition_by=("as_of",),
    subject=Subject.CUSTOMER,
    purposes=CONSENTED,
    retention=PERSON_RETENTION,
    made_from=(Origin("features.customer_features", on=(("customer_id", "customer_id"), ("as_of", "as_of"))),),
)

CHURN_SCORES = Table(
    layer=Layer.MINING,
    name="churn_scores",
    doc="Probability that a customer buys nothing within the horizon after as_of",
    owner=OWNER,
    fields=(
        AS_OF,
        CUSTOMER_ID,
        Field("probability", DOUBLE, "0 to 1"),
        Field("risk_decile", INTEGER, "1: the tenth most at risk"),
        Field("horizon_days", INTEGER, "Days that the score looks ahead"),
        MODEL_VERSION,
    ),
    key=("as_of", "customer_id"),
    partition_by=("as_of",),
    subject=Subject.CUSTOMER,
    purposes=CONSENTED,
    retention=PERSON_RETENTION,
    made_from=(Origin("features.customer_features", on=(("customer_id", "customer_id"), ("as_of", "as_of"))),),
)

CHURN_EVALUATION = Table(
    layer=Layer.MINING,
    name="churn_evaluation",
    doc="The churn model on a later date than it was trained on, by tenths of predicted risk",
    owner=OWNER,
    fields=(
        AS_OF,
        Field("judged_on", STRING, "Date as of which the judged scores were computed"),
        Field("decile", INTEGER, "1: the tenth most at risk"),
        Field("customers", LONG, "Customers"),
        Field("churned", LONG, "Of these, who bought nothing within the horizon"),
        Field("mean_probability", DOUBLE, "What the model said"),
        Field("churn_rate", DOUBLE, "What happened"),
        Field("lift", DOUBLE, "Churn rate over that of all"),
    ),
    key=("as_of", "decile"),
    partition_by=("as_of",),
)

TABLES = (
    ASSOCIATION_RULES,
    RECOMMENDER_CUSTOMERS,
    RECOMMENDER_PRODUCTS,
    RECOMMENDATIONS,
    SEGMENTS,
    CHURN_SCORES,
    CHURN_EVALUATION,
)
MODELS = (FP_GROWTH, RECOMMENDER, SEGMENTER, CHURN)
