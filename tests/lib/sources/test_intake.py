"""Repeats, broken records and the books: nothing is lost, nothing counted twice."""

import json
from datetime import date, datetime
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from motherlode.columns.cipher import decrypt
from motherlode.columns.versions import standing
from motherlode.contracts import silver
from motherlode.sources.contacts import contacts
from motherlode.sources.intake import first_of_each
from tests.lib.sources.silver_cases import nothing_yet, params_for, records_of, taken
from tests.lib.sources.test_formats import OPEN, ORDER, SALES_HEADER, TRACK


def track(**change: Any) -> str:
    return json.dumps({**TRACK, **change})


def test_a_repeat_in_a_batch_differs_only_in_how_it_was_sent(spark: SparkSession) -> None:
    later = {
        "sentAt": "2015-02-24T00:00:00Z",
        "receivedAt": "2015-02-24T00:00:01Z",
        "timestamp": "2015-02-23T22:29:00Z",
    }
    raws = [track(**later), track(), track(userId="somebody else"), track(messageId="another")]
    outcome = taken(silver.EVENTS, records_of(spark, "web", raws))
    # The one that was known first survives; the same key with other content is another row.
    assert outcome.offsets == [1, 2, 3]
    assert [(row["offset"], row["row_id"]) for row in outcome.duplicates] == [(0, outcome.rows[0]["row_id"])]


def test_a_repeat_in_a_later_batch_is_told_by_what_the_table_has(spark: SparkSession) -> None:
    first = taken(silver.EVENTS, records_of(spark, "web", [track(), track(messageId="b")]))
    again = records_of(spark, "web", [track(messageId="c"), track(), track()], batch=2)
    second = taken(silver.EVENTS, again, previous=first.frames["events"])
    assert second.offsets == [0]
    assert [row["offset"] for row in second.duplicates] == [1, 2]
    assert {row["row_id"] for row in second.duplicates} == {first.rows[0]["row_id"]}


def test_a_repeat_is_found_by_the_day_that_it_claims_however_late_and_by_whatever_clock(spark: SparkSession) -> None:
    ahead = {"originalTimestamp": "2019-05-05T00:00:00Z", "sentAt": "2019-05-05T00:00:01Z"}
    at = {"receivedAt": "2018-01-01T00:00:00Z"}
    later = {"sentAt": "2019-07-05T00:00:01Z", "receivedAt": "2018-03-03T00:00:00Z"}
    first = taken(silver.EVENTS, records_of(spark, "web", [track(), track(messageId="b", **ahead, **at)]))
    again = records_of(spark, "web", [track(messageId="b", **{**ahead, **later}), track(messageId="c")], batch=2)
    before = first.frames["events"]
    second = taken(silver.EVENTS, again, previous=before)
    assert [row["offset"] for row in second.duplicates] == [0]
    # Rows of a table that is older than the column are looked at, whatever their day.
    older = before.withColumn("claimed_on", F.lit(None).cast("date"))
    assert [row["offset"] for row in taken(silver.EVENTS, again, previous=older).duplicates] == [0]


def test_of_two_that_say_different_things_of_one_event_the_one_known_last_counts(spark: SparkSession) -> None:
    def version(name: str, hour: int, **more: str) -> str:
        return track(messageId="m", event=name, receivedAt=f"2018-02-01T{hour:02d}:00:00Z", sentAt=None, **more)

    nothing = nothing_yet(spark, silver.SUPERSEDED_EVENTS)
    # Within one batch, beside a repeat, which is no version, and another event.
    raws = [version("One", 10), version("Two", 12), version("Two", 13), version("Three", 11), track(messageId="other")]
    first = taken(silver.EVENTS, records_of(spark, "web", raws), gone=nothing)
    assert first.offsets == [0, 1, 3, 4]
    named = {row["row_id"]: row["name"] for row in first.rows}
    gone = first.frames["superseded_events"]
    assert sorted((named[row["row_id"]], named[row["by_row_id"]]) for row in gone.collect()) == [
        ("One", "Two"),
        ("Three", "Two"),
    ]
    assert len({row["key_id"] for row in first.rows}) == 2
    # A later batch: one that was known before is gone at once, and one known after takes the place of what stood.
    raws = [version("Zero", 9), version("Four", 14)]
    second = taken(silver.EVENTS, records_of(spark, "web", raws, batch=2), previous=first.frames["events"], gone=gone)
    named |= {row["row_id"]: row["name"] for row in second.rows}
    newly = second.frames["superseded_events"]
    assert sorted((named[row["row_id"]], named[row["by_row_id"]]) for row in newly.collect()) == [
        ("Two", "Four"),
        ("Zero", "Four"),
    ]
    everything = first.frames["events"].unionByName(second.frames["events"])
    counted = standing(everything, gone.unionByName(newly))
    assert sorted(row["name"] for row in counted.select("name").collect()) == ["Four", "Order Completed"]


