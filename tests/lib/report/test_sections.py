"""What the sections say about known findings."""

import dataclasses

import pytest

from motherlode.report import sections, verdicts
from motherlode.report.findings import Findings
from motherlode.report.page import Cards, Charts, Grid, Rules, Section, Text
from motherlode.report.quality import data_quality


def grid(section: Section, caption: str) -> Grid:
    return next(block for block in section.blocks if isinstance(block, Grid) and block.caption.startswith(caption))


def texts(section: Section, tone: str) -> list[str]:
    return [block.text for block in section.blocks if isinstance(block, Text) and block.tone == tone]


def test_headline_numbers(found: Findings) -> None:
    shown = {tile.label: tile.value for tile in sections.tiles(found, "USD")}
    assert shown == {
        "Records received": "1,041,754",
        "Of these, taken": "996,845",
        "Customers": "2,055",
        "Baskets": "65,000",
        "Revenue": "$2,015,000",
        "As of": "31 Dec 2017",
    }
    assert [tile.note for tile in sections.tiles(found, "USD") if tile.note] == ["of these, 801 bought"]


def test_accounting_balances_or_warns(found: Findings) -> None:
    balanced = sections.intake(found)
    assert balanced.lead.endswith("In every batch, records in = taken + repeats + set aside.")
    assert texts(balanced, "warning") == []
    assert grid(balanced, "Accounting").rows[3] == ("shopify", "41,530", "36,131", "4,984", "415", "1.00%", "✓ yes")
    broken = found.accounting.assign(unbalanced=[2, 0, 0, 0, 0, 0, 0])
    section = sections.intake(dataclasses.replace(found, accounting=broken))
    assert texts(section, "warning") == ["In 2 batches the sums differ: records were lost or made up."]
    assert "In every batch" not in section.lead
    assert grid(section, "Accounting").rows[0][-1] == "✗ no"


def test_reasons_name_what_is_not_listed(found: Findings) -> None:
    reasons = grid(sections.intake(found), "Why")
    assert reasons.caption == "Why records were set aside; 3,581 records for rarer reasons"
    assert reasons.rows[3] == ("web", "valid JSON", "", "", "410")


def test_the_score_of_each_source_and_day(found: Findings) -> None:
    section = data_quality(found)
    assert section.lead == (
        "Of the 62,000 records of the last 91 days 98.7% break no rule: they were neither set aside nor flagged."
    )
    assert texts(section, "warning") == [
        "On 1 day a source was below its limit; the worst was web on 27 December 2017, of whose records 80.0% break no"
        " rule."
    ]
    assert grid(section, "The rules").rows == [
        ("web", "readable", "originalTimestamp", "780", "2.52%", "1"),
        ("web", "clock_off", "", "12", "0.04%", "0"),
    ]
    drawn = next(block for block in section.blocks if isinstance(block, Charts)).charts[0]
    (points,) = drawn.spec["datasets"].values()
    assert len(points) == 62
    assert [point["standing"] for point in points if point["score"] == 0.8] == ["below the limit that warns"]
    sound = dataclasses.replace(found, scores=found.scores.assign(standing="ok"), faults=found.faults.iloc[:0])
    assert [type(block) for block in data_quality(sound).blocks] == [Charts]
    assert texts(data_quality(dataclasses.replace(found, scores=found.scores.iloc[:0])), "nothing") == [
        "No day of any source has been scored yet."
    ]


def test_identity_is_judged_where_there_is_a_sample(found: Findings) -> None:
    section = sections.identity(found)
    assert "2,055 customers; 85% of them are known by more than one. 801 of them bought;" in section.lead
    assert grid(section, "Accuracy").rows[0] == ("All", "2,100", "2,163", "9,100", "99.6%", "96.6%", "0.981")
    without = sections.identity(dataclasses.replace(found, accuracy=found.accuracy.iloc[:0]))
    assert texts(without, "nothing") == ["There is no labelled sample, so the accuracy of identities is unknown."]


def test_the_funnel_adds_the_channels_up(found: Findings) -> None:
    rows = grid(sections.visits(found), "Sessions").rows
    assert rows[0] == ("All", "86,000", "64,000", "26,400", "13,100", "15.2%")
    assert rows[2] == ("app", "24,800", "19,900", "9,100", "4,900", "19.8%")


