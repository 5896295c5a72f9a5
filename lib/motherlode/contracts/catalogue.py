"""Every declared table and model, by full name; origins are checked against it at import."""

from difflib import get_close_matches

from motherlode.contracts import activation, bronze, exports, features, identity, mining, quality, serving, silver
from motherlode.contracts.documents import Document
from motherlode.contracts.fields import ContractError
from motherlode.contracts.models import Model
from motherlode.contracts.tables import Table, index

TABLES: dict[str, Table] = index(
    [
        *bronze.TABLES,
        *silver.TABLES,
        *quality.TABLES,
        *exports.TABLES,
        *identity.TABLES,
        *features.TABLES,
        *mining.TABLES,
        *serving.TABLES,
    ]
)
MODELS: dict[str, Model] = {model.full_name: model for model in mining.MODELS}
DOCUMENTS: dict[str, Document] = {document.full_name: document for document in activation.DOCUMENTS}


def find_table(full_name: str) -> Table:
    """The table `layer.name`, or `name` where one layer has it or serving has it too; else ContractError."""
    if full_name in TABLES:
        return TABLES[full_name]
    same = [name for name in TABLES if name.endswith(f".{full_name}")]
    if f"serving.{full_name}" in same:
        return TABLES[f"serving.{full_name}"]
    if len(same) == 1:
        return TABLES[same[0]]
    same = same or get_close_matches(full_name.lower(), TABLES, n=3)
    hint = f"did you mean {' or '.join(same)}?" if same else "docs/tables.md has them all"
    raise ContractError(f"no table {full_name!r}: {hint}")


def _check_origins() -> None:
    for table in TABLES.values():
        for origin in table.made_from:
            left = find_table(origin.table)
            if left.layer > table.layer:
                raise ContractError(f"{table.full_name}: made from {left.full_name}, which lies to its right")
            for _, column in origin.pairs:
                left[column]


_check_origins()
