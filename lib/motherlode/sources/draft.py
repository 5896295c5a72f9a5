"""A first file conf/sources/NAME.toml for a sample that no source is declared for."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from motherlode.columns.identifiers import GLOBAL
from motherlode.contracts import silver
from motherlode.sources.format import Format
from motherlode.sources.mapping import CONTACT, IDENTIFIER, IDS, Meanings, meanings
from motherlode.sources.names import CURRENCIES
from motherlode.sources.table_sample import TableSample
from motherlode.sources.tabular import canonical_columns, required_columns
from motherlode.sources.vocabulary import CHANNELS, EVENT_TYPES

_CHANNEL_OF = {"sendgrid": "email", "mailchimp": "email"}
_KEYS = {
    silver.ORDER_LINES.name: ("order_id", "line_no"),
    silver.CONSENTS.name: ("id.*", "purpose", "occurred_at"),
    silver.SURVEY_ANSWERS.name: ("response_id", "question"),
    silver.IDENTITY_TRUTH.name: ("identifier_type", "value", "person"),
    silver.COUPONS.name: ("coupon_id", "product_id", "campaign_id"),
    silver.CAMPAIGNS.name: ("campaign_id",),
    silver.PRODUCTS.name: ("product_id",),
    silver.HOUSEHOLDS.name: ("id.household",),
    silver.CUSTOMERS.name: ("id.*", "occurred_at"),
    silver.EVENTS.name: ("id.*", "occurred_at", "type", "product_id", "page"),
}
"""By target the meanings whose columns tell a repeat; id.* is the first identifier that there is."""
_EXAMPLES = {
    "currency": "EUR", "quantity": "1", "occurred_at": "2024-01-31", "granted": "true", "purpose": "marketing",
    "line_no": "1", "question": "nps", "is_shared": "false", "scenario": "all",
}  # fmt: skip
_ALMOST = 0.99


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
        f"# Drafted from {_plain(file)}: {how_sure}. Look at what is marked with ?.",
        f'format = "{form.name}"',
        f"path = {_text(path_of(name, file))}{_below()}",
        f'target = "{form.targets[0].name}"',
    ]
    if "channel" in form.targets[0].columns:
        lines.append(_channel(_CHANNEL_OF.get(form.name, "web")))
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


def draft_of_table(name: str, file: str, table: TableSample, form: str = "csv") -> Draft:
    """For a table: its columns by their names and values."""
    found = meanings(table)
    return _Drafting(name, file, table, found, form).draft()


class _Drafting:
    """The lines of one draft; gathers what is missing."""

    def __init__(self, name: str, file: str, table: TableSample, found: Meanings, form: str) -> None:
        self.name, self.file, self.table, self.found, self.form = name, file, table, found, form
        self.target = found.target
        self.missing: list[str] = []
        self.constants: list[str] = []
        self.key = self._key()

    def draft(self) -> Draft:
        columns = self._columns()
        identifiers = self._identifiers()
        parts = [*self._head(), *identifiers, *columns]
        if self.constants:
            parts += ["", "[constants]                       # what the file does not say", *self.constants]
        parts += self._contacts()
        return Draft("\n".join(parts) + "\n", tuple(self.missing))

    def _head(self) -> list[str]:
        table, target = self.table, self.target
        lines = [
            f"# Drafted from {len(table.whole):,} rows of {_plain(self.file)}. Look at what is marked with ?.",
            f'format = "{self.form}"',
            f"path = {_text(path_of(self.name, self.file))}{_below()}",
            f'target = "{target.name}"{_note(f"? {target.doc}")}',
        ]
        if "channel" in target.columns:
            lines.append(_channel("store" if self.found.column("store_id") else "web"))
        times = [look for name, look in table.looks.items() if look.kind == "time" and name in self._used_for_times()]
        if any(look.zoneless for look in times):
            lines.append('# zone = "Europe/Berlin"         # ? of times without an offset; else that of business.zone')
        if patterns := list(dict.fromkeys(look.pattern for look in times if look.pattern)):
            unsure = any(look.is_ambiguous for look in times)
            how = _note("? day and month could also stand the other way round") if unsure else ""
            lines.append(f"time_formats = {_texts(patterns)}{how}")
        if self.key:
            share = table.share_unique(self.key)
            how = _note("? tells a repeat from a new row")
            if share < _ALMOST:
                how = _note(f"? of the sample's rows {1 - share:.0%} have the same as one before them")
            lines.append(f"key = {_texts(self.key)}{how}")
        else:
            self.missing.append("key")
            lines.append('# key = ["…"]                     # needed: the columns that tell a repeat from a new row')
        return lines

    def _used_for_times(self) -> set[str | None]:
        return {self.found.column(name) for name in ("occurred_at", "version_at", "known_at", "starts_on", "ends_on")}

    def _key(self) -> list[str]:
        """Columns of the target's key that are always filled; more of them only where fewer do not tell rows apart."""
        table = self.table
        own = self.found.column("event_id")
        if own and table.share_unique([own]) >= _ALMOST:
            return [own]
        first = next((f"{IDENTIFIER}{kind}" for kind in IDS if self._is_full(f"{IDENTIFIER}{kind}")), None)
        wanted = [first if meaning == "id.*" else meaning for meaning in _KEYS[self.target.name]]
        order = self.found.column("order_id")
        if self.target is silver.ORDER_LINES and not self.found.column("line_no"):
            wanted += ["product_id"] if order and table.share_unique([order]) < _ALMOST else []
        key: list[str] = []
        for meaning in wanted:
            if meaning is None or not self._is_full(meaning):
                continue
            key.append(str(self.found.column(meaning)))
            if self.target is silver.EVENTS and meaning != first and table.share_unique(key) == 1:
                break
        return list(dict.fromkeys(key))

    def _is_full(self, meaning: str) -> bool:
        column = self.found.column(meaning)
        return column is not None and self.table.looks[column].filled >= _ALMOST

    def _columns(self) -> list[str]:
        lines = []
        for meaning in canonical_columns(self.target):
            known = self.found.found.get(meaning)
            if known is None:
                continue
            if meaning == "type" and self.target is silver.EVENTS and not self._is_canonical(known.column):
                # Names that are not in the vocabulary: kept, and mapped by a person.
                if not self.found.column("name"):
                    lines.append(
                        f"name = {_text(known.column)}{_note('? to map its values: as `type`, with [events]')}"
                    )
                self.constants.append(
                    f'type = "other"{_note("? one of the vocabulary, where all rows are of one type")}'
                )
                continue
            note = f"? {known.why}" if known.why else ""
            if self.table.looks[known.column].kind == "words":
                note = "? its values are no true or false: write them so in the file"
            lines.append(f"{meaning} = {_text(known.column)}{_note(note)}")
        lines += self._needed()
        return ["", "[columns]", *lines] if lines else []

    def _is_canonical(self, column: str) -> bool:
        values = [value.strip() for value in self.table.column(column) if value.strip()]
        return all(value in EVENT_TYPES for value in values)

    def _needed(self) -> list[str]:
        """Guesses for what the target needs and no column says; what cannot be guessed is a commented line."""
        lines = []
        constant = {line.partition(" ")[0] for line in self.constants}
        for name in required_columns(self.target):
            if self.found.column(name) or name in constant:
                continue
            guess, why = self._guess(name)
            if guess and why.startswith("column"):
                lines.append(f"{name} = {_text(guess)}{_note('? ' + why.removeprefix('column '))}")
            elif guess:
                self.constants.append(f"{name} = {_text(guess)}{_note('? ' + why)}")
            else:
                self.missing.append(name)
                example = _EXAMPLES.get(name)
                lines.append(f'# {name} = "…"{_note("needed: the column that holds it")}')
                if example:
                    self.constants.append(f"# {name} = {_text(example)}{_note('or one value for all rows')}")
        if self.target is silver.ORDER_LINES and not (self.found.column("net") or self.found.column("gross")):
            self.missing.append("net or gross")
            lines.append(f'# net = "…"{_note("needed: the column of what was paid, or gross")}')
        return lines

    def _guess(self, name: str) -> tuple[str, str]:
        table, order = self.table, self.found.column("order_id")
        if name == "currency":
            said = {look.currency for look in table.looks.values() if look.currency}
            for column in table.header:
                said |= {code for code in CURRENCIES if code.lower() in re.split(r"[^a-z]+", column.lower())}
            return (said.pop(), "as its amounts say") if len(said) == 1 else ("", "")
        if name == "quantity" and self.target is silver.ORDER_LINES:
            return "1", "the file has no quantity"
        if name == "line_no" and order:
            product = self.found.column("product_id")
            if table.share_unique([order]) >= _ALMOST:
                return "1", "each order has one row"
            if product and self._is_full("product_id") and table.share_unique([order, product]) >= _ALMOST:
                return product, "column the file has no number of a line; an order has a product once"
        if name == "type" and self.target is silver.EVENTS:
            return "other", "one of the vocabulary, where all rows are of one type"
        return "", ""

    def _identifiers(self) -> list[str]:
        if "identifiers" not in self.target.columns or self.target is silver.IDENTITY_TRUTH:
            return []
        found = {kind: known for kind in IDS if (known := self.found.found.get(f"{IDENTIFIER}{kind}"))}
        lines = []
        for kind, known in found.items():
            note = f"? {known.why}" if known.why else ""
            if kind in ("crm_id", "user_id"):
                note = (
                    f"? or {'user_id, the account in the shop' if kind == 'crm_id' else 'crm_id, the one of the CRM'}"
                )
            lines.append(f"{kind} = {_text(known.column)}{_note(note)}")
        if not lines:
            if self.target is not silver.ORDER_LINES:
                self.missing.append("identifiers")
                lines = [f'# email = "…"{_note("needed: the column of at least one identifier")}']
            else:
                lines = ["# none was found: sales of nobody are kept, and teach little"]
        own = [kind for kind in found if kind not in GLOBAL]
        scopes = ["", "[scopes]                          # ? sources whose ids name the same people share a scope"]
        return ["", "[identifiers]", *lines, *([*scopes, *[f'# {kind} = "crm"' for kind in own]] if own else [])]

    def _contacts(self) -> list[str]:
        """Of customers as a draft; of other tables a person has to want them."""
        if "identifiers" not in self.target.columns or self.target is silver.IDENTITY_TRUTH:
            return []
        columns = {kind: self.found.column(f"{IDENTIFIER}{kind}") for kind in GLOBAL}
        columns["birth_date"] = self.found.column(f"{CONTACT}birth_date")
        names = [self.found.column(f"{CONTACT}{part}") for part in ("first_name", "last_name")]
        whole = self.found.column(f"{CONTACT}name")
        several = {"name": [name for name in names if name] or ([whole] if whole else [])}
        several["address"] = [
            c for part in ("street", "postcode", "city") if (c := self.found.column(f"{CONTACT}{part}"))
        ]
        lines = [f"{kind} = {_text(column)}" for kind, column in columns.items() if column]
        lines += [f"{kind} = {_texts(parts)}" for kind, parts in several.items() if parts]
        if not lines:
            return []
        if self.target is silver.CUSTOMERS:
            return ["", "[contacts]                        # kept encrypted, in silver.contacts alone", *lines]
        return [
            "",
            "# ? Kept encrypted, in silver.contacts alone, if you take away the marks:",
            "# [contacts]",
            *[f"# {line}" for line in lines],
        ]


def _channel(guess: str) -> str:
    return (
        f'channel = "{guess}"{_note("? or " + ", ".join(name for name in list(CHANNELS)[:6] if name != guess) + " …")}'
    )


def _plain(file: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in file)


def _below() -> str:
    return _note("? below the landing folder")


def _note(text: str) -> str:
    return f"    # {text}" if text else ""


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"
