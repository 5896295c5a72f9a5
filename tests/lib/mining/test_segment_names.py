"""Segments in words."""

from motherlode.mining.segment_names import WORDS, name_segments


def centre(**measures: float) -> dict[str, float]:
    return {**{measure: 0.0 for measure, _, _ in WORDS}, **measures}


def test_the_two_strongest_traits_name_a_segment() -> None:
    centres = [
        centre(money=1.6, frequency=1.4, visits=0.3),
        centre(recency=2.0, basket=-0.9),
        centre(online=-0.8, discount=0.5),
        centre(money=0.1),
    ]
    assert name_segments(centres, [False] * 4) == [
        "big spenders, frequent",
        "lapsed, small baskets",
        "buying in store, discount seekers",
        "average",
    ]


def test_who_never_bought_is_not_described_by_baskets() -> None:
    assert name_segments([centre(money=-3, visits=0.6, email=-0.1)], [True]) == ["not yet buying, browsing often"]


def test_names_differ_even_for_equal_centres() -> None:
    same = [centre(money=1.6, frequency=1.4, visits=0.3) for _ in range(12)]
    names = name_segments(same, [False] * 12)
    assert len(set(names)) == 12
    assert names[1] == "big spenders, frequent, browsing often"
