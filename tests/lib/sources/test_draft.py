"""Drafts of sources for tables that nobody designed for them, against what they should say."""

import json
import tomllib
from typing import Any

import pytest

from motherlode.settings import build_source
from motherlode.sources.draft import draft_of_records, path_of
from motherlode.sources.fields_seen import of_records
from motherlode.sources.looks import Look, look, plain_amount
from motherlode.sources.registry import known_formats
from motherlode.sources.table_draft import draft_of_table
from motherlode.sources.table_sample import read_table
from tests.lib.sources.silver_cases import CONF

SALES = """\
Bestell-Nr.;Bestelldatum;Kd-Nr;E-Mail Adresse;Vorname;Nachname;Art-Nr;Stück;Einzelpreis;Gesamt (EUR);Zahlstatus
B-1;03.01.2024 09:12;K17;anna@beispiel.de;Anna;Groß;4711;2;3,99;7,98;bezahlt
B-1;03.01.2024 09:12;K17;anna@beispiel.de;Anna;Groß;4712;1;1.002,49;1.002,49;bezahlt
B-2;13.01.2024 18:40;K18;;Jörg;Weiß;4711;1;3,99;3,99;storniert
"""
CRM = """\
customer_id,email,phone,first_name,last_name,street,zip,city,birth_date,updated_at
1,a@example.com,+49 171 1234567,A,B,Road 1,12345,Town,1990-01-01,2024-01-01T00:00:00Z
2,c@example.com,,C,D,Road 2,12345,Town,1991-01-01,2024-01-01T00:00:00Z
"""
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "German sales": (SALES, ";", {
        "format": "csv", "path": "x/export_*.csv", "target": "order_lines", "channel": "web",
        "time_formats": ["dd.MM.yyyy HH:mm"], "key": ["Bestell-Nr.", "Art-Nr"],
        "identifiers": {"crm_id": "Kd-Nr", "email": "E-Mail Adresse"}, "scopes": {},
        "columns": {
            "order_id": "Bestell-Nr.", "status": "Zahlstatus", "product_id": "Art-Nr", "quantity": "Stück",
            "net": "Gesamt (EUR)", "occurred_at": "Bestelldatum", "line_no": "Art-Nr",
        },
        "constants": {"currency": "EUR"},
    }),
    "customers": (CRM, ",", {
        "format": "csv", "path": "x/export_*.csv", "target": "customers", "key": ["customer_id", "updated_at"],
        "identifiers": {"crm_id": "customer_id", "email": "email", "phone": "phone"}, "scopes": {},
        "columns": {"occurred_at": "updated_at"},
        "contacts": {
            "email": "email", "phone": "phone", "birth_date": "birth_date", "name": ["first_name", "last_name"],
            "address": ["street", "zip", "city"],
        },
    }),
    "actions": (
        "usr;user;action;when;item\n;1;Product Viewed;01/02/2024 10:00;17\n;2;Buy;01/13/2024 10:00;17\n", ";", {
            "format": "csv", "path": "x/export_*.csv", "target": "events", "channel": "web",
            "time_formats": ["MM/dd/yyyy HH:mm"], "key": ["user", "when"],
            "identifiers": {"user_id": "user"}, "scopes": {},
            "columns": {"name": "action", "occurred_at": "when"}, "constants": {"type": "other"},
        }),
    "canonical actions": ("user_id,event,at\n1,searched,2024-01-01 10:00\n2,liked,2024-01-01 10:01\n", ",", {
        "format": "csv", "path": "x/export_*.csv", "target": "events", "channel": "web", "key": ["user_id", "at"],
        "identifiers": {"user_id": "user_id"}, "scopes": {}, "columns": {"type": "event", "occurred_at": "at"},
    }),
    "totals of orders": ("order,total,paid_at,currency\n1,9.50,2024-01-01,EUR\n2,8.50,2024-01-02,EUR\n", ",", {
        "format": "csv", "path": "x/export_*.csv", "target": "order_lines", "channel": "web", "key": ["order"],
        "identifiers": {},
        "columns": {"order_id": "order", "net": "total", "occurred_at": "paid_at", "currency": "currency"},
        "constants": {"line_no": "1", "quantity": "1"},
    }),
    "catalogue": ("sku,name,marke,kategorie\n1,x,y,z\n2,x,y,z\n", ",", {
        "format": "csv", "path": "x/export_*.csv", "target": "products", "key": ["sku"],
        "columns": {"product_id": "sku", "brand": "marke", "category": "kategorie"},
    }),
    "misspelt": ("custmer_id,emial,first_name,chnaged\n1,a@example.com,A,2024-01-01\n2,b@example.com,B,2024-01-02\n",
        ",", {
            "format": "csv", "path": "x/export_*.csv", "target": "customers", "key": ["custmer_id", "chnaged"],
            "identifiers": {"crm_id": "custmer_id", "email": "emial"}, "scopes": {},
            "columns": {"occurred_at": "chnaged"}, "contacts": {"email": "emial", "name": ["first_name"]},
        }),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_table(case: str) -> None:
    text, delimiter, expected = CASES[case]
    draft = draft_of_table("x", "export_2024-01-31.csv.gz", read_table(text.encode(), delimiter))
    assert (tomllib.loads(draft.toml), draft.missing) == (expected, ())
    build_source(CONF, "x", tomllib.loads(draft.toml), "UTC", "the draft")


