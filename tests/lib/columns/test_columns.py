"""Columns against literals and the standard library."""

import base64
import hashlib
import hmac
import os

import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from motherlode.columns.cipher import decrypt, encrypted
from motherlode.columns.identifiers import cleaned, e164, normalised
from motherlode.columns.keys import drivers_key, mark_of, read_key
from motherlode.columns.pseudonym import code, pseudonyms
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.shape import shape
from motherlode.columns.structure import structure
from motherlode.columns.times import epoch_seconds, instant
from motherlode.columns.useragent import is_crawler
from motherlode.errors import UsageError


def outcomes(spark: SparkSession, texts: list[str | None], column: Column) -> list[object]:
    """`column`, of column `t`, for each text."""
    rows = [(n, text) for n, text in enumerate(texts)]
    found = spark.createDataFrame(rows, "n int, t string").select("n", column.alias("out")).orderBy("n").collect()
    return [row["out"] for row in found]


def stdlib_hash(text: str) -> str:
    key = base64.b64decode(os.environ["MOTHERLODE_PSEUDONYM_KEY"])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def test_pseudonyms_are_the_hmac_of_type_scope_and_value(spark: SparkSession) -> None:
    codes = F.array(code("email", "", F.col("t")), code("cookie", "web", F.col("t")))
    assert outcomes(spark, ["ann@example.com", "Zoë\n", None], pseudonyms("US")(codes)) == [
        [stdlib_hash("email\x1f\x1fann@example.com"), stdlib_hash("cookie\x1fweb\x1fann@example.com")],
        [stdlib_hash("email\x1f\x1fZoë\n"), stdlib_hash("cookie\x1fweb\x1fZoë\n")],
        [None, None],
    ]


def test_one_phone_number_has_one_pseudonym_however_it_is_written(spark: SparkSession) -> None:
    coded = F.array(code("phone", "", normalised("phone", cleaned(F.col("t")))))
    writings: list[str | None] = [
        "+14155552671",
        "(415) 555-2671",
        "+1 415.555.2671",
        "1-415-555-2671",
        "call me",
        "12",
    ]
    hashed = stdlib_hash("phone\x1f\x1f+14155552671")
    assert outcomes(spark, writings, pseudonyms("US")(coded)) == [[hashed]] * 4 + [[None]] * 2


def test_empty_and_missing_arrays_hash_to_nothing(spark: SparkSession) -> None:
    codes = F.when(F.col("t") == "none", F.array().cast("array<string>")).when(F.col("t") == "a", F.array("t"))
    assert outcomes(spark, ["none"], pseudonyms("US")(codes)) == [[]]


def test_a_number_with_its_trunk_zero_is_read_by_the_library() -> None:
    assert e164("+44 (0)20 7946 0958", "US") == "+442079460958"
    assert e164("hello", "US") is None


def test_emails_are_trimmed_lowered_and_checked(spark: SparkSession) -> None:
    found = outcomes(
        spark,
        [" Ann@Example.COM ", "ann@", "ann", "a b@example.com", "test@example.com", "", None],
        normalised("email", cleaned(F.col("t"))),
    )
    assert found == ["ann@example.com", None, None, None, None, None, None]


def test_values_that_programs_write_for_nobody_are_blocked(spark: SparkSession) -> None:
    texts: list[str | None] = ["0", "-1", "null", "NULL", "undefined", "anonymous", "None", " ", "10", "1"]
    assert outcomes(spark, texts, normalised("user_id", cleaned(F.col("t")))) == [None] * 8 + ["10", "1"]


TEXTS: dict[str | None, str | None] = {
    "milk": "milk",
    "mail ann.o'neil+x@example.com now": "mail [email] now",
    "ann%40example.com": "[email]",
    "ann%2540example.com x": "[email] x",
    "card 4111 1111 1111 1111 ok": "card [card] ok",
    "call +1 415 555 2671": "call [phone]",
    "call 415-555-2671 at 10": "call [phone] at 10",
    "2% milk 12 x 330 ml for 4.99": "2% milk 12 x 330 ml for 4.99",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    None: None,
}


def test_free_text_is_scrubbed(spark: SparkSession) -> None:
    found = outcomes(spark, list(TEXTS), scrubbed(F.col("t")))
    assert dict(zip(TEXTS, found, strict=True)) == TEXTS


ADDRESSES: dict[str | None, str | None] = {
    "https://shop.example.com/search?q=ann%40example.com": "/search",
    "/products/10234567#ann@example.com": "/products/10234567",
    "/u/ann@example.com/orders": "/u/[email]/orders",
    "/u/ann%40example.com/orders": "/u/[email]/orders",
    "/tel/+14155552671": "/tel/[phone]",
    "//cdn.example.com/a": "/a",
    "https://shop.example.com": "/",
    None: None,
}


