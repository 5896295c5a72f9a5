"""docs/formats.md says what the formats declare, and what they declare is so."""

from pathlib import Path

import pytest

from motherlode.columns.identifiers import PRIORITY
from motherlode.settings import vendors_names
from motherlode.sources import docs
from motherlode.sources.format import Format
from motherlode.sources.registry import known_formats
from motherlode.sources.vocabulary import EVENT_TYPES

ROOT = Path(__file__).resolve().parents[3]
FORMATS = list(known_formats().values())


def test_the_committed_page_is_up_to_date() -> None:
    assert (ROOT / docs.PAGE).read_text(encoding="utf-8") == docs.wanted(ROOT), f"run {docs.COMMAND}"


def test_each_format_has_its_row() -> None:
    text = docs.wanted(ROOT)
    assert [known.name for known in FORMATS if f"\n| [{known.name}](#{known.name}) | " not in text] == []
    assert "| [sendgrid](#sendgrid) | `email`, `timestamp`, `event`, `sg_event_id`" in text
    assert " | email: `email` | `sg_event_id` | `smtp-id`, " in text
    assert "| `shared` | social, web: something was shared |" in text


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_what_a_format_declares_agrees_with_itself(known: Format) -> None:
    assert known.doc
    assert known.url.startswith("https://")
    if known.maps_columns:
        assert known.fields == known.key == known.unread == ()
        return
    named = {*known.key, *(path for paths in known.identifiers.values() for path in paths)}
    assert named <= set(known.fields)
    assert set(known.identifiers) <= set(PRIORITY)
    assert not set(known.fields) & set(known.unread)
    assert len(set(known.fields)) == len(known.fields)


def test_each_file_of_conf_formats_is_a_formats_and_names_types_that_there_are() -> None:
    files = {path.stem for path in (ROOT / "conf/formats").glob("*.toml")}
    assert files <= {known.name for known in FORMATS}
    unknown = {
        (name, kind)
        for name in files
        for kind in vendors_names(ROOT / "conf", name).values()
        if kind not in EVENT_TYPES
    }
    assert unknown == set()
