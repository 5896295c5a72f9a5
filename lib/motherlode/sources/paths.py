"""Where in a record a value stands: `context.page.url`, `line_items[].price`, `items[]` for texts in a list."""

from collections.abc import Iterable

from pyspark.sql import Column

LIST = "[]"


def ddl(paths: Iterable[str]) -> str:
    """The schema that holds a text at each path, for reading JSON."""
    return ", ".join(f"`{name}` {_type(inner)}" for name, inner in _tree(paths).items())


def type_at(paths: Iterable[str], name: str) -> str:
    """The type of what stands under a name at the top."""
    return _type(_tree(paths)[name])


def _tree(paths: Iterable[str]) -> dict[str, list[str]]:
    """What lies below each first part, in the order of the paths; nothing below a text."""
    found: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        name = head.removesuffix(LIST)
        below = found.setdefault(name, [])
        if head.endswith(LIST):
            below.append(f"{LIST}{rest}")
        elif rest:
            below.append(rest)
    return found


def _type(inner: list[str]) -> str:
    if not inner:
        return "string"
    if inner[0].startswith(LIST):
        elements = [path.removeprefix(LIST) for path in inner if path != LIST]
        return f"array<{_type(elements)}>"
    return f"struct<{', '.join(f'`{name}`: {_type(below)}' for name, below in _tree(inner).items())}>"


def at(record: Column, path: str) -> Column:
    """The value at a path; of one within a list the list, whole."""
    value = record
    for part in path.partition(LIST)[0].split("."):
        value = value.getField(part)
    return value
