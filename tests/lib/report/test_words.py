from datetime import date

import pytest

from motherlode.report import words

NAN = float("nan")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words.count(1234567), "1,234,567"),
        (words.count(None), "–"),
        (words.count(NAN), "–"),
        (words.compact(9_999_999), "9,999,999"),
        (words.compact(12_345_678), "12.3 million"),
        (words.compact(10_000_000_000), "10.0 billion"),
        (words.decimal(3.14159), "3.14"),
        (words.percent(0.1234), "12.3%"),
        (words.percent(0.0), "0.0%"),
        (words.percent(1.0, 0), "100%"),
        (words.percent(0.00001), "<0.1%"),
        (words.percent(0.9999), ">99.9%"),
        (words.percent(0.999, 0), ">99%"),
        (words.percent(None), "–"),
        (words.money(1234.4, "USD"), "$1,234"),
        (words.money(-20, "EUR"), "-€20"),
        (words.money(31, "USD", 2), "$31.00"),
        (words.money(1234, "CHF"), "1,234 CHF"),
        (words.money(NAN, "USD"), "–"),
        (words.day(date(2017, 7, 3)), "3 July 2017"),
        (words.plural(1, "batch", "batches"), "1 batch"),
        (words.plural(0, "batch", "batches"), "0 batches"),
        (words.plural(2000, "basket"), "2,000 baskets"),
        (words.listed(["a"]), "a"),
        (words.listed(["a", "b", "c"]), "a, b and c"),
        (words.listed([]), "–"),
    ],
)
def test_said(said: str, expected: str) -> None:
    assert said == expected


def test_a_share_of_nothing_is_missing() -> None:
    assert words.share(1, 0) is None
    assert words.share(1, 4) == 0.25