def test_the_same_text_from_two_sources_is_two_rows(spark: SparkSession) -> None:
    both = records_of(spark, "web", [track()]).union(records_of(spark, "app", [track()]))
    assert len({row["row_id"] for row in taken(silver.EVENTS, both).rows}) == 2


def test_an_order_is_repeated_as_a_whole(spark: SparkSession) -> None:
    newer = {**ORDER, "updated_at": "2017-01-07T12:00:00-05:00"}
    first = taken(silver.ORDER_LINES, records_of(spark, "shop", [json.dumps(ORDER)]))
    raws = [json.dumps(each) for each in (ORDER, newer, newer)]
    second = taken(silver.ORDER_LINES, records_of(spark, "shop", raws, batch=2), previous=first.frames["order_lines"])
    assert second.offsets == [1, 1]
    assert [row["offset"] for row in second.duplicates] == [0, 2]
    assert len({row["row_id"] for row in (*first.rows, *second.rows)}) == 4


def test_every_kind_of_broken_event_breaks_its_rule_and_harms_no_neighbour(spark: SparkSession) -> None:
    cases = [
        (track(messageId="ok1"), None),
        (track()[:80], "json"),
        (track() + track(messageId="glued"), "json"),
        ('"a text"', "json"),
        ("null", "json"),
        ("<html>502</html>", "json"),
        (track()[:-1] + ',"total":1.2.3}', "json"),
        (track(context="none"), "json_types"),
        ("{}", "required"),
        (track(messageId=None), "required"),
        (track(messageId={"value": "x"}), "scalar"),
        (track(type="dance"), "one_of"),
        (track(originalTimestamp="2017-02-31T25:61:00", timestamp=None), "readable"),
        (track(originalTimestamp="1889-01-01T00:00:00Z"), "plausible_time"),
        (track(originalTimestamp=None, timestamp=None), "required"),
        (track(userId="null", anonymousId=None), "identifier_missing"),
        (track(messageId="ok2"), None),
    ]
    outcome = taken(silver.EVENTS, records_of(spark, "web", [raw for raw, _ in cases]))
    assert outcome.rules == {n: rule for n, (_, rule) in enumerate(cases) if rule}
    assert outcome.offsets == [0, len(cases) - 1]
    assert [decrypt(row["record"]) for row in outcome.quarantine] == [raw for raw, rule in cases if rule]


def test_every_kind_of_broken_row_breaks_its_rule(spark: SparkSession) -> None:
    good = "31198570044,{n},2017-01-05T12:00:00-05:00,367,5,,853529,2,3.00,0,0,0"
    cases = [
        (good.format(n=1), None),
        ("31198570044,2", "fields"),
        (good.format(n=3) + ",surplus,7", "fields"),
        ('{"error":"timeout"}', "fields"),
        (SALES_HEADER, "repeated_header"),
        (good.format(n=6).replace("367", '"367'), "quotes"),
        (good.format(n=7).replace("31198570044", ""), "required"),
        (good.format(n=8).replace("3.00", "1.2.3"), "readable"),
        (good.format(n=9).replace("2017-01-05T12", "31/02/2017 25"), "readable"),
        (good.format(n=10).replace(",2,3.00", ",-2,3.00"), "not_negative"),
        (good.format(n=11).replace("3.00", ""), "required"),
        (good.format(n=12).replace("2017-", "2717-"), "plausible_time"),
        (good.format(n=13), None),
    ]
    outcome = taken(silver.ORDER_LINES, records_of(spark, "store_sales", [raw for raw, _ in cases], SALES_HEADER))
    assert outcome.rules == {n: rule for n, (_, rule) in enumerate(cases) if rule}
    assert outcome.offsets == [0, len(cases) - 1]


def test_a_file_without_a_mapped_column_goes_to_quarantine_by_its_name(spark: SparkSession) -> None:
    records = records_of(spark, "coupons", ["1,2"], "coupon_upc,product_id")
    (row,) = taken(silver.COUPONS, records).quarantine
    assert (row["rule"], row["path"]) == ("column_missing", "campaign_id")
    (row,) = taken(silver.COUPONS, records_of(spark, "coupons", ["1,2,3"], None)).quarantine
    assert row["rule"] == "header"


