"""What systems read: the newest day, in words, with one row for each key."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.serving import (
    association_rules,
    churn_scores,
    customer_profile,
    customer_segments,
    model_quality,
    recommendations,
)
from motherlode.contracts import features, identity, mining, serving, silver
from motherlode.contracts.consent import Consent
from motherlode.contracts.jobs import Job
from motherlode.contracts.tables import Table
from motherlode.features.customer_days import COUNTS, MONEY
from motherlode.serving.profile import ProfileParams

AS_OF = date(2024, 3, 31)
BEFORE = AS_OF - timedelta(days=1)


def rows_of(spark: SparkSession, table: Table, *rows: dict[str, object]) -> DataFrame:
    """Rows of a table, what is not given being null, so that a test says only what it is about."""
    schema = table.schema
    for field in schema.fields:
        field.nullable = True
    return spark.createDataFrame([tuple(row.get(name) for name in table.columns) for row in rows], schema)


def check(job: Job, found: DataFrame) -> None:
    assert set(found.columns) == set(job.tables[0].columns)


def test_copies_hold_the_newest_day_only(spark: SparkSession) -> None:
    cases = [
        (association_rules.JOB, mining.ASSOCIATION_RULES, {"rule_id": "r"}),
        (customer_segments.JOB, mining.SEGMENTS, {"customer_id": "ann", "segment": "frequent"}),
        (churn_scores.JOB, mining.CHURN_SCORES, {"customer_id": "ann", "probability": 0.5}),
    ]
    for job, table, row in cases:
        given = rows_of(spark, table, {**row, "as_of": AS_OF}, {**row, "as_of": BEFORE})
        found = job.transform(given, AS_OF)[job.tables[0].name]
        assert isinstance(found, DataFrame)
        check(job, found)
        assert [{**one.asDict(), **row, "as_of": AS_OF} for one in found.collect()] == [
            one.asDict() for one in found.collect()
        ]
        assert found.count() == 1


def test_products_are_told_in_words_by_their_newest_version(spark: SparkSession) -> None:
    old, new = datetime(2024, 1, 1), datetime(2024, 2, 1)
    products = rows_of(
        spark,
        silver.PRODUCTS,
        {"row_id": "1", "product_id": "p1", "type": "WATER", "department": "GROCERY", "known_at": old},
        {
            "row_id": "2",
            "product_id": "p1",
            "type": "ICE - CRUSHED/CUBED",
            "package_size": "22 LB",
            "department": "GROCERY",
            "known_at": new,
        },
        {"row_id": "3", "product_id": "p2", "type": " ", "category": "NO-NONSENSE", "known_at": new},
        {"row_id": "4", "product_id": "p3", "package_size": "1 OZ", "known_at": new},
        {"row_id": "5", "product_id": "p4", "type": "LEAN", "category": "BEEF", "known_at": new},
    )
    given = rows_of(
        spark,
        mining.RECOMMENDATIONS,
        *[
            {"as_of": AS_OF, "customer_id": "ann", "rank": rank, "product_id": f"p{rank}", "score": 1 / rank}
            for rank in (1, 2, 3, 4, 5)
        ],
        {"as_of": BEFORE, "customer_id": "ann", "rank": 1, "product_id": "p9"},
    )
    found = recommendations.transform(given, products, AS_OF)[serving.RECOMMENDATIONS.name]
    assert isinstance(found, DataFrame)
    check(recommendations.JOB, found)
    assert [(row.product_id, row["product"], row.department) for row in found.orderBy("rank").collect()] == [
        ("p1", "Ice - crushed/cubed, 22 LB", "GROCERY"),
        ("p2", "No-nonsense", None),
        ("p3", None, None),
        ("p4", "Lean (beef)", None),
        ("p5", None, None),
    ]


def profiles(spark: SparkSession, consent: Consent, zone: str = "UTC") -> dict[str, dict[str, object]]:
    seen = {"first_seen_at": datetime(2024, 1, 1, 23, 30), "last_seen_at": datetime(2024, 4, 3)}
    customers = rows_of(
        spark,
        identity.CUSTOMERS,
        {"customer_id": "ann", "household": "h1", "identifiers": 3, **seen},
        {"customer_id": "bob", "household": "h1", "identifiers": 1, **seen},
        {"customer_id": "cy", "identifiers": 2, **seen},
        {"customer_id": "dee", "identifiers": 1, **seen, "first_seen_at": datetime(2024, 4, 1, 3, 59)},
    )
    nothing = {**dict.fromkeys(COUNTS, 0), **dict.fromkeys(MONEY, Decimal(0))}
    days = rows_of(
        spark,
        features.CUSTOMER_DAYS,
        *[
            {"customer_id": who, "day": day, "known_on": known_on, **nothing, what: 1}
            for who, day, known_on, what in (
                ("ann", date(2024, 3, 20), date(2024, 3, 20), "sessions"),
                ("ann", date(2024, 3, 25), date(2024, 3, 25), "emails_sent"),
                ("ann", date(2024, 3, 28), date(2024, 4, 1), "sessions"),
                ("ann", date(2024, 4, 1), date(2024, 4, 1), "sessions"),
                ("bob", date(2023, 12, 31), date(2023, 12, 31), "emails_clicked"),
            )
        ],
    )
    households = rows_of(
        spark,
        silver.HOUSEHOLDS,
        {"row_id": "1", "identifier": "h1", "age": "25-34", "known_at": datetime(2024, 1, 1)},
        {"row_id": "2", "identifier": "h1", "age": "35-44", "household_size": "2", "known_at": datetime(2024, 2, 1)},
        {"row_id": "3", "age": "65+", "known_at": datetime(2024, 2, 1)},
    )
    consents = rows_of(
        spark,
        identity.CONSENTS,
        {"customer_id": "ann", "purpose": "marketing", "granted": False},
        {"customer_id": "ann", "purpose": "analytics", "granted": True},
    )
    facts = rows_of(
        spark,
        features.CUSTOMER_FEATURES,
        {"as_of": AS_OF, "customer_id": "ann", "orders": 4, "net": 20.5},
        {"as_of": BEFORE, "customer_id": "ann", "orders": 3, "net": 9.0},
    )
    segments = rows_of(spark, mining.SEGMENTS, {"as_of": AS_OF, "customer_id": "ann", "segment": "frequent"})
    scores = rows_of(spark, mining.CHURN_SCORES, {"as_of": AS_OF, "customer_id": "ann", "probability": 0.25})
    found = customer_profile.transform(
        customers, households, consents, days, facts, segments, scores, AS_OF, ProfileParams(consent, zone)
    )[serving.CUSTOMER_PROFILE.name]
    assert isinstance(found, DataFrame)
    check(customer_profile.JOB, found)
    rows = found.collect()
    by_customer = {row.customer_id: row.asDict() for row in rows}
    assert len(by_customer) == len(rows)
    return by_customer


def test_a_profile_is_one_row_of_what_is_known(spark: SparkSession) -> None:
    found = profiles(spark, Consent(analytics=True, personalisation=True, marketing=True))
    assert {name: found["ann"][name] for name in ("age", "household_size", "orders", "net", "segment")} == {
        "age": "35-44",
        "household_size": "2",
        "orders": 4,
        "net": 20.5,
        "segment": "frequent",
    }
    assert found["ann"]["churn_probability"] == 0.25
    assert (found["bob"]["age"], found["bob"]["orders"]) == ("35-44", None)
    assert (found["cy"]["age"], found["cy"]["first_seen_on"]) == (None, date(2024, 1, 1))
    assert [found["ann"][name] for name in ("may_analyse", "may_personalise", "may_market")] == [True, True, False]
    assert [found["cy"][name] for name in ("may_analyse", "may_personalise", "may_market")] == [True, True, True]


def test_a_profile_ends_with_its_business_day(spark: SparkSession) -> None:
    def seen(zone: str) -> dict[str, tuple[object, object]]:
        found = profiles(spark, Consent(analytics=True, personalisation=True, marketing=True), zone=zone)
        return {who: (row["first_seen_on"], row["last_seen_on"]) for who, row in found.items()}

    new_year, day_after = date(2024, 1, 1), date(2024, 1, 2)
    # What happened or became known after as_of, and mail that was only sent, is not seen; nor is who came later.
    assert seen("UTC") == {
        "ann": (new_year, date(2024, 3, 20)),
        "bob": (new_year, new_year),
        "cy": (new_year, new_year),
    }
    assert seen("Europe/Berlin")["cy"] == (day_after, day_after)
    # In New York dee came at 23:59 of the last day of March.
    assert seen("America/New_York")["dee"] == (AS_OF, AS_OF)


def test_silence_is_what_conf_says_it_is(spark: SparkSession) -> None:
    found = profiles(spark, Consent(analytics=False, personalisation=True, marketing=False))
    assert [found["ann"][name] for name in ("may_analyse", "may_personalise", "may_market")] == [True, True, False]
    assert [found["cy"][name] for name in ("may_analyse", "may_personalise", "may_market")] == [False, True, False]


def test_quality_is_dated(spark: SparkSession) -> None:
    scorecard = spark.createDataFrame(
        [("mining.churn", "3", "2024-03-31", "auc", 0.8, 0.7), ("mining.churn", "3", "2024-03-31", "k", 4.0, None)],
        "model string, model_version string, trained_as_of string, metric string, value double, baseline double",
    )
    found = model_quality.transform(scorecard)[serving.MODEL_QUALITY.name]
    assert isinstance(found, DataFrame)
    check(model_quality.JOB, found)
    row = found.where(F.col("metric") == "auc").first()
    assert row is not None
    assert (row.trained_as_of, row.value, row.baseline) == (AS_OF, 0.8, 0.7)