def test_a_page_is_its_path_without_personal_data(spark: SparkSession) -> None:
    found = outcomes(spark, list(ADDRESSES), page_path(F.col("t")))
    assert dict(zip(ADDRESSES, found, strict=True)) == ADDRESSES


def test_a_shape_tells_no_value(spark: SparkSession) -> None:
    assert outcomes(spark, ["Zoë 42/b", "x" * 50], shape(F.col("t"))) == ["aaa 99/a", "a" * 40]


def test_different_structures_never_look_alike(spark: SparkSession) -> None:
    pairs = [("ab", "c"), ("a", "bc"), (None, "c"), ("-", "c"), ("", "c"), ("1:a", "c")]
    rows = spark.createDataFrame(pairs, "a string, b string").select(structure(F.col("a"), F.col("b")).alias("s"))
    assert len({row["s"] for row in rows.collect()}) == len(pairs)


TIMES = [
    ("2017-01-05T12:00:00.123Z", "America/New_York", "2017-01-05 12:00:00.123"),
    ("2017-01-05T12:00:00-05:00", "Europe/Berlin", "2017-01-05 17:00:00"),
    ("2017-01-05 12:00:00", "America/New_York", "2017-01-05 17:00:00"),
    ("2017-07-05", "America/New_York", "2017-07-05 04:00:00"),
    ("2017-01-05 12:00:01", "UTC", "2017-01-05 12:00:01"),
    ("12:30", "UTC", None),
    ("2017", "UTC", None),
    ("2017-02-31T25:61:00", "UTC", None),
    ("-2017-01-05T12:00:00Z", "UTC", None),
    ("99999-01-01", "UTC", None),
]


def test_times_are_instants(spark: SparkSession) -> None:
    by_zone = F.lit(None).cast("string")
    for text, zone, _ in TIMES:
        column = instant(F.col("t"), zone).cast("string")
        by_zone = F.when(F.col("t") == text, column).otherwise(by_zone)
    found = outcomes(spark, [text for text, _, _ in TIMES], by_zone)
    assert found == [expected for _, _, expected in TIMES]


def test_times_in_a_pattern_of_their_own(spark: SparkSession) -> None:
    column = instant(F.col("t"), "America/New_York", ("dd/MM/yyyy HH:mm",)).cast("string")
    assert outcomes(spark, ["05/01/2017 12:00", "2017-01-05T12:00:00Z", "31/02/2017 12:00"], column) == [
        "2017-01-05 17:00:00",
        "2017-01-05 12:00:00",
        None,
    ]


def test_epoch_seconds(spark: SparkSession) -> None:
    found = outcomes(spark, ["1483617600", "-5", "99999999999999", "x"], epoch_seconds(F.col("t")).cast("string"))
    assert found == ["2017-01-05 12:00:00", None, None, None]


def test_crawlers_are_known_by_their_user_agent(spark: SparkSession) -> None:
    agents = [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:53.0) Gecko/20100101 Firefox/53.0",
        "python-requests/2.13.0",
        None,
    ]
    assert outcomes(spark, agents, is_crawler(F.col("t"))) == [True, False, True, False]


def test_what_is_encrypted_comes_back_and_never_looks_the_same(spark: SparkSession) -> None:
    found = outcomes(spark, ["Zoë Müller", "Zoë Müller", None], encrypted(F.col("t")))
    assert found[2] is None and found[0] != found[1]
    assert [decrypt(str(text)) for text in found[:2]] == ["Zoë Müller"] * 2


def test_another_key_is_one_clear_line(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    (secret,) = outcomes(spark, ["Zoë"], encrypted(F.col("t")))
    monkeypatch.setenv("MOTHERLODE_CONTACT_KEY", base64.b64encode(b"another-key-of-thirty-two-bytes!").decode())
    with pytest.raises(UsageError, match="is not the key"):
        decrypt(str(secret))


def test_a_worker_with_another_key_than_the_drivers_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "MOTHERLODE_PSEUDONYM_KEY"
    drivers = mark_of(name)
    assert drivers_key(name, drivers) == read_key(name)
    monkeypatch.setenv(name, base64.b64encode(b"x" * 32).decode())
    with pytest.raises(UsageError, match=f"{name}: a worker of Spark has another key than the driver"):
        drivers_key(name, drivers)


@pytest.mark.parametrize("value", ["", "not base64 !", base64.b64encode(b"short").decode()])
def test_a_bad_key_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MOTHERLODE_PSEUDONYM_KEY", value)
    with pytest.raises(UsageError) as caught:
        read_key("MOTHERLODE_PSEUDONYM_KEY")
    assert "MOTHERLODE_PSEUDONYM_KEY" in str(caught.value)
    assert not value or value not in str(caught.value)