def test_orders_that_the_web_does_not_tell_are_no_funnel_that_ends_in_nothing(found: Findings) -> None:
    silent = found.funnel.assign(ordered=0)
    section = sections.visits(dataclasses.replace(found, funnel=silent))
    assert section.lead == "Of 86,000 sessions, 74% looked at a product and 31% put one into the cart."
    assert texts(section, "nothing") == [
        "Orders are not in the web and app events, so which visits ended with one is unknown: 19,380 online baskets"
        " came in from elsewhere."
    ]
    table = grid(section, "Sessions")
    assert table.columns == ("Channel", "Visited", "Viewed a product", "Added to the cart", "Added to the cart, share")
    assert table.rows[0] == ("All", "86,000", "64,000", "26,400", "30.7%")
    drawn = next(block for block in section.blocks if isinstance(block, Charts)).charts[0]
    assert "Ordered" not in str(drawn.spec)


def test_a_shop_that_sells_nothing_online_has_a_funnel_that_ends_in_nothing(found: Findings) -> None:
    in_store = found.totals.assign(online=0)
    section = sections.visits(dataclasses.replace(found, funnel=found.funnel.assign(ordered=0), totals=in_store))
    assert section.lead.endswith("31% put one into the cart and 0.0% ended with an order.")
    assert grid(section, "Sessions").rows[0][-1] == "0.0%"


def test_who_has_left_is_not_who_may_be_kept(found: Findings) -> None:
    lead = sections.churn(found).lead
    assert lead.endswith(
        "270 are more likely to leave than to stay. 190 of these have bought nothing for 56 days or more already: they"
        " are to be won back, the other 80 can still be kept."
    )
    nobody = found.leaving.assign(likely=0, silent=0)
    assert sections.churn(dataclasses.replace(found, leaving=nobody)).lead.endswith(
        "0 are more likely to leave than to stay."
    )


def test_a_churn_model_that_is_missing_says_what_it_needs(found: Findings) -> None:
    unscored = dataclasses.replace(found, risks=found.risks.iloc[:0], leaving=found.leaving.iloc[:0])
    assert texts(sections.churn(unscored), "nothing") == [
        "Nobody has a score as of this day: the run's log says why, at mining.churn_scores."
    ]
    section = sections.churn(dataclasses.replace(unscored, deciles=found.deciles.iloc[:0]))
    assert texts(section, "nothing")[0].endswith(
        "the run's log says at mining.churn how many were found and how many it needs."
    )


def test_rules_are_sentences(found: Findings) -> None:
    rules = next(block for block in sections.rules(found).blocks if isinstance(block, Rules)).rules
    assert len(rules) == sections.RULES_IN_WORDS
    assert (rules[1].buys, rules[1].also) == (["TACO SHELLS", "GROUND BEEF"], ["SHREDDED CHEESE"])
    assert rules[0].evidence == "3.2 times as often as chance, in 412 baskets (44%)."


def test_an_example_without_history_is_still_a_card(found: Findings) -> None:
    cards = next(block for block in sections.recommendations(found, "USD").blocks if isinstance(block, Cards)).cards
    assert [card.title for card in cards] == ["Customer 1f8c20", "Customer 5ab311", "Customer 9e07dd"]
    assert cards[0].facts == [
        "Frequent, high spending",
        "131 baskets, $4,210 in all",
        "last bought 2 days ago",
        "2% risk of leaving",
    ]
    assert cards[2].facts == ["0 baskets, $0 in all"]
    assert [offer.is_repeat for offer in cards[0].offers] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("metric", "value", "baseline", "expected"),
    [
        ("auc", 0.9, 0.8, "beats its rival"),
        ("auc", 0.8, 0.8, "does not beat its rival"),
        ("brier", 0.1, 0.2, "beats its rival"),
        ("log_loss", 0.5, 0.4, "does not beat its rival"),
        ("silhouette", 0.4, None, "–"),
        ("silhouette", 0.4, float("nan"), "–"),
    ],
)
def test_a_model_is_held_against_its_rival(metric: str, value: float, baseline: float | None, expected: str) -> None:
    assert verdicts.verdict(metric, value, baseline) == expected


def test_a_model_that_loses_is_said_plainly(found: Findings) -> None:
    section = verdicts.models(found.quality)
    assert texts(section, "warning") == ["No better than the simplest rival: mining.recommender by ndcg_at_10."]
    assert any("what the customer bought most before" in text for text in texts(section, "plain"))
    assert grid(section, "Measures").rows[4] == ("mining.fp_growth", "rules", "812", "–", "–", "2017-12-31")


def test_colours_follow_size_and_the_channels_beyond_five_share_one(found: Findings) -> None:
    many = found.volume.assign(channel=[f"channel {row % 9}" for row in range(len(found.volume))])
    drawn = next(
        block
        for block in sections.sales(dataclasses.replace(found, volume=many), "USD").blocks
        if isinstance(block, Charts)
    )
    scale = drawn.charts[0].spec["encoding"]["color"]["scale"]
    assert len(scale["domain"]) == len(scale["range"]) == 9
    assert set(scale["range"][5:]) == {"var(--c6)"}
