"""What a source's file may say."""

from pathlib import Path
from typing import Any

import pytest

from motherlode.contracts import silver
from motherlode.settings import load_sources
from motherlode.sources.intake import SilverParams
from motherlode.sources.registry import format_of, known_formats, target_of
from motherlode.sources.source import Source, SourceError

ROOT = Path(__file__).resolve().parents[3]
GOOD: dict[str, Any] = {
    "name": "tills",
    "format": "csv",
    "path": "tills/*.csv",
    "target": "order_lines",
    "channel": "store",
    "key": ("id", "line"),
    "columns": {"order_id": "id", "line_no": "line", "quantity": "n", "net": ("paid", "-coupon"), "occurred_at": "at"},
    "constants": {"currency": "USD"},
}


NOT_IN_THE_DEMO = {"attributes", "exchange_rates"}
"""Targets that none of the demo's sources has."""


def test_the_demos_sources_cover_every_other_target() -> None:
    sources = load_sources(ROOT / "conf", "UTC")
    covered = {target_of(source).name for source in sources}
    assert covered == {target.name for target in silver.TARGETS} - NOT_IN_THE_DEMO
    assert {source.format for source in sources} == {"csv", "segment", "sendgrid", "shopify"}
    assert {source.format for source in sources} < set(known_formats())


def test_shared_ids_share_a_scope_and_others_keep_their_own() -> None:
    by_name = {source.name: source for source in load_sources(ROOT / "conf", "UTC")}
    assert by_name["web"].scope("user_id") == by_name["shop"].scope("user_id") == "shop"
    assert by_name["store_sales"].scope("loyalty_card") == by_name["surveys"].scope("loyalty_card")
    truth = by_name["identity_truth"]
    for name, kinds in {"web": ["cookie", "user_id"], "app": ["device", "cookie"], "crm_customers": ["crm_id"]}.items():
        assert [truth.scope(kind) for kind in kinds] == [by_name[name].scope(kind) for kind in kinds]
    assert by_name["web"].scope("email") == ""
    assert by_name["shop"].scope("cookie") == "shop"


def test_a_good_source_has_its_format() -> None:
    assert format_of(Source(**GOOD)).splitter == "csv"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "xml"}, "format: xml is unknown; known: "),
        ({"target": "orderlines"}, "target: orderlines is unknown; known: events, order_lines"),
        ({"columns": {**GOOD["columns"], "colour": "c"}}, "columns: colour is unknown; known: order_id"),
        ({"columns": {"order_id": "id", "line_no": "line"}}, "needs columns or constants for: quantity"),
        ({"identifiers": {"passport": "p"}}, "identifiers: passport is unknown; known: user_id"),
        ({"scopes": {"passport": "p"}}, "scopes: passport is unknown"),
        ({"zone": "Mars/Base"}, "zone 'Mars/Base' is unknown"),
        ({"channel": ""}, "channel must be set"),
        ({"key": ()}, "key must be set"),
        (
            {"target": "attributes", "columns": {"attribute": "a", "occurred_at": "at"}, "constants": {}},
            "target attributes needs columns or constants for: provider, value",
        ),
        ({"constants": {"currency": "USD", "order_id": "1"}}, "stands in columns and in constants"),
        ({"format": "shopify"}, "only a source of tables maps columns"),
        ({"time_from": "campaign"}, 'needs target = "events"'),
        (
            {"columns": {k: v for k, v in GOOD["columns"].items() if k not in ("occurred_at", "net", "gross")}},
            "needs columns or constants for: occurred_at, net or gross",
        ),
    ],
)
def test_a_wrong_source_is_one_line_that_names_what_there_is(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceError) as caught:
        Source(**{**GOOD, **change})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("region", ["UK", "de", "Germany"])
def test_a_region_that_phone_numbers_do_not_have(region: str) -> None:
    with pytest.raises(ValueError, match=f"region '{region}' is none of phone numbers"):
        SilverParams(region=region)
