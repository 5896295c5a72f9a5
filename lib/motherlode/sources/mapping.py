"""Which column of a table is what: by names, and by values where names say nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.looks import Look
from motherlode.sources.names import bare, likeness
from motherlode.sources.table_sample import TableSample
from motherlode.sources.tabular import canonical_columns

IDENTIFIER, CONTACT = "id.", "contact."
LEAST = 0.65
_AMOUNTS = frozenset({"integer", "decimal", "local_amount"})
_REAL = frozenset({"decimal", "local_amount"})
_TIMES = frozenset({"time"})
EXPECTED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("occurred_at", "version_at", "known_at", "starts_on", "ends_on"), _TIMES),
    **dict.fromkeys(("net", "gross", "discount", "tax", "revenue", "quantity"), _AMOUNTS),
    **dict.fromkeys(("granted", "is_test", "is_shared"), frozenset({"boolean", "words", "integer"})),
    "currency": frozenset({"currency"}),
    "id.email": frozenset({"email"}),
    "id.phone": frozenset({"phone", "integer", "text"}),
    "contact.birth_date": frozenset({"time"}),
}
"""What the values of a column with that meaning look like, where that is told."""
_NOT = {
    **dict.fromkeys(("id.user_id", "id.crm_id", "id.loyalty_card", "id.cookie", "id.device"), _TIMES | {"boolean"}),
    **dict.fromkeys(("order_id", "line_no", "product_id", "store_id", "coupon_id", "campaign_id"), _TIMES),
}
_NO_TOTAL = re.compile(
    r"unit|each|einzel|stueckpreis|tax|mwst|vat|steuer|shipping|versand|porto|cost|kosten|stock|bestand"
)
"""In names of amounts that are not what a line came to."""
IDS = ("user_id", "crm_id", "loyalty_card", "email", "phone", "device", "cookie", "household")
CONTACTS = ("first_name", "last_name", "name", "street", "postcode", "city", "birth_date")
_PEOPLE = frozenset({"id.user_id", "id.crm_id", "id.loyalty_card", "id.email", "id.phone"})
SIGNS: Sequence[tuple[Table, Sequence[frozenset[str]]]] = (
    (silver.IDENTITY_TRUTH, [frozenset({"identifier_type"}), frozenset({"value"}), frozenset({"person"})]),
    (silver.SURVEY_ANSWERS, [frozenset({"question"}), frozenset({"answer"})]),
    (silver.COUPONS, [frozenset({"coupon_id"}), frozenset({"product_id"}), frozenset({"campaign_id"})]),
    (silver.ORDER_LINES, [frozenset({"order_id"}), frozenset({"net", "gross"})]),
    (silver.CONSENTS, [frozenset({"granted"}), _PEOPLE]),
    (silver.CAMPAIGNS, [frozenset({"campaign_id"}), frozenset({"starts_on", "ends_on", "campaign_type"})]),
    (silver.PRODUCTS, [frozenset({"product_id"}), frozenset({"department", "brand", "category", "package_size"})]),
    (silver.HOUSEHOLDS, [frozenset({"id.household"}), frozenset({"age", "income", "marital_status", "kids_count"})]),
    (silver.CUSTOMERS, [_PEOPLE, frozenset({f"contact.{part}" for part in CONTACTS})]),
    (silver.CUSTOMERS, [frozenset({"id.crm_id"}), frozenset({"id.email", "id.phone"})]),
    (silver.EVENTS, []),
)
"""Targets by what tells them, one of each group: the first that has all is taken."""


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
ALMOST = 0.99
"""A share that is as good as all."""


@dataclass(frozen=True)
class Found:
    """A column for a meaning.

    Args:
        why: how it was found, where not by its very name.
    """

    column: str
    why: str = ""


@dataclass(frozen=True)
class Meanings:
    """What the columns of a table are, for a target: meaning to column."""

    target: Table
    found: Mapping[str, Found] = field(default_factory=dict)

    def column(self, meaning: str) -> str | None:
        """The column of a meaning."""
        known = self.found.get(meaning)
        return known.column if known else None


def meanings(table: TableSample) -> Meanings:
    """The target that the columns tell, and what each is for it."""
    for target, signs in SIGNS:
        found = _assigned(table, target)
        if all(group & set(found) for group in signs):
            break
    return Meanings(target, found)


def _assigned(table: TableSample, target: Table) -> dict[str, Found]:
    """The best column for each meaning; each column has one, the best pairs first."""
    has_people = "identifiers" in target.columns and target is not silver.IDENTITY_TRUTH
    own = [name for name in canonical_columns(target) if not (name == "household" and has_people)]
    # What the file says beside an amount of money is no identifier of a person.
    people = [f"{IDENTIFIER}{kind}" for kind in IDS] + [f"{CONTACT}{part}" for part in CONTACTS]
    wanted = [*own, *(people if has_people else [])] + (["event_id"] if target is silver.EVENTS else [])
    pairs = sorted(
        (
            (_fit(name, look, meaning), -place, meaning, name)
            for place, (name, look) in enumerate(table.looks.items())
            for meaning in wanted
        ),
        reverse=True,
    )
    found: dict[str, Found] = {}
    used: set[str] = set()
    for fit, _, meaning, name in pairs:
        if fit >= LEAST and meaning not in found and name not in used:
            found[meaning] = Found(name, "" if fit > 0.97 else "by the likeness of its name")
            used.add(name)
    for meaning, kinds in (("id.email", {"email"}), ("occurred_at", _TIMES), ("id.phone", {"phone"}), ("net", _REAL)):
        left = [
            name
            for name, look in table.looks.items()
            if name not in used and look.kind in kinds and not _NO_TOTAL.search(bare(name))
        ]
        # Two that could be it are for a person to decide.
        sure = len(left) == 1 or (left and meaning == "occurred_at")
        if meaning in wanted and meaning not in found and sure and not (meaning == "net" and "gross" in found):
            found[meaning] = Found(left[0], "by its values")
            used.add(left[0])
    return found


def _fit(name: str, look: Look, meaning: str) -> float:
    expected = EXPECTED.get(meaning)
    if look.kind and ((expected and look.kind not in expected) or look.kind in _NOT.get(meaning, ())):
        return 0.0
    if meaning in ("net", "gross", "revenue", "discount", "tax") and _NO_TOTAL.search(bare(name)):
        return 0.0
    named = likeness(name, meaning)
    # Where values speak for it, a name need only hint.
    return min(1.0, named + (0.02 if expected and look.kind in expected else 0.0)) if named else 0.0


def key_of(table: TableSample, known: Meanings) -> list[str]:
    """Columns of the target's key that are always filled; of events only as many as tell the rows apart."""
    own = known.column("event_id")
    if own and table.share_unique([own]) >= ALMOST:
        return [own]
    people = [f"{IDENTIFIER}{kind}" for kind in IDS]
    first = next((meaning for meaning in people if is_full(table, known, meaning)), None)
    wanted = [first if meaning == "id.*" else meaning for meaning in _KEYS[known.target.name]]
    order = known.column("order_id")
    if known.target is silver.ORDER_LINES and not known.column("line_no"):
        wanted += ["product_id"] if order and table.share_unique([order]) < ALMOST else []
    key: list[str] = []
    for meaning in wanted:
        if meaning is None or not is_full(table, known, meaning):
            continue
        key.append(str(known.column(meaning)))
        if known.target is silver.EVENTS and meaning != first and table.share_unique(key) == 1:
            break
    return list(dict.fromkeys(key))


def is_full(table: TableSample, known: Meanings, meaning: str) -> bool:
    """Whether its column has a value in as good as every row."""
    column = known.column(meaning)
    return column is not None and table.looks[column].filled >= ALMOST
