"""The page: sections of words, tables and charts as one HTML file that needs no network and runs no foreign script."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import vl_convert
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from motherlode.report.charts import CONFIG, Chart

_ASSETS = files("motherlode.report") / "assets"


@dataclass(frozen=True)
class Tile:
    """A headline number."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Text:
    """A sentence or two."""

    text: str
    tone: Literal["plain", "warning", "nothing"] = "plain"
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Grid:
    """A table; the columns in `words` are set left, others right as numbers are."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset({0})
    kind: Literal["grid"] = "grid"


@dataclass(frozen=True)
class Rule:
    """Who buys `buys` also buys `also`."""

    buys: Sequence[str]
    also: Sequence[str]
    evidence: str


@dataclass(frozen=True)
class Rules:
    rules: Sequence[Rule]
    kind: Literal["rules"] = "rules"


@dataclass(frozen=True)
class Offer:
    product: str
    department: str
    is_repeat: bool


@dataclass(frozen=True)
class Card:
    """An example customer."""

    title: str
    facts: Sequence[str]
    offers: Sequence[Offer]


@dataclass(frozen=True)
class Cards:
    cards: Sequence[Card]
    kind: Literal["cards"] = "cards"


@dataclass(frozen=True)
class Charts:
    """Charts beside each other where there is room."""

    charts: Sequence[Chart]
    kind: Literal["charts"] = "charts"


Block = Text | Grid | Rules | Cards | Charts


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Args:
        name: its anchor.
    """

    name: str
    title: str
    lead: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    title: str
    subtitle: str
    tiles: Sequence[Tile]
    sections: Sequence[Section]
    notice: str = ""


def render(page: Page) -> str:
    """The whole file as text. Autoescape is on, and only scripts of these hashes may run."""
    environment = Environment(loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined)
    environment.filters["payload"] = payload
    environment.tests["shouting"] = is_shouting
    library, script = _library(), _asset("page.js")
    charts = [
        chart
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Charts)
        for chart in block.charts
    ]
    # A page without charts does without the library.
    scripts = [library, script] if charts else []
    return environment.get_template("page.html.j2").render(
        page=page,
        policy=_policy(scripts),
        style=Markup(_asset("page.css")),  # noqa: S704 - a packaged file
        scripts=[Markup(text) for text in scripts],  # noqa: S704 - packaged files
        config=CONFIG,
    )


def payload(value: Any) -> Markup:
    """JSON that may stand inside a script element, whatever its strings hold."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=True)
    safe = text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
    return Markup(safe)  # noqa: S704 - holds no character that HTML acts upon


def is_shouting(text: str) -> bool:
    """All in capitals, as many catalogues are, and no code: the style sets it in small letters."""
    is_code = " " not in text and any(map(str.isdigit, text))
    return text.isupper() and len(text) > 3 and not is_code


def _policy(scripts: Sequence[str]) -> str:
    allowed = " ".join(f"'sha256-{_digest(text)}'" for text in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    """Read by importlib, since on a cluster the package is inside a zip."""
    return _ASSETS.joinpath(name).read_text(encoding="utf-8")


@cache
def _library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; HTML reads any line end as a line feed, and so must its hash."""
    bundle = vl_convert.javascript_bundle(snippet="window.vegaEmbed = vegaEmbed;")
    lines = bundle.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"<(?=/script|!--|script)", r"\\x3c", lines, flags=re.I)