@pytest.mark.parametrize(
    ("text", "missing", "lines"),
    [
        (
            "order_id,sku,total,sold_at\n1,a,9.50,2024-01-01\n1,a,9.50,2024-01-01\n",
            ("line_no", "currency"),
            ['# currency = "…"    # needed: the column that holds it',
             '# currency = "EUR"    # or one value for all rows'],
        ),
        (
            "email,einwilligung,datum\na@example.com,ja,01.02.2024\n",
            ("purpose",),
            ['granted = "einwilligung"    # ? its values are no true or false: write them so in the file',
             'time_formats = ["dd.MM.yyyy"]    # ? day and month could also stand the other way round'],
        ),
        ("order_id,unit_price,sold_at\n1,9.50,2024-01-01\n", ("identifiers",), ['# email = "…"    # needed']),
        ("a,b\nx,y\n", ("key", "occurred_at", "identifiers"), ['# occurred_at = "2024-01-31"']),
    ],
)  # fmt: skip
def test_what_is_not_found_is_said(text: str, missing: tuple[str, ...], lines: list[str]) -> None:
    draft = draft_of_table("x", "a.csv", read_table(text.encode(), ","))
    assert sorted(draft.missing) == sorted(missing)
    assert [line for line in lines if line not in draft.toml] == []
    tomllib.loads(draft.toml)


def test_a_draft_is_toml_whatever_the_names_are() -> None:
    text = 'a"b,c\\d,"e\nf",e-mail,[x]\n1,2,3,a@example.com,2024-01-01\n'
    draft = draft_of_table("x", "a\nb.csv", read_table(text.encode(), ","))
    assert tomllib.loads(draft.toml)["identifiers"] == {"email": "e-mail"}
    assert tomllib.loads(draft.toml)["columns"] == {"occurred_at": "[x]"}


