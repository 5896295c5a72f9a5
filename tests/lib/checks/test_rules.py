"""Each rule on what keeps it, breaks it and is missing."""

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from motherlode.checks import rules


def test_rules_name_what_they_found_and_what_is_allowed(spark: SparkSession) -> None:
    t = F.col("t")
    checks: dict[str, Column] = {
        "required": rules.required(t, "p"),
        "scalar": rules.scalar(t, "p"),
        "one_of": rules.one_of(t, ("a", "b"), "p"),
        "readable": rules.readable(t, t.try_cast("int"), "p", "a number"),
        "not_negative": rules.not_negative(t.try_cast("int"), "p"),
        "first": rules.first_problem(rules.required(t, "p"), rules.one_of(t, ("a",), "q")),
        "flags": rules.flags({"odd": t == "a", "even": t == "b"}),
    }
    rows = spark.createDataFrame([(0, "a"), (1, '{"x":1}'), (2, "-5"), (3, None)], "n int, t string")
    found = rows.select("n", *[check.alias(name) for name, check in checks.items()]).orderBy("n").collect()
    broken = {
        name: [None if row[name] is None else tuple(row[name]) for row in found] for name in checks if name != "flags"
    }
    json_shape = '{"a":9}'
    assert broken == {
        "required": [None, None, None, ("required", "p", None, "a value")],
        "scalar": [None, ("scalar", "p", json_shape, "a text or number"), None, None],
        "one_of": [None, ("one_of", "p", json_shape, "a, b"), ("one_of", "p", "-9", "a, b"), None],
        "readable": [("readable", "p", "a", "a number"), ("readable", "p", json_shape, "a number"), None, None],
        "not_negative": [None, None, ("not_negative", "p", "-9", "0 or more"), None],
        "first": [
            None,
            ("one_of", "q", json_shape, "a"),
            ("one_of", "q", "-9", "a"),
            ("required", "p", None, "a value"),
        ],
    }
    assert [row["flags"] for row in found] == [["odd"], [], [], []]


def test_a_plausible_time_is_given_readable_and_near(spark: SparkSession) -> None:
    at = F.col("t").try_cast("timestamp")
    times = [(0, "2017-01-05"), (1, "1989-12-31"), (2, "2101-01-01"), (3, "soon"), (4, None)]
    checked = spark.createDataFrame(times, "n int, t string").select(
        "n", rules.plausible_time(F.col("t"), at, "p")["rule"].alias("rule")
    )
    assert [row["rule"] for row in checked.orderBy("n").collect()] == [
        None,
        "plausible_time",
        "plausible_time",
        "readable",
        "required",
    ]
