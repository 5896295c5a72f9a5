"""What rows rest on, worked out by pandas: stated here a second time, apart from the contracts and from Spark."""

from collections.abc import Callable, Iterable
from functools import partial

import pandas as pd

from motherlode.contracts.catalogue import TABLES
from tests.e2e.world import World

Frame = pd.DataFrame
Mask = pd.Series
RECORD = ("source", "batch", "file", "offset")
CUSTOMER_DAY = ("customer_id", "day")


def _tuples(rows: Frame, columns: Iterable[str]) -> list[tuple[object, ...]]:
    return list(rows[list(columns)].itertuples(index=False, name=None))


def _same(*columns: str, here: Frame, there: Frame) -> Mask:
    wanted = set(_tuples(here, columns))
    return pd.Series([values in wanted for values in _tuples(there, columns)], index=there.index, dtype=bool)


def _in_turn(here: Frame, there: Frame) -> Mask:
    """Records of an identifier while it was the customer's."""
    turns: dict[str, list[tuple[object, object]]] = {}
    for identifier, first, end in _tuples(here, ("identifier", "valid_from", "valid_to")):
        turns.setdefault(str(identifier), []).append((first, end))
    found = [
        any(first <= at < end for first, end in turns.get(identifier, []))  # type: ignore[operator]
        for identifier, at in _tuples(there, ("identifier", "occurred_at"))
    ]
    return pd.Series(found, index=there.index, dtype=bool)


def _household(here: Frame, there: Frame) -> Mask:
    return there.identifier.isin(set(here.household.dropna()))


def _up_to(column: str, *same: str, here: Frame, there: Frame) -> Mask:
    """Rows of the same, not later than the latest date that stands with it."""
    latest: dict[tuple[object, ...], object] = {}
    for *key, until in _tuples(here, (*same, column)):
        latest[tuple(key)] = max(latest.get(tuple(key), until), until)  # type: ignore[call-overload]
    found = [
        tuple(key) in latest and day <= latest[tuple(key)]  # type: ignore[operator]
        for *key, day in _tuples(there, (*same, "day"))
    ]
    return pd.Series(found, index=there.index, dtype=bool)


def _complete(here: Frame, there: Frame) -> Mask:
    """Baskets that hold all that a rule names."""
    rules = [({*a, *c}, until) for a, c, until in _tuples(here, ("antecedent", "consequent", "as_of"))]
    found = [
        any(day <= until and items <= set(types) for items, until in rules)
        for types, day in _tuples(there, ("product_types", "day"))
    ]
    return pd.Series(found, index=there.index, dtype=bool)


_record = partial(_same, *RECORD)
_scored = partial(_same, "as_of", "customer_id")
_mine = partial(_same, "customer_id")
# Right to left: a table comes after all that rest on it.
RESTS_ON: dict[str, dict[str, Callable[..., Mask]]] = {
    "serving.association_rules": {"mining.association_rules": partial(_same, "as_of", "rule_id")},
    "serving.recommendations": {
        "mining.recommendations": partial(_same, "as_of", "customer_id", "rank"),
        "silver.products": partial(_same, "product_id"),
    },
    "serving.customer_segments": {"mining.segments": _scored},
    "serving.churn_scores": {"mining.churn_scores": _scored},
    "serving.customer_profile": {
        "identity.customers": _mine,
        "identity.consents": _mine,
        "features.customer_features": _scored,
        "mining.segments": _scored,
        "mining.churn_scores": _scored,
    },
    "serving.model_quality": {
        "features.customer_days": partial(_up_to, "trained_as_of"),
        "features.baskets": partial(_up_to, "trained_as_of"),
    },
    "serving.ingest_accounting": {
        "bronze.records": partial(_same, "source", "batch"),
        "bronze.quarantine": partial(_same, "source", "batch"),
    },
    "serving.data_quality": {"silver.data_quality": partial(_same, "source", "day", "rule", "field")},
    "mining.association_rules": {"features.baskets": _complete},
    "mining.recommendations": {
        "features.interactions": partial(_up_to, "as_of", "customer_id"),
        "silver.products": partial(_same, "product_id"),
    },
    "mining.segments": {"features.customer_features": _scored},
    "mining.churn_scores": {"features.customer_features": _scored},
    "features.customer_features": {"features.customer_days": partial(_up_to, "as_of", "customer_id")},
    "features.customer_days": {
        "features.customer_events": partial(_same, *CUSTOMER_DAY),
        "features.basket_changes": partial(_same, *CUSTOMER_DAY, "known_on"),
    },
    "features.interactions": {
        "features.customer_events": partial(_same, *CUSTOMER_DAY, "product_id"),
        "features.basket_items": partial(_same, *CUSTOMER_DAY, "product_id"),
    },
    "features.customer_events": {"silver.events": partial(_same, "row_id")},
    "features.baskets": {"silver.orders": partial(_same, "order_id")},
    "features.basket_items": {"silver.orders": partial(_same, "order_id")},
    "features.basket_changes": {"silver.order_lines": partial(_same, "order_id")},
    "identity.customers": {"identity.customer_map": _mine, "silver.households": _household},
    "identity.consents": {"identity.customer_map": _mine},
    "identity.customer_map": {
        f"silver.{name}": _in_turn for name in ("events", "order_lines", "customers", "consents", "survey_answers")
    },
    "silver.data_quality": {"silver.quality_counts": partial(_same, "source", "day")},
    "silver.quality_counts": {
        "bronze.records": partial(_same, "source", "batch", "file"),
        "bronze.quarantine": partial(_same, "source", "batch", "file"),
    },
    "silver.orders": {"silver.order_lines": partial(_same, "order_id", "version_at")},
    **{
        f"silver.{name}": {"bronze.records": _record}
        for name in ("events", "order_lines", "customers", "consents", "survey_answers", "households", "products")
    },
    "bronze.records": {"bronze.files": partial(_same, "batch", "file")},
    "bronze.quarantine": {"bronze.files": partial(_same, "batch", "file")},
}


class Lineage:
    """The small world's tables in pandas, each read once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.frames: dict[str, Frame] = {}

    def frame(self, name: str) -> Frame:
        if name not in self.frames:
            rows = self.world.context.warehouse.newest(TABLES[name])
            # As objects: pandas' own times end before the year 9999, which stands for no end.
            table = rows.drop("raw", "header", "content").toArrow()
            self.frames[name] = table.to_pandas(timestamp_as_object=True)
        return self.frames[name]

    def walk(self, name: str, start: Mask) -> dict[str, Frame]:
        """Every table that these rows rest on, with the rows of it."""
        found = {name: start}
        for table, lefts in RESTS_ON.items():
            if table not in found or not found[table].any():
                continue
            here = self.frame(table)[found[table]]
            for left, rests in lefts.items():
                mask = rests(here=here, there=self.frame(left))
                found[left] = mask | found[left] if left in found else mask
        return {table: self.frame(table)[mask] for table, mask in found.items()}
