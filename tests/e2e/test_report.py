"""The report of the small world: one file, nothing of the network, nothing of the data as markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

from tests.e2e.world import World


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_it_is_whole_and_closed(world: World) -> None:
    page = (Path(world.context.settings.paths.documents) / "report.html").read_text(encoding="utf-8")
    markup = _Markup()
    markup.feed(page)
    assert {"html", "body", "section"} <= {tag for tag, _ in markup.tags}
    for tag, attributes in markup.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href"):
            assert not re.match(r"(?i)(https?:)?//", attributes.get(name) or ""), tag
    # The two of the template; what charts show is data.
    scripts = [attributes for tag, attributes in markup.tags if tag == "script"]
    assert [each for each in scripts if each.get("type") != "application/json"] == [{}, {}]
    assert len(scripts) == page.count("<script")
