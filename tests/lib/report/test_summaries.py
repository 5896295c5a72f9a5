"""Each summary of a few literal rows; expectations counted by hand."""

import hashlib
from datetime import date

import pytest
from pyspark.sql import DataFrame, SparkSession

from motherlode.report import summaries

AS_OF = date(2017, 3, 12)


def rows(frame: object) -> list[tuple[object, ...]]:
    return list(frame.itertuples(index=False, name=None))  # type: ignore[attr-defined]


def test_accounting_counts_batches_that_do_not_balance(spark: SparkSession) -> None:
    batches = spark.createDataFrame(
        [("web", 1, 10, 8, 1, 1), ("web", 2, 10, 8, 1, 0), ("crm", 1, 30, 30, 0, 0)],
        "source string, batch long, records_in long, events long, duplicates long, quarantined long",
    )
    assert rows(summaries.accounting(batches)) == [("crm", 1, 0, 30, 30, 0, 0), ("web", 2, 1, 20, 16, 2, 1)]


def test_reasons_are_united_and_limited(spark: SparkSession) -> None:
    schema = "source string, rule string, path string, allowed string, record string"
    one = spark.createDataFrame([("web", "a", None, None, "secret")] * 2 + [("web", "b", "x", "y", "secret")], schema)
    two = spark.createDataFrame([("crm", "b", "x", "y", "secret")] * 3, schema)
    found = summaries.reasons([one, two])
    assert list(found.columns) == ["source", "rule", "path", "allowed", "records"]
    assert rows(found) == [("crm", "b", "x", "y", 3), ("web", "a", None, None, 2), ("web", "b", "x", "y", 1)]
    many = spark.createDataFrame([("web", f"rule {number}", None, None, "") for number in range(40)], schema)
    assert len(summaries.reasons([many])) == summaries.REASONS


def test_scores_of_the_last_weeks_and_what_lowers_them(spark: SparkSession) -> None:
    yesterday, long_ago, tomorrow = date(2017, 3, 11), date(2016, 12, 11), date(2017, 3, 13)
    rules = [
        ("web", AS_OF, "any", "", 100, 5, 2, 40, 0.93, 0.9, "ok"),
        ("web", AS_OF, "required", "type", 100, 5, 0, 0, 0.95, None, "ok"),
        ("web", yesterday, "required", "type", 50, 1, 0, 0, 0.98, None, "ok"),
        ("web", AS_OF, "clock_off", "", 100, 0, 2, 0, 0.98, 0.99, "warn"),
        ("web", AS_OF, "missing", "page", 100, 0, 0, 40, 0.6, None, "ok"),
        ("web", AS_OF, "missing", "search", 100, 0, 0, 1, 0.99, 0.5, "ok"),
        ("web", long_ago, "any", "", 100, 90, 0, 0, 0.1, 0.9, "warn"),
        ("web", tomorrow, "any", "", 100, 90, 0, 0, 0.1, 0.9, "warn"),
        ("crm", yesterday, "any", "", 10, 0, 0, 0, 1.0, 0.9, "ok"),
        ("web", long_ago, "required", "type", 100, 90, 0, 0, 0.1, None, "ok"),
    ]
    quality = spark.createDataFrame(
        [(*rule[:9], rule[9], None, rule[10]) for rule in rules],
        "source string, day date, rule string, field string, records long, quarantined long, flagged long,"
        " missing long, score double, warn_below double, stop_below double, standing string",
    )
    assert rows(summaries.scores(quality, AS_OF)) == [
        ("crm", yesterday, 10, 1.0, "ok"),
        ("web", AS_OF, 100, 0.93, "ok"),
    ]
    assert rows(summaries.faults(quality, AS_OF)) == [
        ("web", "clock_off", "", 2, 100, 1),
        ("web", "required", "type", 6, 150, 0),
        ("web", "missing", "search", 1, 100, 0),
    ]


