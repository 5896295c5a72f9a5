"""Rules of conf/cleansing.toml, on a frame of the shape that sources hand on."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from motherlode.checks.declared import LISTS, Rule, check_rules, cleansed
from motherlode.checks.rules import PROBLEM
from motherlode.contracts import silver
from motherlode.errors import UsageError
from motherlode.settings import load_rules
from motherlode.sources.intake import SilverParams
from motherlode.sources.parsed import ruled_fields

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = f"""
    n int, country string, search string, page string, amount decimal(18,4), at timestamp, placed timestamp,
    lines array<struct<sku: string, quantity: double>>, flags array<string>, problem {PROBLEM}
"""
PLACED = datetime(2017, 5, 1)


def row(n: int, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("country", "search", "page", "amount", "at"))
    return {"n": n, **empty, "placed": PLACED, "lines": [], "flags": ["old"], "problem": None, **more}


def lines(*quantities: float | None) -> list[dict[str, Any]]:
    return [
        {"sku": f"s{n}", "quantity": None if quantity is None else float(quantity)}
        for n, quantity in enumerate(quantities)
    ]


ROWS = [
    row(0, country="DE", search="Käse", page="/a", amount=Decimal(5), at=PLACED, lines=lines(1, 2)),
    row(
        1, country="XX", search="x" * 12, page="a b", amount=Decimal(-5), at=datetime(2017, 4, 30), lines=lines(1, 5000)
    ),
    row(2, country="de", search="  a \u00a0\u2003 b ", page="/a?q=1", amount=Decimal(1000), lines=lines(-1, None)),
    row(3),
    # e and a combining accent, which looks like one letter.
    row(4, search="Cafe\u0301", amount=Decimal("10.5")),
]


def rule(field: str, **more: Any) -> Rule:
    return Rule(table="events", field=field, **more)


def after(spark: SparkSession, *rules: Rule) -> list[dict[str, Any]]:
    frame = cleansed(spark.createDataFrame(ROWS, SCHEMA), list(rules))
    return [found.asDict(recursive=True) for found in frame.orderBy("n").collect()]


def test_what_breaks_a_rule_is_flagged_and_kept(spark: SparkSession) -> None:
    found = after(
        spark,
        rule("country", format="country"),
        rule("amount", between=(0, 100)),
        rule("page", format="path"),
        rule("at", not_before="placed"),
        rule("quantity", between=(0, 1000)),
        rule("search", matches="[A-Za-zé ä]*"),
    )
    assert [one["flags"][1:] for one in found] == [
        [],
        ["country_malformed", "amount_out_of_range", "page_malformed", "at_before_placed", "quantity_out_of_range"],
        ["country_malformed", "amount_out_of_range", "page_malformed", "quantity_out_of_range", "search_malformed"],
        [],
        ["search_malformed"],
    ]
    assert [one["amount"] for one in found] == [one["amount"] for one in ROWS]
    assert [one["problem"] for one in found] == [None] * 5


def test_what_breaks_a_rule_is_emptied_or_capped(spark: SparkSession) -> None:
    found = after(
        spark,
        rule("country", one_of=("DE", "FR"), then="empty"),
        rule("amount", between=(0, 100), then="cap"),
        rule("search", longest=4, then="cap"),
        rule("quantity", between=("", 10), then="cap"),
        rule("at", between=("2017-05-01", ""), then="empty"),
    )
    assert [one["country"] for one in found] == ["DE", None, None, None, None]
    assert [one["amount"] for one in found] == [Decimal(5), Decimal(0), Decimal(100), None, Decimal("10.5")]
    assert [one["search"] for one in found] == ["Käse", "xxxx", "  a ", None, "Cafe"]
    assert [[line["quantity"] for line in one["lines"]] for one in found] == [[1, 2], [1, 10], [-1, None], [], []]
    assert [one["at"] for one in found] == [PLACED, None, None, None, None]
    assert found[1]["flags"] == [
        "old", "country_unexpected", "amount_out_of_range", "search_too_long", "quantity_out_of_range",
        "at_out_of_range",
    ]  # fmt: skip
    assert found[3]["flags"] == ["old"]


def test_what_breaks_a_rule_is_quarantined_with_its_reason_and_no_value(spark: SparkSession) -> None:
    found = after(
        spark,
        rule("country", format="country", then="quarantine"),
        rule("quantity", between=(0, ""), then="quarantine"),
        rule("search", longest=10, then="quarantine"),
    )
    assert [one["problem"] for one in found] == [
        None,
        {"rule": "format", "path": "country", "found": "aa", "allowed": "a country of ISO 3166-1"},
        {"rule": "format", "path": "country", "found": "aa", "allowed": "a country of ISO 3166-1"},
        None,
        None,
    ]
    (only,) = [
        one["problem"] for one in after(spark, rule("quantity", between=(0, 9), then="quarantine")) if one["n"] == 2
    ]
    assert only == {"rule": "between", "path": "quantity", "found": "-9.9", "allowed": "at least 0 and at most 9"}


def test_texts_are_made_alike(spark: SparkSession) -> None:
    found = after(spark, rule("search", make=("nfc", "blanks", "upper")), rule("country", make=("upper",)))
    assert [one["search"] for one in found] == ["KÄSE", "X" * 12, "A B", None, "CAFÉ"]
    assert [one["country"] for one in found] == ["DE", "XX", "DE", None, None]
    assert all(one["flags"] == ["old"] for one in found)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "a rule has one of between, one_of, matches, format, longest, not_before or make; found none"),
        ({"longest": 3, "format": "url"}, "found format, longest"),
        ({"format": "zip"}, "format zip is unknown; known: url, path, ip, slug, country, currency"),
        ({"longest": 3, "then": "delete"}, "then delete is unknown; known: flag, empty, cap, quarantine"),
        ({"format": "url", "then": "cap"}, "only between and longest can cap"),
        ({"make": ("shout",)}, "make shout is unknown; known: nfc, nfkc, blanks, upper, lower"),
        ({"make": ("upper",), "then": "empty"}, "make breaks no rule"),
        ({"between": ("yesterday", "")}, "between has numbers, or times as 2017-12-30; found yesterday"),
    ],
)
def test_a_rule_that_says_nothing_sound_is_one_line(more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=r"events\.search: ") as caught:
        rule("search", **more)
    assert said in str(caught.value)


def test_a_rule_names_a_field_that_there_is() -> None:
    known = {"events": ruled_fields(silver.EVENTS)}
    check_rules((rule("search", longest=3),), known)
    with pytest.raises(UsageError, match="events: field serch is unknown; known: type, name"):
        check_rules((rule("serch", longest=3),), known)
    with pytest.raises(UsageError, match="table sales is unknown; known: events"):
        check_rules((Rule(table="sales", field="net", longest=3),), known)
    assert "quantity" in ruled_fields(silver.ORDER_LINES)
    assert "household" not in ruled_fields(silver.CUSTOMERS)


def test_the_projects_own_rules_load() -> None:
    rules = load_rules(ROOT / "conf")
    assert SilverParams(rules=rules).rules == rules
    assert [rule.flag for rule in rules if rule.table == "order_lines"] == [
        "quantity_out_of_range",
        "currency_malformed",
        "version_at_before_occurred_at",
    ]


def test_a_file_of_rules_says_where_it_is_wrong(tmp_path: Path) -> None:
    assert load_rules(tmp_path) == ()
    (tmp_path / "cleansing.toml").write_text("[[events]]\nfield = 'search'\nlongest = 'many'\n")
    with pytest.raises(UsageError, match=r"cleansing\.toml: events rule 1\.longest: input should be a valid integer"):
        load_rules(tmp_path)
    (tmp_path / "cleansing.toml").write_text("[events]\nfield = 'search'\n")
    with pytest.raises(UsageError, match=r"write each rule as \[\[events\]\]"):
        load_rules(tmp_path)


def test_lists_are_those_of_the_standards() -> None:
    assert {"DE", "US", "GB"} < set(LISTS["country"])
    assert {"EUR", "USD", "JPY"} < set(LISTS["currency"])
    assert len(LISTS["country"]) > 240