@pytest.mark.parametrize("name", ["ga4", "posthog", "segment", "sendgrid", "shopify"])
def test_a_format_that_knows_its_fields(name: str) -> None:
    draft = draft_of_records("x", "web.jsonl", known_formats()[name], "sure")
    source = build_source(CONF, "x", tomllib.loads(draft.toml), "UTC", "the draft")
    assert (source.format, source.path, draft.missing) == (name, "x/web.jsonl", ())
    assert source.channel == ("email" if name == "sendgrid" else "web")


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("web-2017-01-05.jsonl.gz", "x/web-*.jsonl"),
        ("web.2024-01-31.jsonl", "x/web.*.jsonl"),
        ("20240131T000000Z.csv", "x/*.csv"),
        ("orders.csv", "x/orders.csv"),
        ("part-00001-3f2504e0-4f89-11d3-9a0c-0305e82c3301.json", "x/part-*.json"),
        ("a[1]?.csv", "x/a[[]*][?].csv"),
        ("sales_2024_12_31_17.csv", "x/sales_*.csv"),
    ],
)
def test_a_glob(file: str, path: str) -> None:
    assert path_of("x", file) == path


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a@example.com", "b@example.org", "", "c@x.de"], Look(0.75, 1.0, "email")),
        (["2024-01-01", "2024-01-02T10:00:00", "", ""], Look(0.5, 1.0, "time", zoneless=True)),
        (["2024-01-02T10:00:00Z", "2024-01-02 10:00:00+01:00"], Look(1.0, 1.0, "time")),
        (["31.1.2024", "1.2.2024"], Look(1.0, 1.0, "time", pattern="d.M.yyyy", zoneless=True)),
        (["01/02/2024"], Look(1.0, 1.0, "time", pattern="dd/MM/yyyy", is_ambiguous=True, zoneless=True)),
        (["20240131", "20240201"], Look(1.0, 1.0, "time", pattern="yyyyMMdd", zoneless=True)),
        (["1700000000", "1700000001"], Look(1.0, 1.0, "epoch")),
        (["1,50", "1.000,00"], Look(1.0, 1.0, "local_amount", decimal_comma=True)),
        (["$1.50", "$1,000.00"], Look(1.0, 1.0, "local_amount", currency="USD")),
        (["1,50 €"], Look(1.0, 1.0, "local_amount", currency="EUR", decimal_comma=True)),
        (["1.50", "-2"], Look(1.0, 1.0, "decimal")),
        (["7", "7", "-8", "9"], Look(1.0, 0.75, "integer")),
        (["true", "FALSE"], Look(1.0, 1.0, "boolean")),
        (["ja", "nein"], Look(1.0, 1.0, "words")),
        (["EUR", "EUR"], Look(1.0, 0.5, "currency")),
        (["https://example.com/a"], Look(1.0, 1.0, "url")),
        (["+49 171 1234567", "0171/123 45 67"], Look(1.0, 1.0, "phone")),
        (["00017", "00018"], Look(1.0, 1.0, "integer")),
        (["a@example.com", "17", "x y"], Look(1.0, 1.0, "text")),
        (["", " "], Look(0.0, 0.0, "")),
    ],
)
def test_a_look(values: list[str], expected: Look) -> None:
    assert look(values) == expected


@pytest.mark.parametrize(
    ("value", "comma", "expected"),
    [
        ("1.234,50 €", True, "1234.50"),
        ("-7", True, "-7"),
        ("$1,234.50", False, "1234.50"),
        ("free", True, "free"),
        ("", True, ""),
    ],
)
def test_an_amount_as_csv_reads_it(value: str, comma: bool, expected: str) -> None:
    assert plain_amount(value, comma) == expected


def test_a_table_as_csv_reads_it() -> None:
    table = read_table(b'id;price;note\n1;1,50;"a;b"\n2;2,50;"say ""x"", y"\n', ";")
    assert table.as_csv().decode() == 'id,price,note\n1,1.50,a;b\n2,2.50,"say ""x"", y"\n'
    assert table.to_change() == (
        "price: amounts with a decimal comma, thousands or a currency; csv reads 1234.50: export them so",
    )


def test_fields_that_nothing_reads() -> None:
    records = [
        {"messageId": "1", "type": "track", "context": {"ip": "x", "page": {"path": "/"}}, "integrations": {"a": 1}},
        {"messageId": "2", "properties": {"color": "red", "bob@example.com": 1, "query": ""}, "7890123": 1, "no": None},
    ]  # fmt: skip
    seen = of_records(json.loads(json.dumps(records)), known_formats()["segment"])
    assert {path: share for path, share in seen.read.items() if share} == {
        "type": 0.5, "messageId": 1.0, "context.page.path": 0.5,
    }  # fmt: skip
    assert seen.unread == {
        "context.ip": 0.5, "integrations": 0.5, "properties.color": 0.5, "properties.…": 0.5, "…": 0.5,
    }  # fmt: skip


def test_fields_in_lists() -> None:
    order = {"id": 1, "created_at": "2024-01-01 10:00:00", "line_items": [{"id": 7, "vendor": "x"}, {"price": "9"}]}
    seen = of_records([order], known_formats()["shopify"])
    assert [path for path, share in seen.read.items() if share] == [
        "id", "created_at", "line_items[].id", "line_items[].price",
    ]  # fmt: skip
    assert seen.unread == {"line_items.vendor": 1.0}
    assert seen.zoneless == ("created_at",)
