"""Mailchimp's webhook: its documented samples against literal rows."""

import tomllib
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.sources.contacts import contacts
from motherlode.sources.intake import SilverParams, take_in
from motherlode.sources.source import Source
from tests.lib.sources.silver_cases import CONF, Outcome, nothing_yet, records_of
from tests.lib.sources.test_formats import hashed, picked

NEWSLETTER = Source(
    name="newsletter",
    format="mailchimp",
    path="newsletter/*.txt",
    target="events",
    channel="email",
    zone="America/New_York",
    events=tomllib.loads((CONF / "formats" / "mailchimp.toml").read_text())["events"],
)
PARAMS = SilverParams(sources=(NEWSLETTER,))
SUBSCRIBED = (
    "type=subscribe&fired_at=2009-03-26+21%3A35%3A57&data%5Bid%5D=8a25ff1d98&data[list_id]=a6b5da1054"
    "&data[email]=api%40mailchimp.com&data[email_type]=html&data[merges][EMAIL]=API@mailchimp.com"
    "&data[merges][FNAME]=Mail+Chimp&data[merges][LNAME]=Caf%C3%A9%2BBar&data[merges][INTERESTS]=Group1%2CGroup2"
    "&data[merges][PHONE]=%2B1+415+555+2671&data[ip_opt]=10.20.10.30&data[ip_signup]=10.20.10.30"
)
MEMBER = {"data[id]": "8a25ff1d98", "data[list_id]": "a6b5da1054", "data[email]": "api@mailchimp.com"}
LEFT = {"type": "unsubscribe", "fired_at": "2009-03-26 21:40:57", "data[action]": "unsub", "data[reason]": "manual",
        **MEMBER, "data[campaign_id]": "cb398d21d2"}  # fmt: skip
MOVED = {"type": "upemail", "fired_at": "2009-03-26 22:15:09", "data[list_id]": "a6b5da1054",
         "data[new_id]": "51da8c3259", "data[new_email]": "api+new@mailchimp.com",
         "data[old_email]": "api+old@mailchimp.com"}  # fmt: skip
CLEANED = {"type": "cleaned", "fired_at": "2009-03-26 22:01:00", "data[list_id]": "a6b5da1054",
           "data[campaign_id]": "4021980317", "data[reason]": "hard", "data[email]": "api@mailchimp.com"}  # fmt: skip
CAMPAIGN = {"type": "campaign", "fired_at": "2009-07-26 21:31:21", "data[id]": "5aa2102003", "data[list_id]": "a6b5",
            "data[subject]": "Hello Ann", "data[status]": "sent", "data[reason]": ""}  # fmt: skip
EMAIL = hashed("email", "", "api@mailchimp.com")
SUBSCRIBER = hashed("subscriber", "newsletter", "8a25ff1d98")


def received(spark: SparkSession, deliveries: list[str]) -> Outcome:
    records = records_of(spark, "newsletter", deliveries)
    return Outcome(silver.EVENTS, take_in(silver.EVENTS, records, nothing_yet(spark, silver.EVENTS), PARAMS))


def ids(*found: tuple[str, str, str]) -> list[dict[str, str]]:
    return [{"type": kind, "scope": scope, "id": value} for kind, scope, value in found]


CASES: list[tuple[str, dict[str, Any]]] = [
    (SUBSCRIBED, {
        "type": "email_subscribed", "name": "subscribe", "channel": "email", "campaign_id": None, "flags": [],
        "identifier": EMAIL, "is_bot": False, "occurred_at": datetime(2009, 3, 27, 1, 35, 57),
        "known_at": datetime(2009, 3, 27, 1, 35, 57),
        "identifiers": ids(("email", "", EMAIL), ("phone", "", hashed("phone", "", "+14155552671")),
                           ("subscriber", "newsletter", SUBSCRIBER)),
    }),
    (urlencode(LEFT), {"type": "email_unsubscribed", "name": "unsubscribe", "campaign_id": "cb398d21d2",
                       "identifiers": ids(("email", "", EMAIL), ("subscriber", "newsletter", SUBSCRIBER))}),
    (urlencode({**LEFT, "data[action]": "delete"}), {"type": "email_unsubscribed", "name": "unsubscribe"}),
    (urlencode({**LEFT, "data[reason]": "abuse"}), {"type": "email_reported", "name": "unsubscribe abuse"}),
    (urlencode(CLEANED), {"type": "email_bounced", "name": "cleaned", "campaign_id": "4021980317",
                          "identifiers": ids(("email", "", EMAIL))}),
    (urlencode({**CLEANED, "data[reason]": "abuse"}), {"type": "email_reported", "name": "cleaned abuse"}),
    (urlencode({**LEFT, "type": "profile"}), {"type": "profile_updated", "name": "profile"}),
    (urlencode(MOVED), {
        "type": "email_changed", "name": "upemail", "identifier": hashed("email", "", "api+new@mailchimp.com"),
        "identifiers": ids(("email", "", hashed("email", "", "api+new@mailchimp.com")),
                           ("email", "", hashed("email", "", "api+old@mailchimp.com")),
                           ("subscriber", "newsletter", hashed("subscriber", "newsletter", "51da8c3259"))),
    }),
    # Nobody is in it: it names itself, which is no evidence of a person.
    (urlencode(CAMPAIGN), {
        "type": "campaign_sent", "name": "campaign sent", "campaign_id": "5aa2102003",
        "occurred_at": datetime(2009, 7, 27, 1, 31, 21),
        "identifiers": ids(("order", "newsletter", hashed("order", "newsletter", "5aa2102003"))),
    }),
    (urlencode({**MEMBER, "type": "danced for a@b.de", "fired_at": "2009-03-26"}),
     {"type": "other", "name": "danced for [email]"}),
    (urlencode({**LEFT, "data[campaign_id]": "for a@b.de", "data[merges][PHONE]": "none"}),
     {"campaign_id": "for [email]", "flags": ["phone_unusable"]}),
    # Written verbatim, without percents, and with what is left empty.
    ("&&fired_at=2009-03-26 21:35:57&type=subscribe&&data[email]=a=b@c.de&lone&data[id]=&",
     {"type": "email_subscribed", "identifiers": ids(("email", "", hashed("email", "", "a=b@c.de")))}),
    # U+FFFD as it was typed, and unknown fields twice.
    ("type=subscribe&fired_at=2009-03-26 21:35:57&data[email]=a@b.de&data[merges][X]=%ef%bf%bd&g[]=1&g[]=2",
     {"type": "email_subscribed"}),
]  # fmt: skip