def test_customers_with_very_many_identifiers_share_the_last_bin(spark: SparkSession) -> None:
    profiles = spark.createDataFrame(
        [("a", 1, 0), ("b", 1, 2), ("c", 3, None), ("d", 15, 1), ("e", 400, 4), ("f", 1, 1)],
        "customer_id string, identifiers long, orders long",
    )
    assert rows(summaries.identifiers(profiles)) == [(1, 3, 2), (3, 1, 0), (15, 2, 2)]
    assert rows(summaries.largest(profiles)) == [(400,), (15,), (3,), (1,), (1,)]


def test_the_funnel_never_widens(spark: SparkSession) -> None:
    sessions = spark.createDataFrame(
        [
            ("web", AS_OF, 0, 0, 0),
            ("web", AS_OF, 2, 0, 0),
            ("web", AS_OF, 0, 1, 0),
            ("web", AS_OF, 0, 0, 1),
            ("app", AS_OF, 1, 1, 1),
            ("app", date(2017, 3, 13), 1, 1, 1),
        ],
        "channel string, day date, views long, carts long, orders long",
    )
    assert rows(summaries.funnel(sessions, AS_OF)) == [("web", 4, 3, 2, 1), ("app", 1, 1, 1, 1)]


@pytest.fixture(scope="module")
def baskets(spark: SparkSession) -> DataFrame:
    days = ["2017-01-01", "2017-01-02", "2017-01-08", "2017-03-06", "2017-03-12", "2017-03-13"]
    values = [(day, "store" if number % 2 else "web", number + 1.0) for number, day in enumerate(days)]
    return spark.createDataFrame(values, "day string, channel string, net double").selectExpr(
        "to_date(day) AS day", "channel", "cast(net AS decimal(18,4)) AS net"
    )


def test_totals_end_with_the_date(baskets: DataFrame) -> None:
    assert rows(summaries.totals(baskets, AS_OF)) == [(5, 3, 15.0, date(2017, 1, 1), AS_OF)]
    assert rows(summaries.totals(baskets.limit(0), AS_OF))[0][0] == 0


def test_long_histories_are_in_whole_weeks_from_monday(baskets: DataFrame) -> None:
    """1 January 2017 is a Sunday: its week is broken. The last week ends with the date, a Sunday."""
    first = date(2017, 1, 1)
    assert summaries.grain(first, AS_OF) == "week"
    assert rows(summaries.volume(baskets, AS_OF, first)) == [
        (date(2017, 1, 2), "store", 1, 2.0),
        (date(2017, 1, 2), "web", 1, 3.0),
        (date(2017, 3, 6), "store", 1, 4.0),
        (date(2017, 3, 6), "web", 1, 5.0),
    ]
    assert len(summaries.volume(baskets, date(2017, 3, 11), first)) == 2


def test_short_histories_are_in_days(baskets: DataFrame) -> None:
    first = date(2017, 3, 6)
    assert summaries.grain(first, AS_OF) == "day"
    late = baskets.where("day >= '2017-03-06'")
    assert rows(summaries.volume(late, AS_OF, first)) == [(first, "store", 1, 4.0), (AS_OF, "web", 1, 5.0)]
    assert summaries.grain(None, AS_OF) == "day"


