"""A first file conf/sources/NAME.toml for a sample that no source is declared for."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from motherlode.columns.identifiers import GLOBAL
from motherlode.contracts import silver
from motherlode.sources.format import Format
from motherlode.sources.vocabulary import CHANNELS

_CHANNEL_OF = {"sendgrid": "email", "mailchimp": "email"}


@dataclass(frozen=True)
class Draft:
    """Args: toml: ready to be saved; missing: what a person has to fill in before it can be used."""

    toml: str
    missing: tuple[str, ...] = ()


def path_of(source: str, file: str) -> str:
    """A glob for the files like this one: digits, dates and hexadecimal names are `*`."""
    stem, dot, end = file.removesuffix(".gz").partition(".")
    stem = re.sub(r"([*?\[])", r"[\1]", stem)
    stem = re.sub(r"(?<![A-Za-z0-9])[0-9a-f]{8,}(?:-[0-9a-f]{4,})*(?![A-Za-z0-9])", "*", stem)
    stem = re.sub(r"\d+(?:[-_.T:]?\d+)*Z?", "*", stem)
    stem = re.sub(r"\*(?:[-_.]?\*)+", "*", stem)
    # What follows the first dot may be a date or a number too: web.2024-01-31.jsonl.
    end = re.sub(r"\d+(?:[-_.]?\d+)*", "*", end)
    return f"{source}/{stem}{dot}{end}"


def draft_of_records(name: str, file: str, form: Format, how_sure: str) -> Draft:
    """For a format that knows its own fields."""
    kinds = [kind for kind in form.identifiers if kind not in (*GLOBAL, "order", "cart")]
    lines = [
        f"# Drafted from {plain(file)}: {how_sure}. Look at what is marked with ?.",
        f'format = "{form.name}"',
        f"path = {text(path_of(name, file))}{below()}",
        f'target = "{form.targets[0].name}"',
    ]
    if "channel" in form.targets[0].columns:
        lines.append(channel(_CHANNEL_OF.get(form.name, "web")))
    lines += ['# zone = "Europe/Berlin"         # of times without an offset; without it that of business.zone']
    if kinds:
        lines += [
            "",
            "# ? Sources whose ids name the same people or browsers share a scope; else each has its own.",
            "[scopes]",
        ]
        lines += [f'# {kind} = "shop"' for kind in kinds]
    if form.targets[0] is silver.EVENTS:
        lines += ["", "# Your own names of events, to the types in lib/motherlode/sources/vocabulary.py.", "[events]"]
    return Draft("\n".join(lines) + "\n")


def channel(guess: str) -> str:
    """The line of the channel, with the others that there are."""
    return (
        f'channel = "{guess}"{note("? or " + ", ".join(name for name in list(CHANNELS)[:6] if name != guess) + " …")}'
    )


def plain(file: str) -> str:
    """A file's name as a comment can hold it."""
    return "".join(char if char.isprintable() else "?" for char in file)


def below() -> str:
    """The comment of a path."""
    return note("? below the landing folder")


def note(words: str) -> str:
    """A comment behind a line."""
    return f"    # {words}" if words else ""


def text(value: str) -> str:
    """A value as TOML writes it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def texts(values: Sequence[str]) -> str:
    """Several."""
    return f"[{', '.join(map(text, values))}]"
