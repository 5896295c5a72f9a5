"""Segments in words."""

from motherlode.mining.segment_names import name_segments


def test_the_strongest_of_recency_frequency_and_money_then_what_stands_out_most() -> None:
    traits = [
        {"money": 0.6, "frequency": 0.7, "visits": 0.9},
        {"recency": -0.51, "frequency": -0.55, "money": -0.42, "basket": 0.2, "visits": -0.7},
        {"recency": -0.9, "frequency": -1.3, "money": -1.2, "online": 3.3},
        {"money": -1.4, "recency": 0.6, "basket": -0.9},
        {"visits": -2.0, "discount": 0.5, "email": -0.6},
    ]
    assert name_segments(traits, [False] * 5) == [
        "frequent, browsing often",
        "infrequent, seldom browsing",
        "infrequent, buying more online",
        "small spenders, small baskets",
        "seldom browsing, opening fewer e-mails",
    ]


def test_what_does_not_clearly_stand_out_is_not_said() -> None:
    traits = [{"money": 0.49, "online": -0.3}, {"recency": 0.75, "online": 0.49}, {}]
    assert name_segments(traits, [False] * 3) == ["average", "bought recently", "average (2)"]


def test_who_never_bought_is_said_so() -> None:
    assert name_segments([{"visits": 0.6, "email": -0.1}, {}], [True, True]) == [
        "not yet buying, browsing often",
        "not yet buying",
    ]


def test_names_differ_even_for_equal_traits() -> None:
    names = name_segments([{"money": 1.6, "frequency": 1.4, "visits": 0.6}] * 12, [False] * 12)
    assert len(set(names)) == 12
    assert names[:3] == [
        "big spenders, frequent",
        "big spenders, frequent, browsing often",
        "big spenders, frequent, browsing often (2)",
    ]
