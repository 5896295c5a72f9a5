"""Sources in a database: each row once, a changed one again, whatever fails. The PostgreSQL is a real one."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import bronze, silver
from motherlode.errors import Exit, UnavailableError, UsageError
from motherlode.runner.context import Context
from motherlode.runner.databases import list_tables, parts
from motherlode.runner.jdbc import Axis
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import Result, run_job
from motherlode.settings import load_settings
from motherlode.sources.source import Database, SourceError
from tests.lib.runner.kafka import ROOT
from tests.lib.runner.postgres import PASSWORD, USER, Postgres, postgres

SOURCE = """\
format = "jdbc"
target = "customers"
key = ["id"]
database = {{ url = "{url}", {database}, secrets = {{ user = "SHOP_USER", password = "SHOP_PASSWORD" }} }}
identifiers = {{ crm_id = "id", email = "email" }}
columns = {{ occurred_at = "updated_at" }}
contacts = {{ email = "email" }}
{more}
"""
PEOPLE = """\
CREATE SCHEMA crm;
CREATE TABLE crm.people (id bigint PRIMARY KEY, email text, updated_at timestamptz NOT NULL);
INSERT INTO crm.people VALUES
    (1, 'ann@example.com', '2018-02-01 10:00:00+00'), (2, NULL, '2018-02-01 10:00:00.000001+00');
"""
ODD = """\
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, b text);
CREATE TABLE odd AS SELECT
    1 AS id, NULL::text AS email, '-infinity'::timestamptz AS updated_at, 'infinity'::date AS day,
    '0044-03-15 BC'::date AS ides, '294276-12-31'::timestamp AS far, '25:00'::interval AS span,
    '23:59:60'::time AS leap, 'NaN'::numeric AS nan, '-Infinity'::float8 AS low, 0.1::float4 AS tenth, true AS yes,
    12345678901234567890123456789.000000000000000000001::numeric AS long, '\\xdeadbeef'::bytea AS bytes,
    ARRAY[[1,2],[3,NULL]] AS lists, '{"a": [1, null]}'::jsonb AS json, 'sad'::mood AS mood,
    ROW(1, 'x,"y"')::pair AS pair, 'a1b2c3d4-0000-4000-8000-00000000000f'::uuid AS uuid, '10.0.0.0/8'::cidr AS net,
    B'101' AS bits, '[1,5)'::int4range AS span_of, '<a>b</a>'::xml AS xml, point(1,2) AS at, 'x' AS "a.b `c` d",
    E'tab\\t line\\n "quoted" \\\\ \u2713 \\u2028' AS said, ''::text AS empty,
    '2018-03-25 02:30'::timestamp AS no_hour
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as made:
        made.run(PEOPLE)
        yield made


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_USER", USER)
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)


def shop(spark: SparkSession, folder: Path, url: str, database: str, more: str = "", *overrides: str) -> Context:
    """A business whose only source is a table."""
    conf = folder / "conf"
    if not conf.exists():
        shutil.copytree(ROOT / "conf", conf, ignore=shutil.ignore_patterns("sources"))
        (conf / "sources").mkdir()
    (conf / "sources/crm.toml").write_text(SOURCE.format(url=url, database=database, more=more))
    paths = (f"paths.warehouse={folder / 'warehouse'}", f"paths.jars={ROOT / 'build/jars'}")
    kinds = {job.params for job in all_jobs().values() if job.params}
    return Context(spark, load_settings(conf, "demo", (*paths, *overrides), sorted(kinds, key=str)))


def run(context: Context, *names: str) -> dict[str, Result]:
    return {name: run_job(context, all_jobs()[name]) for name in names or ("bronze.files", "bronze.records")}


def taken(context: Context) -> list[tuple[int, str, dict[str, Any]]]:
    rows = context.warehouse.newest(bronze.RECORDS).select("batch", "file", "raw").collect()
    return sorted(((row["batch"], row["file"], json.loads(row["raw"])) for row in rows), key=str)


def refused(context: Context) -> list[tuple[Any, ...]]:
    rows = context.warehouse.newest(bronze.QUARANTINE).select("batch", "file", "offset", "rule", "allowed").collect()
    return sorted(map(tuple, rows))


