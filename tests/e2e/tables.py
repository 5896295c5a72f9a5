"""Tables as plain rows, to be compared."""

from typing import Any

from motherlode.contracts.tables import Table
from motherlode.runner.context import Context


def rows_of(
    context: Context, table: Table, where: str = "true", leave_out: tuple[str, ...] = ()
) -> list[tuple[Any, ...]]:
    """The multiset of rows, without volatile columns."""
    columns = [name for name in table.stable_columns if name not in leave_out]
    rows = context.warehouse.newest(table).where(where).select(*columns).collect()
    return sorted((tuple(map(_plain, row)) for row in rows), key=repr)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_plain, value))
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return round(value, 9) if isinstance(value, float) else value
