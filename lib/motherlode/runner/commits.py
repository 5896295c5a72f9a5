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

GONE = "REPLACED"
"""In place of an operation, where a table is gone, older than it was, or another one."""
UPKEEP_NAME = "upkeep"
REBUILD_NAME = "rebuild"
REPLAY_NAME = "replay"
DAYS_NAME = "other days"
_MARK = f":{UPKEEP_NAME}:"
"""In the names of our own upkeep's transactions."""


@dataclass(frozen=True)
class Commit:
    """One commit.

    Args:
        operation: as Delta names it: WRITE, MERGE, OPTIMIZE …; empty where the log is too old to say.
        milliseconds: when, since 1970.
        applications: the transactions that it carries, to their versions.
        origin: Delta's name of the table, in the commit that made it.
        said: what its writer said of it.
    """

    version: int
    operation: str = ""
    milliseconds: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)
    applications: dict[str, int] = field(default_factory=dict)
    origin: str | None = None
    said: str = ""

    @property
    def is_here(self) -> bool:
        return self.operation != GONE

    @property
    def in_words(self) -> str:
        return f"{self.operation}, version {self.version}" if self.is_here else "is gone, older, or another table"

    @property
    def is_upkeep(self) -> bool:
        """Whether its table holds what it held before, for whoever reads it: ours took rows past their retention."""
        return self.operation in UPKEEP or any(_MARK in name for name in self.applications)

    def is_of(self, application: str) -> bool:
        """Whether it carries a transaction whose name begins so."""
        return any(name.startswith(application) for name in self.applications)

    @property
    def rows_in_words(self) -> str:
        """How many rows it wrote, changed and deleted, as far as it says."""
        if self.operation == "MERGE":
            kinds = {"+": "numTargetRowsInserted", "~": "numTargetRowsUpdated", "-": "numTargetRowsDeleted"}
            return " ".join(f"{sign}{self.metrics.get(name, 0):,}" for sign, name in kinds.items())
        if self.operation == "DELETE":
            return f"-{self.metrics.get('numDeletedRows', 0):,}"
        written = self.metrics.get("numOutputRows")
        return "" if written is None or self.operation in UPKEEP else f"+{written:,}"

    def rows_after(self, rows: int) -> int | None:
        """Rows that it leaves of a table of `rows`; None where it does not say."""
        if self.operation in UPKEEP:
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
    """The commit in a file of the log; content of None for one that Delta has cleaned away.

    Raises:
        ValueError: the file is not whole.
    """
    if content is not None and not content.endswith((b"}", b"}\n")):
        raise ValueError("cut off")
    info: dict[str, Any] = {}
    applications: dict[str, int] = {}
    origin: str | None = None
    for line in (content or b"").splitlines():
        # Most lines name files, and are long.
        if line.startswith((b'{"commitInfo"', b'{"txn"', b'{"metaData"')):
            action = json.loads(line)
            info = action.get("commitInfo", info)
            origin = action.get("metaData", {}).get("id", origin)
            if "txn" in action:
                applications[action["txn"]["appId"]] = int(action["txn"]["version"])
    return Commit(
        version=version,
        operation=info.get("operation", "" if content is None else "UNKNOWN"),
        milliseconds=int(info.get("timestamp", 0)),
        parameters=info.get("operationParameters", {}),
        metrics={k: int(v) for k, v in info.get("operationMetrics", {}).items() if str(v).isdigit()},
        applications=applications,
        origin=origin,
        said=str(info.get("userMetadata") or ""),
    )