def test_broken_orders_and_mails(spark: SparkSession) -> None:
    bad_price = {**ORDER, "line_items": [{**ORDER["line_items"][0], "price": "ten"}]}
    raws = [json.dumps(each) for each in (bad_price, {**ORDER, "id": None}, {**ORDER, "updated_at": "soon"})]
    assert taken(silver.ORDER_LINES, records_of(spark, "shop", raws)).rules == {
        0: "readable", 1: "required", 2: "readable",
    }  # fmt: skip
    mails = [json.dumps({**OPEN, **change}) for change in ({"timestamp": -5}, {"email": "nobody"}, {"event": None})]
    assert taken(silver.EVENTS, records_of(spark, "email", mails)).rules == {
        0: "readable", 1: "identifier_missing", 2: "required",
    }  # fmt: skip


def test_amounts_that_no_sum_holds_are_set_aside(spark: SparkSession) -> None:
    item = ORDER["line_items"][0]
    absurd = ({"price": "99999999.99", "quantity": 9999999}, {"price": "99999999999999999999"}, {"price": "-2e12"})
    raws = [json.dumps({**ORDER, "line_items": [{**item, **change}]}) for change in absurd]
    raws.append(json.dumps({**ORDER, "total_discounts": "99999999999999.99"}))
    outcome = taken(silver.ORDER_LINES, records_of(spark, "shop", raws))
    assert outcome.rules == {0: "amount", 1: "readable", 2: "amount", 3: "amount"}


def test_quarantine_says_the_shape_and_never_the_value(spark: SparkSession) -> None:
    raw = track(originalTimestamp="born 1980 ann@example.com")
    (row,) = taken(silver.EVENTS, records_of(spark, "web", [raw])).quarantine
    assert (row["path"], row["found"]) == ("originalTimestamp", "aaaa 9999 aaa@aaaaaaa.aaa")
    assert "ann" not in row["record"]


def test_records_in_are_events_and_duplicates_and_quarantined(spark: SparkSession) -> None:
    raws = [track(messageId=str(n % 7)) if n % 5 else "broken" for n in range(40)]
    outcome = taken(silver.EVENTS, records_of(spark, "web", raws))
    assert (len(outcome.rows), len(outcome.duplicates), len(outcome.quarantine)) == (7, 25, 8)
    offsets = [row["offset"] for row in (*outcome.rows, *outcome.duplicates, *outcome.quarantine)]
    assert sorted(offsets) == list(range(40))


def test_contacts_are_kept_once_and_encrypted(spark: SparkSession) -> None:
    header = (
        "crm_id,household_id,first_name,last_name,email,phone,loyalty_card,birth_date,street,city,postcode,updated_at"
    )
    rows = [
        'C1,7,Zoë,"Müller, Dr.",zoe@example.com,,,1980-02-01,1 Main St,Fairview,12345,2017-01-05T12:00:00Z',
        "C1,7,Zoë,Other,zoe@example.com,,,,,,,2017-02-05T12:00:00Z",
    ]
    records = records_of(spark, "crm_customers", rows, header)
    found = contacts(records, nothing_yet(spark, silver.CONTACTS), params_for(records)).persist()
    said = sorted((row["kind"], decrypt(row["value"])) for row in found.collect())
    assert said == [
        ("address", "1 Main St, 12345, Fairview"),
        ("birth_date", "1980-02-01"),
        ("email", "zoe@example.com"),
        ("name", "Zoë Müller, Dr."),
        ("name", "Zoë Other"),
    ]
    assert contacts(records, found, params_for(records)).count() == 0


def test_contacts_come_from_identify_calls_and_orders_too(spark: SparkSession) -> None:
    call = track(type="identify", traits={"email": "ann@example.com", "firstName": "Ann", "lastName": "Li"})
    records = records_of(spark, "web", [call, track()]).union(records_of(spark, "shop", [json.dumps(ORDER)]))
    found = contacts(records, nothing_yet(spark, silver.CONTACTS), params_for(records)).collect()
    assert sorted((row["source"], row["kind"], decrypt(row["value"])) for row in found) == [
        ("shop", "email", "bob@example.com"),
        ("shop", "name", "Bob"),
        ("shop", "phone", "+14155552671"),
        ("web", "email", "ann@example.com"),
        ("web", "name", "Ann Li"),
    ]


def test_looking_for_repeats_shuffles_the_batch_once(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("a", date(2017, 1, 1), datetime(2017, 1, 1), "web", "f", 0, 1)],
        "row_id string, occurred_on date, known_at timestamp, source string, file string, offset long, batch long",
    )
    # What is kept in memory or in a table has a known size: as in a run, Spark then sees what is small.
    rows = rows.persist()
    assert rows.count() == 1
    judged = first_of_each(rows, rows.select("row_id"))
    assert [row["is_first"] for row in judged.collect()] == [False]
    plan = judged._jdf.queryExecution().executedPlan().toString()
    assert plan.split("Initial Plan")[-1].count("Exchange hashpartitioning") == 1
