"""Other systems read the serving tables: deltalake, and DuckDB over its Arrow data set. No Spark."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyspark.sql.pandas.types import to_arrow_schema

from motherlode.contracts import serving
from motherlode.contracts.tables import Table
from tests.e2e.world import World


@pytest.mark.parametrize("table", serving.TABLES, ids=lambda table: table.name)
def test_deltalake_and_duckdb_read_it(world: World, table: Table) -> None:
    path = str(Path(world.context.settings.paths.warehouse) / "serving" / table.name)
    delta = DeltaTable(path)
    frame = delta.to_pyarrow_dataset().to_table()
    assert frame.num_rows == world.results[f"serving.{table.name}"].rows[table.name] > 0
    assert [field.name for field in frame.schema] == table.columns
    promised = to_arrow_schema(table.schema)
    for field in promised:
        found = frame.schema.field(field.name).type
        if pa.types.is_timestamp(field.type):
            assert pa.types.is_timestamp(found)
        elif pa.types.is_list(field.type):
            assert found.value_type == field.type.value_type
        else:
            assert found == field.type, field.name
    dataset = delta.to_pyarrow_dataset()
    assert duckdb.sql("SELECT count(*) FROM dataset").fetchall() == [(frame.num_rows,)]
    keys = ", ".join(table.key)
    doubled = duckdb.sql(f"SELECT {keys} FROM dataset GROUP BY {keys} HAVING count(*) > 1").fetchall()
    assert doubled == []
    assert dataset is not None
