"""The notebook runs from its first cell to its last on a small warehouse, without Spark."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from nbclient import NotebookClient
from pyspark.sql.pandas.types import to_arrow_schema

from motherlode.contracts import serving
from motherlode.contracts.tables import Table

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "explore.ipynb"
AS_OF = date(2017, 12, 31)
VERSION = {"as_of": AS_OF, "model_version": "1"}
CUSTOMERS = ("anna", "ben", "cleo")

ROWS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "association_rules": [
        {
            **VERSION,
            "rule_id": "r1",
            "antecedent": ["TEA", "MILK"],
            "consequent": ["BISCUITS"],
            "baskets": 412,
            "support": 0.1,
            "confidence": 0.44,
            "lift": 3.2,
            "leverage": 0.01,
        },
    ],
    "recommendations": [
        {**VERSION, "customer_id": name, "rank": 1, "product_id": "p1", "product": "TEA", "department": "GROCERY"}
        | {"score": 0.9, "is_repeat": name == "ben"}
        for name in CUSTOMERS
    ],
    "customer_segments": [
        {**VERSION, "customer_id": name, "segment_id": number % 2, "segment": f"Segment {number % 2}"}
        | {"recency_score": 5, "frequency_score": 4, "monetary_score": 3}
        for number, name in enumerate(CUSTOMERS)
    ],
    "churn_scores": [
        {**VERSION, "customer_id": name, "probability": 0.25 * number, "risk_decile": 10 - number, "horizon_days": 56}
        for number, name in enumerate(CUSTOMERS)
    ],
    "customer_profile": [
        {**VERSION, "customer_id": name, "identifiers": 2, "first_seen_on": AS_OF, "last_seen_on": AS_OF}
        | {"orders": 3 + number, "net": 31.5, "recency_days": 2, "churn_probability": 0.2}
        | {"segment": f"Segment {number % 2}"}
        | {"may_analyse": True, "may_personalise": True, "may_market": False}
        for number, name in enumerate(CUSTOMERS)
    ],
    "model_quality": [
        {**VERSION, "model": "mining.churn", "metric": "auc", "value": 0.87, "baseline": 0.84, "trained_as_of": AS_OF},
    ],
    "ingest_accounting": [
        {"source": source, "batch": 1, "records_in": 12, "events": 10, "duplicates": 1, "quarantined": 1}
        for source in ("web", "crm")
    ],
    "data_quality": [
        {"source": "web", "day": AS_OF, "rule": rule, "field": field, "records": 12, "events": 10, "duplicates": 1}
        | {"quarantined": 1, "flagged": 0, "missing": 0, "late": 0, "score": 11 / 12, "standing": "ok"}
        for rule, field in (("any", ""), ("readable", "timestamp"))
    ],
}


def arrow(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = to_arrow_schema(table.schema, timezone="UTC")
    return pa.Table.from_pylist([{name: row.get(name) for name in table.columns} for row in rows], schema=schema)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    for table in serving.TABLES:
        write_deltalake(tmp_path / "serving" / table.name, arrow(table, ROWS[table.name]))
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, warehouse: Path) -> nbformat.NotebookNode:
    monkeypatch.setenv("MOTHERLODE_WAREHOUSE", str(warehouse))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": NOTEBOOK.parent}}
    return NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()


def test_it_runs_and_draws(monkeypatch: pytest.MonkeyPatch, warehouse: Path) -> None:
    notebook = run(monkeypatch, warehouse)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error"] == []
    charts = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(charts) == 4
    text = "\n".join(output.data["text/plain"] for output in outputs if "text/plain" in output.get("data", {}))
    assert "TEA + MILK" in text
    assert "0.333333" in text
    assert "readable" in text


def test_it_says_what_to_do_without_a_warehouse(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="run `make demo`, or set MOTHERLODE_WAREHOUSE"):
        run(monkeypatch, tmp_path)


def test_it_is_committed_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_every_serving_table_is_explored() -> None:
    source = "\n".join(cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells)
    assert [table.name for table in serving.TABLES if f'"{table.name}"' not in source] == []
