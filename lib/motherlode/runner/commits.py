"""What the commits of a Delta table say of themselves: read from the log's files, without a Spark job."""

import json
from dataclasses import dataclass, field
from typing import Any

UPKEEP = frozenset(
    {
        "OPTIMIZE",
        "VACUUM START",
        "VACUUM END",
        "CREATE TABLE",
        "ADD COLUMNS",
        "CHANGE COLUMN",
        "CLUSTER BY",
        "SET TBLPROPERTIES",
        "UNSET TBLPROPERTIES",
        "REORG",
    }
)
"""Operations after which a table holds the rows that it held."""


@dataclass(frozen=True)
class Commit:
    """One commit.

    Args:
        operation: as Delta names it: WRITE, MERGE, OPTIMIZE …; empty where the log is too old to say.
        milliseconds: when, since 1970.
        applications: the transactions that it carries, to their versions.
    """

    version: int
    operation: str = ""
    milliseconds: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)
    applications: dict[str, int] = field(default_factory=dict)

    @property
    def is_upkeep(self) -> bool:
        return self.operation in UPKEEP

    @property
    def rows_in_words(self) -> str:
        """How many rows it wrote, changed and deleted, as far as it says."""
        if self.operation == "MERGE":
            kinds = {"+": "numTargetRowsInserted", "~": "numTargetRowsUpdated", "-": "numTargetRowsDeleted"}
            return " ".join(f"{sign}{self.metrics.get(name, 0):,}" for sign, name in kinds.items())
        if self.operation == "DELETE":
            return f"-{self.metrics.get('numDeletedRows', 0):,}"
        written = self.metrics.get("numOutputRows")
        return "" if written is None or self.is_upkeep else f"+{written:,}"

    def rows_after(self, rows: int) -> int | None:
        """Rows that it leaves of a table of `rows`; None where it does not say."""
        if self.is_upkeep:
            return rows
        match self.operation, self.parameters.get("mode"):
            case ("WRITE", "Append"):
                written = self.metrics.get("numOutputRows")
                return None if written is None else rows + written
            case ("WRITE", "Overwrite") if rows == 0 or "predicate" not in self.parameters:
                return self.metrics.get("numOutputRows")
            case ("MERGE", _) if {"numTargetRowsInserted", "numTargetRowsDeleted"} <= self.metrics.keys():
                return rows + self.metrics["numTargetRowsInserted"] - self.metrics["numTargetRowsDeleted"]
        return None


def commit_of(version: int, content: bytes | None) -> Commit:
    """The commit in a file of the log; None for one that Delta has cleaned away."""
    info: dict[str, Any] = {}
    applications: dict[str, int] = {}
    for line in (content or b"").splitlines():
        # Most lines name files, and are long.
        if line.startswith((b'{"commitInfo"', b'{"txn"')):
            action = json.loads(line)
            info = action.get("commitInfo", info)
            if "txn" in action:
                applications[action["txn"]["appId"]] = int(action["txn"]["version"])
    return Commit(
        version=version,
        operation=info.get("operation", ""),
        milliseconds=int(info.get("timestamp", 0)),
        parameters=info.get("operationParameters", {}),
        metrics={k: int(v) for k, v in info.get("operationMetrics", {}).items() if str(v).isdigit()},
        applications=applications,
    )