@pytest.fixture(scope="module")
def profiles(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(
        [
            ("a", "loyal", 9, 90.0, 1, 0.1),
            ("b", "loyal", 5, 50.0, 4, 0.3),
            ("c", None, 1, 10.0, 9, None),
            ("d", "gone", 1, 5.0, 90, 0.9),
            ("f", "new", 0, 0.0, None, None),
        ],
        "customer_id string, segment string, orders long, net double, recency_days long, churn_probability double",
    )


def test_segments_keep_members_without_a_profile(spark: SparkSession, profiles: DataFrame) -> None:
    members = spark.createDataFrame(
        [("a", 0, "loyal", 5, 5, 5), ("b", 0, "loyal", 4, 5, 4), ("x", 1, "new", 1, 1, 1), ("f", 1, "new", 1, 1, 1)],
        "customer_id string, segment_id int, segment string, recency_score int, frequency_score int,"
        " monetary_score int",
    )
    loyal, new = rows(summaries.segments(members, profiles))
    assert loyal == (0, "loyal", 2, 140.0, 70.0, 4.5, 5.0, 4.5, pytest.approx(0.2))
    assert new[:3] == (1, "new", 2)
    # Fifths are among buyers: who has no basket, and who has no profile, is in none.
    assert rows(summaries.rfm(members, profiles)) == [(4, 5, 1, 50.0), (5, 5, 1, 90.0)]


def test_a_rule_and_its_reverse_count_once(spark: SparkSession) -> None:
    found = spark.createDataFrame(
        [
            ("1", ["a"], ["b"], 10, 0.1, 0.4, 3.0),
            ("2", ["b"], ["a"], 10, 0.1, 0.6, 3.0),
            ("3", ["a", "c"], ["d"], 5, 0.1, 0.6, 4.0),
            ("4", ["x"], ["y"], 5, 0.1, 0.6, 1.5),
        ],
        "rule_id string, antecedent array<string>, consequent array<string>, baskets long, support double,"
        " confidence double, lift double",
    )
    strongest = summaries.rules(found)
    assert [(list(row.antecedent), list(row.consequent)) for row in strongest.itertuples()] == [
        (["a", "c"], ["d"]),
        (["b"], ["a"]),
        (["x"], ["y"]),
    ]
    assert summaries.rules(found.limit(0)).empty


def test_examples_are_of_different_segments_and_have_no_customer_id(spark: SparkSession, profiles: DataFrame) -> None:
    offers = spark.createDataFrame(
        [
            (customer, rank, f"p{rank}", f"P {rank}" if rank > 1 else None, None, False)
            for customer in "abce"
            for rank in range(1, 9)
        ],
        "customer_id string, rank int, product_id string, product string, department string, is_repeat boolean",
    )
    chosen = summaries.examples(offers, profiles)
    names = {customer: hashlib.sha256(customer.encode()).hexdigest()[:6] for customer in "abc"}
    loyal = min(names["a"], names["b"])
    assert sorted(row.pseudonym for row in chosen.collect()) == sorted([loyal, names["c"]])
    shown = summaries.offers_of(chosen, offers)
    assert list(shown.columns) == ["pseudonym", "rank", "product", "department", "is_repeat"]
    assert list(shown["product"]) == ["p1", "P 2", "P 3", "P 4", "P 5"] * 2


def test_the_newest_evaluation_up_to_the_date(spark: SparkSession) -> None:
    evaluations = spark.createDataFrame(
        [(date(2017, 3, day), decile, day * 10 + decile) for day in (1, 12, 13) for decile in (2, 1)],
        "as_of date, decile int, customers long",
    )
    assert rows(summaries.deciles(evaluations, AS_OF)) == [(1, 121), (2, 122)]


def test_risks_are_binned_with_one_in_the_last(spark: SparkSession) -> None:
    scores = spark.createDataFrame([(0.0,), (0.049,), (0.05,), (0.999,), (1.0,)], "probability double")
    assert rows(summaries.risks(scores)) == [(0.0, 2), (0.05, 1), (0.95, 2)]


def test_who_has_left_already_is_counted_among_the_likely(spark: SparkSession) -> None:
    scores = spark.createDataFrame(
        [("a", 0.5, 28), ("b", 0.8, 28), ("c", 0.9, 28), ("d", 0.49, 28), ("x", 0.7, 28)],
        "customer_id string, probability double, horizon_days int",
    )
    silent = spark.createDataFrame(
        [("a", 27), ("b", 28), ("c", 60), ("d", 80)], "customer_id string, recency_days long"
    )
    assert rows(summaries.leaving(scores, silent)) == [(28, 4, 2)]
    assert rows(summaries.leaving(scores.limit(0), silent)) == []
