"""`explain TABLE KEY`: from one row back, table by table, to the raw records that it rests on.

Each step is one semi-join by what the contract's `made_from` says; nothing but examples is collected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from graphlib import TopologicalSorter

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.bronze import RECORDS
from motherlode.contracts.catalogue import TABLES
from motherlode.contracts.tables import Origin, Table
from motherlode.errors import UsageError
from motherlode.runner import show
from motherlode.runner.context import Context

_EXAMPLES = 3


@dataclass(frozen=True)
class Step:
    """One table on the way: the rows that the explained row rests on."""

    table: Table
    rows: DataFrame
    count: int


def walk(context: Context, table: Table, key: Column) -> list[Step]:
    """Every table that the rows of `table` with `key` rest on, from right to left.

    Args:
        key: a condition on the table's columns.
    """
    found: dict[str, list[DataFrame]] = {table.full_name: [context.warehouse.newest(table).where(key)]}
    steps: list[Step] = []
    for name in _leftwards(table):
        parts = found.pop(name, None)
        if parts is None:
            continue
        here = TABLES[name]
        rows = reduce(DataFrame.unionByName, parts)
        if len(parts) > 1:
            rows = rows.dropDuplicates(list(here.key))
        rows = rows.persist()
        count = rows.count()
        steps.append(Step(here, rows, count))
        if count:
            for origin in here.made_from:
                left = _rests_on(context.warehouse.newest(TABLES[origin.table]), rows, origin)
                found.setdefault(origin.table, []).append(left)
    return steps


def _rests_on(there: DataFrame, here: DataFrame, origin: Origin) -> DataFrame:
    """The rows to the left that `origin` connects to the rows here."""
    mine = here.select(
        *[F.col(name).alias(f"_here_{name}") for name in dict.fromkeys(h for h, _ in origin.pairs)]
    ).distinct()
    conditions: list[Column] = [F.col(f"_here_{h}").eqNullSafe(F.col(t)) for h, t in origin.on]
    conditions += [F.size(F.array_except(f"_here_{h}", t)) == 0 for h, t in origin.contains]
    if origin.until:
        conditions.append(F.col(origin.until[1]) <= F.col(f"_here_{origin.until[0]}").cast("date"))
    if origin.during:
        first, end, time = origin.during
        conditions += [F.col(time) >= F.col(f"_here_{first}"), F.col(time) < F.col(f"_here_{end}")]
    return there.join(mine, on=reduce(Column.__and__, conditions), how="left_semi")


def _leftwards(table: Table) -> list[str]:
    """The table and all that it is made from, each before its origins."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    pending, seen = [table], set()
    while pending:
        here = pending.pop()
        if here.full_name in seen:
            continue
        seen.add(here.full_name)
        sorter.add(here.full_name)
        for origin in here.made_from:
            sorter.add(origin.table, here.full_name)
            pending.append(TABLES[origin.table])
    return list(sorter.static_order())


def key_condition(table: Table, texts: Sequence[str]) -> Column:
    """The condition that a KEY of the command line stands for.

    Raises:
        UsageError: it names another column, or has too few or too many values.
    """
    parts = [part.strip() for text in texts for part in text.split(",")]
    if all("=" in part for part in parts):
        given = dict(part.split("=", 1) for part in parts)
        if unknown := sorted(set(given) - set(table.columns)):
            raise UsageError(f"{table.full_name} has no {', '.join(unknown)}; its key: {', '.join(table.key)}")
    elif len(parts) == len(table.key):
        given = dict(zip(table.key, parts, strict=True))
    else:
        raise UsageError(f"{table.full_name}: the key has {len(table.key)} values: {','.join(table.key)}")
    return reduce(Column.__and__, [F.col(name).cast("string") == F.lit(value) for name, value in given.items()])


def explain(context: Context, table: Table, key: Sequence[str]) -> None:
    """Print the walk; without a key, how one looks.

    Raises:
        UsageError: there is no such table yet, or no such row.
    """
    if context.warehouse.version(table) is None:
        raise UsageError(f"{table.full_name}: not written yet; run the pipeline first")
    examples = [
        ",".join(map(str, row)) for row in context.warehouse.newest(table).select(*table.key).limit(_EXAMPLES).collect()
    ]
    if not key:
        show.out.print(f"{table.full_name}: {table.doc}\nkey: {','.join(table.key)}", markup=False)
        show.out.print("such as: " + (" · ".join(examples) or "none yet: the table is empty"), markup=False)
        return
    steps = walk(context, table, key_condition(table, key))
    if not steps[0].count:
        raise UsageError(f"{table.full_name}: no row with {' '.join(key)}; such as: {' · '.join(examples)}")
    for step in steps:
        _print(step)
    records = next((step for step in steps if step.table is RECORDS), None)
    if records is None or not records.count:
        show.out.print("No raw record is left in bronze.", markup=False)


def _print(step: Step) -> None:
    table = step.table
    rows = "row" if step.count == 1 else "rows"
    show.out.print(f"{table.full_name:<32} {step.count:>10,} {rows:<5} {table.doc}", markup=False)
    shown = [field.name for field in table.fields if not field.pii and field.name != "row_id"][:8]
    for row in step.rows.orderBy(*table.key).select(*shown).limit(_EXAMPLES).collect():
        values = "  ".join(f"{name}={value}" for name, value in row.asDict().items() if value is not None)
        show.out.print(f"    {values[:150]}", markup=False)
    if step.count > _EXAMPLES:
        show.out.print(f"    … and {step.count - _EXAMPLES:,} more", markup=False)
