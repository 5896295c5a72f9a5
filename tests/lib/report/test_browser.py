"""The page in a real browser: every chart is drawn, nothing complains, hostile text stays text on hovering too."""

import dataclasses
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from motherlode.report import page
from motherlode.report.findings import Findings
from motherlode.report.params import ReportParams
from motherlode.report.sections import compose

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = '<img src=x onerror=alert(1)>"}</script><script>alert(2)</script>'
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    *("--window-size=1280,2000", "--virtual-time-budget=20000", "--enable-logging=stderr", "--v=0", "--dump-dom"),
)
HOVER = """
setTimeout(() => {
  const bar = document.querySelector("[data-chart='intake-data'] path[aria-roledescription=bar]");
  const { left, top } = bar.getBoundingClientRect();
  for (const type of ["pointerover", "pointermove", "mousemove"])
    bar.dispatchEvent(new MouseEvent(type, { bubbles: true, clientX: left + 5, clientY: top + 5 }));
}, 3000);
"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH: install `chromium`")


def browse(html: str, folder: Path) -> str:
    """The document after its scripts have run; any word on the console is an error."""
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    command = [str(CHROMIUM), *OPTIONS, f"--user-data-dir={folder / 'profile'}", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    return done.stdout


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    found: list[tuple[str, dict[str, str | None]]] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))  # type: ignore[method-assign]
    reader.feed(html)
    return found


def test_every_chart_is_drawn_without_a_complaint(found: Findings, tmp_path: Path) -> None:
    drawn = browse(page.render(compose(found, ReportParams())), tmp_path)
    charts = dict(re.findall(r'data-chart="([a-z-]+)"(.*?)</figure>', drawn, re.S))
    assert len(charts) == 12
    for name, drawing in charts.items():
        svg = re.search(r'<svg[^>]*width="(\d+)"', drawing)
        assert svg is not None, name
        assert int(svg[1]) > 300, name
        # Marks, not only axes.
        assert len(re.findall(r'aria-roledescription="(?:bar|rect mark|circle|line mark|point)"', drawing)) >= 2, name


def test_a_hostile_text_stays_text_when_hovered(
    found: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = page._asset
    monkeypatch.setattr(page, "_asset", lambda name: asset(name) + (HOVER if name == "page.js" else ""))
    accounting = found.accounting.replace({"source": {"web": HOSTILE}})
    drawn = browse(page.render(compose(dataclasses.replace(found, accounting=accounting), ReportParams())), tmp_path)
    tooltip = drawn[drawn.index('id="vg-tooltip-element"') :]
    assert tooltip.split(">")[0].count("visible") == 1
    assert "&lt;img src=x onerror=alert(1)&gt;" in tooltip
    assert [(tag, attributes) for tag, attributes in elements(drawn) if tag == "img" or "onerror" in attributes] == []
