"""The page stands alone, and no value from the data becomes markup."""

import dataclasses
import json
from html.parser import HTMLParser

import pandas as pd
import pytest

from motherlode.report.findings import Findings
from motherlode.report.page import is_shouting, payload, render
from motherlode.report.params import ReportParams
from motherlode.report.sections import compose

HOSTILE = (
    "</script><script>alert(1)</script>\"><img src=x onerror=alert(2)>'-- <!-- {{7*7}} ${7*7} {% raw %}"
    " javascript:alert(3) \u2028&lt;"
)
CHARTS = 12
NUMERIC = ("int64", "float64")


class Reader(HTMLParser):
    """What a browser would see: elements, attributes, the text of scripts and of the rest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self._raw = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._raw = tag in ("script", "style")
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._raw = False

    def handle_data(self, data: str) -> None:
        if self._raw and self.elements[-1][0] == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif not self._raw:
            self.text += data

    @property
    def payloads(self) -> dict[str, object]:
        return {
            str(attributes["id"]): json.loads(text)
            for attributes, text in self.scripts
            if attributes.get("type") == "application/json"
        }


def poison(frame: pd.DataFrame) -> pd.DataFrame:
    """Every text of every column replaced by a hostile one; rows stay apart by a number."""
    poisoned = frame.copy()
    for column in frame.columns:
        if frame[column].dtype.name in NUMERIC or column in ("period", "day", "first_day", "last_day", "pseudonym"):
            continue
        if column in ("antecedent", "consequent"):
            poisoned[column] = [[f"{HOSTILE}{row}"] for row in range(len(frame))]
        elif column not in ("is_repeat", "value", "baseline"):
            poisoned[column] = [f"{HOSTILE}{row % 3}" for row in range(len(frame))]
    return poisoned


def with_frames(found: Findings, change: object) -> Findings:
    frames = {
        field.name: change(getattr(found, field.name))
        for field in dataclasses.fields(found)
        if isinstance(getattr(found, field.name), pd.DataFrame)
    }
    return dataclasses.replace(found, **frames)


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for child in children for text in strings(child)]


@pytest.fixture
def page(found: Findings) -> Reader:
    return Reader(render(compose(found, ReportParams(notice="Made <up>"))))


def test_hostile_values_stay_text(found: Findings, page: Reader) -> None:
    params = ReportParams(title=HOSTILE, notice=HOSTILE, zone=HOSTILE, currency=HOSTILE)
    poisoned = Reader(render(compose(with_frames(found, poison), params)))
    assert [tag for tag, _ in poisoned.elements].count("script") == CHARTS + 3
    assert {tag for tag, _ in poisoned.elements} == {tag for tag, _ in page.elements}
    assert [name for _, attributes in poisoned.elements for name in attributes if name.startswith("on")] == []
    assert HOSTILE in poisoned.text


def test_hostile_values_reach_the_charts_unchanged(found: Findings) -> None:
    poisoned = Reader(render(compose(with_frames(found, poison), ReportParams())))
    data = {name: strings(spec) for name, spec in poisoned.payloads.items()}
    assert len(data) == CHARTS + 1
    for name in ("intake", "data-quality", "funnel", "net-over-time", "segments", "rules"):
        assert any(text == f"{HOSTILE}0" for text in data[f"{name}-data"]), name


def test_every_text_column_of_the_sample_is_poisoned(found: Findings) -> None:
    """Or the tests above would prove little."""
    poisoned = with_frames(found, poison)
    assert poisoned.rules["antecedent"][4] == [f"{HOSTILE}4"]
    for frame, column in (("reasons", "rule"), ("examples", "segment"), ("offers", "product"), ("quality", "model")):
        assert getattr(poisoned, frame)[column][0] == f"{HOSTILE}0"


def test_only_the_page_s_own_scripts_may_run(page: Reader) -> None:
    policy = next(a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "eval" not in policy
    scripts = policy.split(";")[1]
    assert "unsafe" not in scripts
    assert "http" not in policy
    assert scripts.count("'sha256-") == 2


def test_the_page_asks_nothing_of_the_network(found: Findings) -> None:
    html = render(compose(found, ReportParams()))
    page = Reader(html)
    for tag, attributes in page.elements:
        for name in ("src", "href", "action", "data", "srcset", "poster"):
            value = attributes.get(name) or ""
            assert value == "" or value.startswith(("#", "data:,")), f"{tag} {name}={value}"
    style = html[html.index("<style>") : html.index("</style>")]
    assert "@import" not in style
    assert "url(" not in style
    assert not any(
        "$schema" in text or text.startswith("http") for spec in page.payloads.values() for text in strings(spec)
    )
    assert len(html.encode()) < 1_500_000


def test_charts_have_a_title_and_a_description(page: Reader) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    figures = [attributes for tag, attributes in page.elements if tag == "figure"]
    assert len(figures) == CHARTS
    for figure in figures:
        assert figure["aria-labelledby"] in ids
        assert figure["aria-describedby"] in ids
    for name, spec in page.payloads.items():
        assert name == "chart-config" or len(str(spec["description"])) > 30  # type: ignore[index]


def test_empty_findings_give_sentences_and_no_charts(found: Findings) -> None:
    page = Reader(render(compose(with_frames(found, lambda frame: frame.iloc[:0]), ReportParams())))
    assert [tag for tag, _ in page.elements].count("figure") == 0
    assert [tag for tag, _ in page.elements].count("script") == 0
    nothing = [a for tag, a in page.elements if tag == "p" and a.get("class") == "text nothing"]
    assert len(nothing) == 10
    assert "nan" not in page.text.lower()
    assert "None" not in page.text


def test_the_notice_is_shown(page: Reader) -> None:
    assert "Made <up>" in page.text


def test_a_payload_is_json_without_markup() -> None:
    value = {"a": "</script><!-- & \u2029", "b": [1.5, None, True]}
    text = str(payload(value))
    assert not set(text) & set("<>&\u2029")
    assert json.loads(text) == value
    with pytest.raises(ValueError, match="Out of range"):
        payload(float("nan"))


def test_shouting_is_all_capitals() -> None:
    assert is_shouting("SOFT DRINKS 12/18")
    assert not is_shouting("Soft drinks")
    assert not is_shouting("TV")
    assert not is_shouting("S0037")
