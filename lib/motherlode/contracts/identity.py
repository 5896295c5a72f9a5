"""Identity: evidence in, customers out."""

from motherlode.contracts.fields import BOOLEAN, DATE, DOUBLE, LONG, STRING, TIMESTAMP, Field
from motherlode.contracts.silver import PERSON_RETENTION
from motherlode.contracts.tables import Layer, Origin, Subject, Table

OWNER = "identity"

CUSTOMER_ID = Field(
    "customer_id", STRING, "The customer: named after its oldest identifier, lives as long as the customer"
)

EVIDENCE = Table(
    layer=Layer.IDENTITY,
    name="evidence",
    doc="Pairs of identifiers seen together, by source and hour; an identifier seen alone is paired with itself",
    owner=OWNER,
    fields=(
        Field("identifier", STRING, "The smaller of the pair (keyed hash)", pii=True),
        Field("identifier_type", STRING, "Its type"),
        Field("identifier_scope", STRING, "Where its value means one thing; empty for everywhere"),
        Field("other", STRING, "The larger of the pair (keyed hash)", pii=True),
        Field("other_type", STRING, "Its type"),
        Field("other_scope", STRING, "Its scope"),
        Field("source", STRING, "Where they were seen together"),
        Field("occurred_on", DATE, "The UTC day on which they were seen"),
        Field("hour", LONG, "The UTC hour of that day"),
        Field("first_at", TIMESTAMP, "First time within the hour"),
        Field("last_at", TIMESTAMP, "Last time within the hour"),
        Field("known_at", TIMESTAMP, "When the source first received a record of it"),
        Field("count", LONG, "Records within the hour"),
    ),
    key=("identifier", "other", "source", "occurred_on", "hour"),
    cluster_by=("occurred_on",),
    subject=Subject.IDENTIFIER,
    retention=PERSON_RETENTION,
)

CUSTOMER_MAP = Table(
    layer=Layer.IDENTITY,
    name="customer_map",
    doc="Which customer an identifier belongs to, from when to when; rows without end on unshared identifiers",
    owner=OWNER,
    fields=(
        Field("identifier", STRING, "The identifier (keyed hash)", pii=True),
        Field("identifier_type", STRING, "Its type"),
        Field("valid_from", TIMESTAMP, "From this moment, inclusive"),
        Field("valid_to", TIMESTAMP, "To this moment, exclusive; 9999-12-31 for no end"),
        CUSTOMER_ID,
        Field("known_from", TIMESTAMP, "From when the evidence for it was known"),
        Field("is_shared", BOOLEAN, "The identifier is shared by several customers, so time decides"),
    ),
    key=("identifier", "valid_from"),
    subject=Subject.CUSTOMER,
    retention=PERSON_RETENTION,
    # A shared identifier is the customer's for some time alone.
    made_from=tuple(
        Origin(table, on=(("identifier", "identifier"),), during=("valid_from", "valid_to", "occurred_at"))
        for table in (
            "silver.events",
            "silver.order_lines",
            "silver.customers",
            "silver.consents",
            "silver.survey_answers",
        )
    ),
)

CUSTOMERS = Table(
    layer=Layer.IDENTITY,
    name="customers",
    doc="One row for each customer: what holds them together",
    owner=OWNER,
    fields=(
        CUSTOMER_ID,
        Field("household", STRING, "The household's identifier (keyed hash)", nullable=True, pii=True),
        Field("identifiers", LONG, "Identifiers that are this customer's alone"),
        Field("shared_identifiers", LONG, "Identifiers shared with other customers"),
        Field("first_seen_at", TIMESTAMP, "Oldest evidence"),
        Field("last_seen_at", TIMESTAMP, "Newest evidence"),
    ),
    key=("customer_id",),
    subject=Subject.CUSTOMER,
    retention=PERSON_RETENTION,
    made_from=(
        Origin("identity.customer_map", on=(("customer_id", "customer_id"),)),
        Origin("silver.households", on=(("household", "identifier"),)),
    ),
)

MARKETING_CHOICES = Table(
    layer=Layer.IDENTITY,
    name="marketing_choices",
    doc="Decisions on marketing that no list of consents holds: who subscribed, left, reported spam, came back",
    owner=OWNER,
    fields=(
        Field("row_id", STRING, "The event (its row_id in silver.events)"),
        Field("identifier", STRING, "The strongest identifier of the event (keyed hash)", pii=True),
        Field("occurred_at", TIMESTAMP, "When, UTC"),
        Field("occurred_on", DATE, "The UTC day of occurred_at"),
        Field("granted", BOOLEAN, "Whether it says yes"),
    ),
    key=("row_id",),
    cluster_by=("occurred_on",),
    subject=Subject.IDENTIFIER,
    retention=PERSON_RETENTION,
    made_from=(Origin("silver.events", on=(("row_id", "row_id"),)),),
)

CONSENTS = Table(
    layer=Layer.IDENTITY,
    name="consents",
    doc="What each customer has decided, by purpose; no row where they never did",
    owner=OWNER,
    fields=(
        CUSTOMER_ID,
        Field("purpose", STRING, "analytics, personalisation or marketing"),
        Field("granted", BOOLEAN, "The newest decision; refused wins a tie; unsubscribing is one on marketing"),
        Field("decided_at", TIMESTAMP, "When"),
    ),
    key=("customer_id", "purpose"),
    subject=Subject.CUSTOMER,
    retention=PERSON_RETENTION,
    made_from=(Origin("identity.customer_map", on=(("customer_id", "customer_id"),)),),
)

ACCURACY = Table(
    layer=Layer.IDENTITY,
    name="accuracy",
    doc="Pairwise precision and recall of the customers against a labelled sample, where there is one",
    owner=OWNER,
    fields=(
        Field("scenario", STRING, "What makes the case easy or hard; `all` for the whole sample"),
        Field("identifiers", LONG, "Labelled identifiers, shared ones left out"),
        Field("people", LONG, "True people"),
        Field("customers", LONG, "Customers found among them"),
        Field("true_pairs", LONG, "Pairs of one person"),
        Field("found_pairs", LONG, "Pairs of one customer"),
        Field("correct_pairs", LONG, "Pairs of one person found as one customer"),
        Field("precision", DOUBLE, "correct / found", nullable=True),
        Field("recall", DOUBLE, "correct / true", nullable=True),
        Field("f1", DOUBLE, "Harmonic mean of both", nullable=True),
    ),
    key=("scenario",),
)

TABLES = (EVIDENCE, CUSTOMER_MAP, CUSTOMERS, MARKETING_CHOICES, CONSENTS, ACCURACY)