def test_each_row_is_taken_once_and_a_changed_one_again(spark: SparkSession, server: Postgres, tmp_path: Path) -> None:
    context = shop(spark, tmp_path, server.url, 'table = "crm.people", cursor = "updated_at"')
    run(context, "bronze.files", "bronze.records", "silver.customers")
    ann = {"id": "1", "email": "ann@example.com", "updated_at": "2018-02-01 10:00:00+00"}
    two = {"id": "2", "email": None, "updated_at": "2018-02-01 10:00:00.000001+00"}
    assert taken(context) == [(1, "crm.people/updated_at", ann), (1, "crm.people/updated_at", two)]
    assert [result.status for result in run(context).values()] == ["skipped", "skipped"]
    server.run(
        "INSERT INTO crm.people VALUES (3, 'not an address', '2018-02-02'), (4, 'dan@example.com', '2018-02-02');"
        "UPDATE crm.people SET email = 'bob@example.com', updated_at = '2018-02-02 08:00+00' WHERE id = 2;"
        # Neither is there yet: one may be followed by others that were begun before, one never comes.
        "INSERT INTO crm.people VALUES (5, 'eve@example.com', now()), (6, 'flo@example.com', 'infinity');"
        "DELETE FROM crm.people WHERE id = 1;"
    )
    run(context, "bronze.files", "bronze.records", "silver.customers")
    assert [(batch, row["id"], row["updated_at"]) for batch, _, row in taken(context) if batch > 1] == [
        (2, "2", "2018-02-02 08:00:00+00"),
        (2, "3", "2018-02-02 05:00:00+00"),
        (2, "4", "2018-02-02 05:00:00+00"),
    ]
    assert refused(context) == [
        (2, "crm.people/updated_at", -1, "cursor_unusable",
         "a value of updated_at, without which a row is never new: 1 have none"),
    ]  # fmt: skip
    server.run("DELETE FROM crm.people WHERE id > 2")
    assert [result.status for result in run(context).values()] == ["skipped", "skipped"]
    customers = context.warehouse.newest(silver.CUSTOMERS).select("occurred_at", "batch", "flags").collect()
    assert sorted(map(tuple, customers)) == [
        (datetime(2018, 2, 1, 10), 1, []),
        (datetime(2018, 2, 1, 10, 0, 0, 1), 1, []),
        (datetime(2018, 2, 2, 5), 2, []),
        (datetime(2018, 2, 2, 5), 2, ["email_unusable"]),
        (datetime(2018, 2, 2, 8), 2, []),
    ]


def test_a_cursor_of_numbers_looks_back_and_connections_share(
    spark: SparkSession, server: Postgres, tmp_path: Path
) -> None:
    odd = '"Odd ""one"" of 2"'
    server.run(
        f"CREATE TABLE {odd} (id bigint, email text, updated_at timestamp); INSERT INTO {odd}"
        " SELECT n, 'p' || n || '@example.com', '2018-02-01' FROM generate_series(1, 10) n"
    )
    said = 'table = \'Odd "one" of 2\', cursor = "id", overlap = 2, partitions = 3'
    context = shop(spark, tmp_path, server.url, said)
    run(context)
    # The ninth was begun before the tenth and ended after it.
    server.run(f"UPDATE {odd} SET email = 'late@example.com' WHERE id = 9")
    server.run(f"INSERT INTO {odd} VALUES (12, 'p12@example.com', '2018-02-01')")
    run(context, "bronze.files", "bronze.records", "silver.customers")
    assert [(batch, int(row["id"])) for batch, _, row in taken(context) if batch == 2] == [(2, 10), (2, 12), (2, 9)]
    rows = context.warehouse.newest(bronze.RECORDS).select("batch", "offset")
    assert (rows.count(), rows.distinct().count()) == (13, 13)
    held = {table.name: context.warehouse.newest(table).count() for table in all_jobs()["silver.customers"].writes}
    assert held == {"customers": 12, "customers_duplicates": 1, "customers_quarantine": 0}
    plan = context.warehouse.newest(bronze.FILES).orderBy("batch").select("first", "size").collect()
    assert [(row["first"] + row["size"]) for row in plan] == [11, 13]
    assert plan[1]["first"] == 9


def test_a_whole_table_is_taken_once_in_a_period(spark: SparkSession, server: Postgres, tmp_path: Path) -> None:
    server.run("CREATE TABLE whole AS SELECT 1 AS id, 'a@example.com' AS email, '2018-02-01'::date AS updated_at")
    daily = shop(spark, tmp_path, server.url, 'table = "whole"')
    (listed,) = list_tables(spark, daily.sources).to_pylist()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert (listed["modified_at"], listed["first"]) == (today, None)
    context = shop(spark, tmp_path, server.url, 'table = "whole", every_hours = 0', 'zone = "UTC"')
    run(context)
    server.run("INSERT INTO whole VALUES (2, 'b@example.com', '2018-02-02')")
    run(context, "bronze.files", "bronze.records", "silver.customers")
    assert [(batch, file, row["id"], row["updated_at"]) for batch, file, row in taken(context)] == [
        (1, "whole", "1", "2018-02-01"),
        (2, "whole", "1", "2018-02-01"),
        (2, "whole", "2", "2018-02-02"),
    ]
    assert context.warehouse.newest(silver.CUSTOMERS).count() == 2
    assert context.warehouse.newest(silver.DUPLICATES["customers"]).count() == 1


