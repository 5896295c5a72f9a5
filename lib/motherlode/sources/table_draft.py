"""The draft of a source of tables: what each column is, and what a person has to decide."""

import re
from dataclasses import dataclass

from motherlode.columns.identifiers import GLOBAL
from motherlode.contracts import silver
from motherlode.sources.draft import Draft, below, channel, note, path_of, plain, text, texts
from motherlode.sources.mapping import ALMOST, CONTACT, IDENTIFIER, IDS, Meanings, is_full, key_of, meanings
from motherlode.sources.names import CURRENCIES
from motherlode.sources.table_sample import TableSample
from motherlode.sources.tabular import canonical_columns, required_columns
from motherlode.sources.vocabulary import EVENT_TYPES

_EXAMPLES = {
    "currency": "EUR", "quantity": "1", "occurred_at": "2024-01-31", "granted": "true", "purpose": "marketing",
    "line_no": "1", "question": "nps", "is_shared": "false", "scenario": "all",
}  # fmt: skip


def draft_of_table(name: str, file: str, table: TableSample, form: str = "csv") -> Draft:
    """For a table: its columns by their names and values."""
    found = meanings(table)
    return _Drafting(name, file, table, found, form).draft()


@dataclass(frozen=True)
class _Guess:
    """A constant, or a column, for what the target needs and no column says."""

    value: str
    why: str
    is_column: bool = False


class _Drafting:
    """The lines of one draft; gathers what is missing."""

    def __init__(self, name: str, file: str, table: TableSample, found: Meanings, form: str) -> None:
        self.name, self.file, self.table, self.found, self.form = name, file, table, found, form
        self.target = found.target
        self.missing: list[str] = []
        self.constants: list[str] = []
        self.key = key_of(table, found)

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
            f"# Drafted from {len(table.whole):,} rows of {plain(self.file)}. Look at what is marked with ?.",
            f'format = "{self.form}"',
            f"path = {text(path_of(self.name, self.file))}{below()}",
            f'target = "{target.name}"{note(f"? {target.doc}")}',
        ]
        if "channel" in target.columns:
            lines.append(channel("store" if self.found.column("store_id") else "web"))
        times = [look for name, look in table.looks.items() if look.kind == "time" and name in self._used_for_times()]
        if any(look.zoneless for look in times):
            lines.append('# zone = "Europe/Berlin"         # ? of times without an offset; else that of business.zone')
        if patterns := list(dict.fromkeys(look.pattern for look in times if look.pattern)):
            unsure = any(look.is_ambiguous for look in times)
            how = note("? day and month could also stand the other way round") if unsure else ""
            lines.append(f"time_formats = {texts(patterns)}{how}")
        if self.key:
            share = table.share_unique(self.key)
            how = note("? tells a repeat from a new row")
            if share < ALMOST:
                how = note(f"? of the sample's rows {1 - share:.0%} have the same as one before them")
            lines.append(f"key = {texts(self.key)}{how}")
        else:
            self.missing.append("key")
            lines.append('# key = ["…"]                     # needed: the columns that tell a repeat from a new row')
        lines.append('# export = "full"                 # ? if each file is the whole table')
        return lines

    def _used_for_times(self) -> set[str | None]:
        return {self.found.column(name) for name in ("occurred_at", "version_at", "known_at", "starts_on", "ends_on")}

    def _columns(self) -> list[str]:
        lines = []
        for meaning in canonical_columns(self.target):
            known = self.found.found.get(meaning)
            if known is None:
                continue
            if meaning == "type" and self.target is silver.EVENTS and not self._is_canonical(known.column):
                # Names that are not in the vocabulary: kept, and mapped by a person.
                if not self.found.column("name"):
                    lines.append(f"name = {text(known.column)}{note('? to map its values: as `type`, with [events]')}")
                self.constants.append(
                    f'type = "other"{note("? one of the vocabulary, where all rows are of one type")}'
                )
                continue
            remark = f"? {known.why}" if known.why else ""
            if meaning == "status":
                remark = "? cancelled and voided count as not bought, all others as bought"
            if self.table.looks[known.column].kind == "words":
                remark = "? its values are no true or false: write them so in the file"
            lines.append(f"{meaning} = {text(known.column)}{note(remark)}")
        lines += self._needed()
        return ["", "[columns]", *lines] if lines else []

    def _is_canonical(self, column: str) -> bool:
        values = [value.strip() for value in self.table.column(column) if value.strip()]
        return all(value in EVENT_TYPES for value in values)

    def _needed(self) -> list[str]:
        """Guesses for what the target needs and no column says; what cannot be guessed is a commented line."""
        lines: list[str] = []
        constant = {line.partition(" ")[0] for line in self.constants}
        for name in required_columns(self.target):
            if self.found.column(name) or name in constant:
                continue
            guess = self._guess(name)
            if guess:
                line = f"{name} = {text(guess.value)}{note('? ' + guess.why)}"
                (lines if guess.is_column else self.constants).append(line)
            else:
                self.missing.append(name)
                example = _EXAMPLES.get(name)
                lines.append(f'# {name} = "…"{note("needed: the column that holds it")}')
                if example:
                    self.constants.append(f"# {name} = {text(example)}{note('or one value for all rows')}")
        if self.target is silver.ORDER_LINES and not (self.found.column("net") or self.found.column("gross")):
            self.missing.append("net or gross")
            lines.append(f'# net = "…"{note("needed: the column of what was paid, or gross")}')
        return lines

    def _guess(self, name: str) -> "_Guess | None":
        table, order = self.table, self.found.column("order_id")
        if name == "currency":
            said = {look.currency for look in table.looks.values() if look.currency}
            for column in table.header:
                said |= {code for code in CURRENCIES if code.lower() in re.split(r"[^a-z]+", column.lower())}
            return _Guess(said.pop(), "as its amounts say") if len(said) == 1 else None
        if name == "quantity" and self.target is silver.ORDER_LINES:
            return _Guess("1", "the file has no quantity")
        if name == "line_no" and order:
            product = self.found.column("product_id")
            if table.share_unique([order]) >= ALMOST:
                return _Guess("1", "each order has one row")
            is_listed = product and is_full(table, self.found, "product_id")
            if product and is_listed and table.share_unique([order, product]) >= ALMOST:
                return _Guess(product, "the file has no number of a line; an order has a product once", is_column=True)
        if name == "type" and self.target is silver.EVENTS:
            return _Guess("other", "one of the vocabulary, where all rows are of one type")
        return None

    def _identifiers(self) -> list[str]:
        if "identifiers" not in self.target.columns or self.target is silver.IDENTITY_TRUTH:
            return []
        found = {kind: known for kind in IDS if (known := self.found.found.get(f"{IDENTIFIER}{kind}"))}
        lines = []
        for kind, known in found.items():
            remark = f"? {known.why}" if known.why else ""
            if kind in ("crm_id", "user_id"):
                remark = (
                    f"? or {'user_id, the account in the shop' if kind == 'crm_id' else 'crm_id, the one of the CRM'}"
                )
            lines.append(f"{kind} = {text(known.column)}{note(remark)}")
        if not lines:
            if self.target is not silver.ORDER_LINES:
                self.missing.append("identifiers")
                lines = [f'# email = "…"{note("needed: the column of at least one identifier")}']
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
        lines = [f"{kind} = {text(column)}" for kind, column in columns.items() if column]
        lines += [f"{kind} = {texts(parts)}" for kind, parts in several.items() if parts]
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
