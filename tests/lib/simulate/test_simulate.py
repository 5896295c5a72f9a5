"""The simulated logs, judged by readers that share no code with the simulator."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from urllib.parse import unquote

import pytest
from pyspark.sql import SparkSession
from scipy.cluster.hierarchy import DisjointSet

from motherlode.simulate import RATES, SimulateParams, Summary, Window, generate
from motherlode.simulate.generate import already_done
from tests.lib.simulate.readers import (
    JSON_SOURCES,
    Entry,
    broken_lines,
    good_entries,
    shown_identifiers,
    tree,
    truth,
)

PARAMS = SimulateParams(households="40", seed=11, window=Window(date(2017, 1, 1), date(2017, 3, 6)))
NOISY = (*JSON_SOURCES, "store_sales", "crm_customers", "consents", "surveys")


@pytest.fixture(scope="module")
def made(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    out = tmp_path_factory.mktemp("raw")
    return out, generate(spark, out, PARAMS)


@pytest.fixture(scope="module")
def entries(made: tuple[Path, Summary]) -> list[Entry]:
    return [entry for source in NOISY for entry in good_entries(made[0], source)]


def test_two_windows_give_the_bytes_of_one(spark: SparkSession, made: tuple[Path, Summary], tmp_path: Path) -> None:
    early = replace(PARAMS, window=Window(PARAMS.window.first, date(2017, 2, 20)))
    late = replace(PARAMS, window=Window(date(2017, 2, 20), PARAMS.window.until))
    usual = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "3")  # partitioning must not matter either
    generate(spark, tmp_path, early)
    spark.conf.set("spark.sql.shuffle.partitions", usual)
    generate(spark, tmp_path, late)
    whole, parts = tree(made[0]), tree(tmp_path)
    assert whole.keys() == parts.keys()
    assert [name for name in whole if whole[name] != parts[name]] == []


def test_second_call_has_nothing_to_do(spark: SparkSession, made: tuple[Path, Summary]) -> None:
    before = tree(made[0])
    again = generate(spark, made[0], PARAMS)
    assert again == replace(made[1], skipped=True, seconds=0.0)
    assert already_done(made[0], PARAMS) == again  # without a session
    assert tree(made[0]) == before


def test_every_identifier_in_the_logs_is_in_the_truth(made: tuple[Path, Summary], entries: list[Entry]) -> None:
    known = {(row["type"], row["value"]) for row in truth(made[0], "identifiers")}
    shown = {pair for entry in entries for pair in shown_identifiers(entry)}
    assert shown - known == set()
    text = unquote("\n".join(json.dumps(entry.content, ensure_ascii=False) for entry in entries))
    addresses = set(re.findall(r"[a-z.]+\d+@[a-z.]*example\.(?:com|org|net)", text))
    assert addresses - {value for kind, value in known if kind == "email"} == set()
    assert known - shown - {("email", address) for address in addresses} == set()


def test_records_are_valid_and_of_their_day(made: tuple[Path, Summary], entries: list[Entry]) -> None:
    for entry in entries:
        c, day = entry.content, entry.file.split("/")[1][:10]
        if entry.source in ("web", "app"):
            assert {"type", "messageId", "anonymousId", "context", "timestamp", "sentAt"} <= c.keys()
            assert c["originalTimestamp"] < c["sentAt"] < c["receivedAt"]
            assert ("event" in c) == (c["type"] == "track")
            assert ("page" in c["context"]) == (entry.source == "web")
            assert day >= c["originalTimestamp"][:10] or c["originalTimestamp"][11:13] < "05"
        elif entry.source == "shop":
            lines = sum(
                round(100 * float(i["price"])) * max(i["quantity"], 1) - round(100 * float(i["total_discount"]))
                for i in c["line_items"]
            )
            assert lines == round(100 * float(c["total_price"]))
            assert c["updated_at"][:10] <= day
        elif entry.source == "store_sales":
            assert c["sold_at"][:10] <= day
            assert int(c["quantity"]) >= 0
            assert float(c["sales_value"]) >= 0
        elif entry.source == "consents":
            assert c["granted"] in ("true", "false")


def test_orders_on_the_web_are_orders_of_the_shop(entries: list[Entry]) -> None:
    placed = {e.content["properties"]["order_id"] for e in entries if e.content.get("event") == "Order Completed"}
    orders = {str(e.content["id"]) for e in entries if e.source == "shop"}
    assert len(placed) > 30
    assert len(placed & orders) / len(placed) > 0.85  # the others are late


def test_counts_are_what_stands_in_the_files(made: tuple[Path, Summary], entries: list[Entry]) -> None:
    delivered = Counter(entry.source for entry in entries)
    for count in made[1].counts:
        if count.source in NOISY:
            assert delivered[count.source] == count.records + count.repeats, count
    by_source = Counter(file.split("/")[0] for file, _ in broken_lines(made[0]))
    assert by_source == {c.source: c.broken for c in made[1].counts if c.broken}


def test_published_rates_hold(made: tuple[Path, Summary], entries: list[Entry]) -> None:
    keys = Counter(_key(entry) for entry in entries)
    originals = len(keys)
    repeats = sum(keys.values()) - originals
    assert repeats / originals == pytest.approx(RATES.repeats, abs=0.006)
    assert len(broken_lines(made[0])) / originals == pytest.approx(RATES.broken, abs=0.004)
    web = {e.content["messageId"]: e.content for e in entries if e.source == "web"}
    crawled = [c for c in web.values() if re.search(r"bot|crawl|requests|facebookext", c["context"]["userAgent"])]
    assert len(crawled) / len(web) == pytest.approx(RATES.bots, abs=0.006)
    assert all("userId" not in c for c in crawled)
    baskets = {e.content["transaction_id"]: e.content["loyalty_card"] for e in entries if e.source == "store_sales"}
    assert sum(map(bool, baskets.values())) / len(baskets) == pytest.approx(RATES.loyalty_card, abs=0.04)
    orders = {e.content["id"] for e in entries if e.source == "shop" and not e.content["test"]}
    assert len(orders) / (len(orders) + len(baskets)) == pytest.approx(RATES.online_baskets, abs=0.05)


def test_broken_records_come_in_ten_kinds(made: tuple[Path, Summary]) -> None:
    assert len({row["kind"] for row in truth(made[0], "broken")}) >= 10


def test_damaged_json_cannot_be_read(made: tuple[Path, Summary]) -> None:
    for row in truth(made[0], "broken"):
        if row["source"] in JSON_SOURCES and row["kind"] in ("truncated", "invalid_utf8", "not_json", "glued"):
            line = (made[0] / row["file"]).read_bytes().split(b"\n")[int(row["line"]) - 1]
            with pytest.raises(ValueError):
                json.loads(line.decode("utf-8"))


def test_e_mails_glued_together_are_two_repeats_each(made: tuple[Path, Summary]) -> None:
    glued = Counter()
    for path in sorted((made[0] / "email").iterdir()):
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            if line[: len(line) // 2] * 2 == line and line.startswith(b"[{") and line.endswith(b"}]"):
                glued[(f"email/{path.name}", str(number))] += 2
    repeats = Counter((row["file"], row["line"]) for row in truth(made[0], "repeats"))
    assert glued
    assert {place: repeats[place] for place in glued} == glued
    assert {row["kind"] for row in truth(made[0], "broken") if row["source"] == "email"}.isdisjoint({"glued"})


def test_best_score_equals_that_of_a_union_find(made: tuple[Path, Summary], entries: list[Entry]) -> None:
    rows = [row for row in truth(made[0], "identifiers") if row["shared"] == "false"]
    person = {(row["type"], row["value"]): row["person_id"] for row in rows}
    assert len(person) == len(rows)
    sets = DisjointSet(person)
    for entry in entries:
        for a, b in combinations(sorted(shown_identifiers(entry) & person.keys()), 2):
            if person[a] == person[b]:
                sets.merge(a, b)
    found = {pair for group in sets.subsets() for pair in combinations(sorted(group), 2)}
    same = [(a, b) for a, b in combinations(sorted(person), 2) if person[a] == person[b]]
    score = made[1].best_score
    assert (score.identifiers, score.pairs_same_person, score.pairs_found) == (len(person), len(same), len(found))
    assert score.recall == pytest.approx(len(found) / len(same), abs=1e-6)


def test_shared_devices_have_a_row_for_each_person(made: tuple[Path, Summary]) -> None:
    rows = truth(made[0], "identifiers")
    tablets = Counter(r["value"] for r in rows if r["scenario"] == "shared_device")
    assert tablets and set(tablets.values()) == {2}
    kiosk = Counter(r["value"] for r in rows if r["scenario"] == "kiosk")
    assert len(kiosk) == 2 and min(kiosk.values()) > 5
    assert all(r["shared"] == "true" for r in rows if r["scenario"] in ("shared_device", "kiosk", "bot"))


def _key(entry: Entry) -> tuple[str, ...]:
    c = entry.content
    names = {
        "web": ["messageId"],
        "app": ["messageId"],
        "shop": ["id", "updated_at"],
        "email": ["sg_event_id"],
        "store_sales": ["transaction_id", "line_no"],
        "crm_customers": ["crm_id", "updated_at"],
        "consents": ["crm_id", "purpose", "decided_at"],
        "surveys": ["response_id", "question"],
    }
    return (entry.source, *[str(c[name]) for name in names[entry.source]])