def test_each_kind_of_delivery(spark: SparkSession) -> None:
    outcome = received(spark, [delivery for delivery, _ in CASES])
    assert outcome.rules == {} and len(outcome.rows) == len(CASES)
    found = [
        picked(row.asDict(recursive=True), expected) for row, (_, expected) in zip(outcome.rows, CASES, strict=True)
    ]
    assert found == [expected for _, expected in CASES]


GOOD = "type=subscribe&fired_at=2009-03-26+21%3A35%3A57&data[email]=ann%40example.com"
BAD = [
    (f"{GOOD}&data[id]=%zz", "form", None, "aaaa[aa]=%aa"),
    (f"{GOOD}&data[merges][FNAME]=J%F6rg", "form", None, "aaaa[aaaaaa][aaaaa]=a%a9aa"),
    (f"{GOOD}&%=1", "form", None, "%=9"),
    (f"{GOOD}&data[id]=100%", "form", None, "aaaa[aa]=999%"),
    (GOOD + GOOD.replace("type", "&type"), "form", None, None),
    ("fired_at=2009-03-26&data[email]=ann%40example.com", "required", "type", None),
    ('{"type": "subscribe"}', "required", "type", None),
    ("type=subscribe&data[email]=ann%40example.com", "required", "fired_at", None),
    ("type=subscribe&fired_at=2009-13-26&data[email]=a@b.de", "readable", "fired_at", "9999-99-99"),
    ("type=subscribe&fired_at=2209-03-26&data[email]=a@b.de", "plausible_time", "fired_at", "9999-99-99"),
    ("type=subscribe&fired_at=2009-03-26&data[email]=undefined", "identifier_missing", None, None),
    ("type=campaign&fired_at=2009-03-26", "identifier_missing", None, None),
]


def test_what_cannot_be_read_says_why_and_harms_no_neighbour(spark: SparkSession) -> None:
    outcome = received(spark, [*[delivery for delivery, *_ in BAD], GOOD])
    assert [(row["rule"], row["path"], row["found"]) for row in outcome.quarantine] == [tuple(rest) for _, *rest in BAD]
    assert outcome.offsets == [len(BAD)]


def test_a_repeat_is_known_by_what_it_says(spark: SparkSession) -> None:
    other_order = "&".join(reversed(urlencode(LEFT).split("&")))
    later = {**LEFT, "fired_at": "2009-03-26 21:40:58"}
    outcome = received(spark, [urlencode(LEFT), other_order, urlencode(LEFT | {"data[ip_opt]": "1.1.1.1"}),
                               urlencode(later), urlencode(LEFT | {"data[list_id]": "b"})])  # fmt: skip
    assert outcome.offsets == [0, 3, 4]
    assert [row["offset"] for row in outcome.duplicates] == [1, 2]


def test_contact_points_are_kept(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motherlode.sources.contacts.encrypted", lambda value: value)
    records = records_of(spark, "newsletter", [SUBSCRIBED, urlencode(MOVED), urlencode(CAMPAIGN)])
    rows = contacts(records, nothing_yet(spark, silver.CONTACTS), PARAMS).collect()
    assert sorted((row["offset"], row["kind"], row["value"], row["identifier"] == EMAIL) for row in rows) == [
        (0, "email", "api@mailchimp.com", True),
        (0, "name", "Mail Chimp Café+Bar", True),
        (0, "phone", "+1 415 555 2671", True),
        (1, "email", "api+new@mailchimp.com", False),
    ]