def test_values_of_any_type_are_texts_as_the_server_writes_them(
    spark: SparkSession, server: Postgres, tmp_path: Path
) -> None:
    server.run(ODD)
    context = shop(spark, tmp_path, server.url, 'table = "odd"')
    run(context)
    ((_, _, found),) = taken(context)
    assert found == {
        "id": "1", "email": None, "updated_at": "-infinity", "day": "infinity", "ides": "0044-03-15 BC",
        "far": "294276-12-31 00:00:00", "span": "PT25H", "leap": "24:00:00",
        "long": "12345678901234567890123456789.000000000000000000001", "nan": "NaN", "low": "-Infinity",
        "tenth": "0.1", "yes": "t", "bytes": "\\xdeadbeef", "lists": "{{1,2},{3,NULL}}", "json": '{"a": [1, null]}',
        "mood": "sad", "pair": '(1,"x,""y""")', "uuid": "a1b2c3d4-0000-4000-8000-00000000000f", "net": "10.0.0.0/8",
        "bits": "101", "span_of": "[1,5)", "xml": "<a>b</a>", "at": "(1,2)", "a.b `c` d": "x",
        "said": 'tab\t line\n "quoted" \\ ✓ \u2028', "empty": "", "no_hour": "2018-03-25 02:30:00",
    }  # fmt: skip


def test_a_batch_that_fails_is_read_anew_by_the_next_run(spark: SparkSession, server: Postgres, tmp_path: Path) -> None:
    ends_itself = "CASE WHEN id = 1 THEN pg_terminate_backend(pg_backend_pid())::text ELSE 'a@example.com' END"
    columns = "id, {} AS email, '2018-02-01'::timestamptz AS updated_at FROM generate_series(1, 3) id"
    server.run(f"CREATE VIEW fails AS SELECT {columns.format(ends_itself)}")
    context = shop(spark, tmp_path, server.url, 'table = "fails"', "", "ingest.max_record_bytes=80")
    with pytest.raises(UnavailableError, match=r"^crm: jdbc:\S+ does not answer \(SQLSTATE 57P01\): is it up"):
        run(context)
    server.run(f"CREATE OR REPLACE VIEW fails AS SELECT {columns.format('(1 / (id - 2))::text')}")
    with pytest.raises(UsageError, match=r"crm: jdbc:\S+ could not read fails \(SQLSTATE 22012\)"):
        run(context)
    server.run(f"CREATE OR REPLACE VIEW fails AS SELECT {columns.format('repeat(id::text, 20 * id::int)')}")
    run(context)
    assert [(batch, row["id"]) for batch, _, row in taken(context)] == [(1, "1")]
    assert [(batch, rule, allowed) for batch, _, _, rule, allowed in refused(context)] == [
        (1, "record_too_long", "80 bytes"),
        (1, "record_too_long", "80 bytes"),
    ]


