"""The single view of each customer.

How it grows: one row for each customer; six joins by customer or household, each of one row on the right, for one of
which the customer-days are summed.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import features, identity, mining, serving, silver
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.tables import Purpose
from motherlode.serving.profile import ProfileParams, allowed, current_households, decisions, seen_by


def transform(
    customers: DataFrame,
    households: DataFrame,
    consents: DataFrame,
    days: DataFrame,
    facts: DataFrame,
    segments: DataFrame,
    scores: DataFrame,
    as_of: date,
    params: ProfileParams,
) -> Outputs:
    newest = F.col("as_of") == F.lit(as_of)
    known = facts.where(newest).select(
        "customer_id", "orders", "net", "recency_days", "online_share", "email_open_rate"
    )
    profile = (
        seen_by(customers, days, as_of, params.zone)
        .join(current_households(households), on="household", how="left")
        .join(known, on="customer_id", how="left")
        .join(segments.where(newest).select("customer_id", "segment"), on="customer_id", how="left")
        .join(scores.where(newest).select("customer_id", "probability"), on="customer_id", how="left")
        .join(decisions(consents), on="customer_id", how="left")
        .select(
            F.lit(as_of).alias("as_of"),
            "customer_id",
            "identifiers",
            "first_seen_on",
            "last_seen_on",
            "age",
            "income",
            "household_size",
            "orders",
            "net",
            "recency_days",
            "online_share",
            "email_open_rate",
            "segment",
            F.col("probability").alias("churn_probability"),
            allowed(Purpose.ANALYTICS, params).alias("may_analyse"),
            allowed(Purpose.PERSONALISATION, params).alias("may_personalise"),
            allowed(Purpose.MARKETING, params).alias("may_market"),
        )
    )
    return {serving.CUSTOMER_PROFILE.name: profile}


JOB = Job(
    name="serving.customer_profile",
    doc="One row for each customer: what is known of them, and what may be done with it",
    reads={
        "customers": identity.CUSTOMERS,
        "households": silver.HOUSEHOLDS,
        "consents": identity.CONSENTS,
        "days": features.CUSTOMER_DAYS,
        "facts": features.CUSTOMER_FEATURES,
        "segments": mining.SEGMENTS,
        "scores": mining.CHURN_SCORES,
    },
    writes=(serving.CUSTOMER_PROFILE,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.ANALYTICS,
    params=ProfileParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["serving.customer_profile", *sys.argv[1:]])