def test_what_is_wrong_is_one_line_without_secrets(
    spark: SparkSession, server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(database: str, more: str = "", url: str = server.url) -> str:
        with pytest.raises(UsageError) as raised:
            list_tables(spark, shop(spark, tmp_path, url, database, more).sources)
        assert PASSWORD not in str(raised.value)
        assert raised.value.exit == Exit.USAGE
        return str(raised.value)

    server.run(
        "CREATE TABLE wall (id int, email text, updated_at timestamp); CREATE ROLE other LOGIN PASSWORD 'other';"
        'CREATE TABLE twice (id int, email text, "Email" text, updated_at timestamptz)'
    )
    people = 'table = "crm.people"'
    file = "conf/sources/crm.toml"
    assert said('table = "crm.nothing"') == (
        f"{file}: database.table: there is no table crm.nothing (SQLSTATE 42P01); upper and lower case count"
    )
    has = "crm.people has no column {}; it has id, email, updated_at"
    assert said(f'{people}, cursor = "changed"') == f"{file}: database.cursor: {has.format('changed')}"
    assert said(people, '[scopes]\nemail = "x"', "jdbc:postgresql://127.0.0.1:1/postgres") == (
        "crm: jdbc:postgresql://127.0.0.1:1/postgres does not answer (SQLSTATE 08001): is it up, and may this machine"
        " reach it?"
    )
    assert said(f'{people}, cursor = "email"') == (
        f"{file}: database.cursor: email is a text: it must be a time or a whole number"
    )
    assert "name a column that knows its zone, or say zone" in said('table = "wall", cursor = "updated_at"')
    assert "differ in upper and lower case alone, email, Email: name a view of it" in said('table = "twice"')
    assert said(f'{people}, driver = "com.example.Driver"') == (
        "no jar of the session has com.example.Driver: put its jar into paths.jars"
    )
    assert "none that org.postgresql.Driver reads" in said(
        f'{people}, driver = "org.postgresql.Driver"', url="jdbc:other://127.0.0.1/shop"
    )
    server.run("CREATE TABLE few (id int, updated_at date)")
    assert said('table = "few"') == f"{file}: contacts: few has no column email; it has id, updated_at"
    monkeypatch.setenv("SHOP_PASSWORD", "wrong")
    assert said(people) == (
        f"crm: {server.url} lets nobody in (SQLSTATE 28P01): database.secrets names SHOP_PASSWORD, SHOP_USER"
    )
    monkeypatch.setenv("SHOP_USER", "other")
    monkeypatch.setenv("SHOP_PASSWORD", "other")
    assert said(people) == "crm: its user may not read crm.people (SQLSTATE 42501): GRANT SELECT on it"
    monkeypatch.delenv("SHOP_USER")
    assert said(people) == "SHOP_USER is not set: database.secrets of the source for table crm.people names it"


def test_a_server_that_is_started_again_is_asked_again(spark: SparkSession, server: Postgres, tmp_path: Path) -> None:
    context = shop(spark, tmp_path, server.url, 'table = "crm.people"')
    server.stop()
    try:
        with pytest.raises(UnavailableError, match=r"crm: \S+ does not answer \(SQLSTATE 08001\)"):
            run(context, "bronze.files")
    finally:
        server.start()
    assert run(context, "bronze.files")["bronze.files"].status == "done"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"url": "jdbc:postgresql://db/shop?user=ann&password=hush"}, "stand in the environment"),
        ({"url": "jdbc:postgresql://ann:hush@db/shop"}, "stand in the environment"),
        ({"url": "jdbc:oracle:thin:ann/hush@db:1521/shop"}, "stand in the environment"),
        ({"options": {"sslpassword": "hush"}}, "stand in the environment"),
        ({"url": "postgresql://db/shop"}, "must begin with jdbc:"),
        ({"url": "jdbc:mysql://db/shop"}, "database.driver must be set for mysql"),
        ({"table": "crm."}, "must be TABLE or SCHEMA.TABLE"),
        ({"partitions": 2}, "need partition_by"),
        ({"overlap": -1}, "must not be negative"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message) as raised:
        Database(**{"url": "jdbc:postgresql://db:5432/shop?currentSchema=users", "table": "crm.people", **change})
    assert "hush" not in str(raised.value)


def test_parts_are_cut_evenly_and_leave_nothing_out() -> None:
    number, time = Axis('"n"', False, False), Axis('"t"', True, True)
    assert parts(number, 1, 10, 3) == ['"n" < 5 OR "n" IS NULL', '"n" >= 5 AND "n" < 9', '"n" >= 9']
    assert parts(number, 7, 7, 3) == ["1 = 1"]
    assert parts(time, 0, 3_600_000_000, 2) == [
        '"t" < {ts \'1970-01-01 00:30:00.000001\'} OR "t" IS NULL',
        "\"t\" >= {ts '1970-01-01 00:30:00.000001'}",
    ]
    assert time.value("2018-02-01 05:00:00.5-05") == 1_517_479_200_500_000
    assert time.within(time.lowest, time.ceiling) == (
        "\"t\" >= {ts '0001-01-01 00:00:00.000000'} AND \"t\" < {ts '9999-01-01 00:00:00.000000'}"
    )


def test_credentials_are_in_no_event_log(spark: SparkSession, server: Postgres, tmp_path: Path) -> None:
    server.run("CREATE TABLE quiet AS SELECT 1 AS id, NULL::text AS email, '2018-02-01'::date AS updated_at")
    context = shop(spark, tmp_path, server.url, 'table = "quiet"')
    run(context)
    folder = Path(urlparse(spark.conf.get("spark.eventLog.dir")).path)
    logs = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"quiet" in logs
    assert PASSWORD.encode() not in logs
