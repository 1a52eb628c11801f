"""The same dbt project on DuckDB: raw tables landed as Parquet, marts built without PostgreSQL.

For a look at the marts on a laptop, and to keep the project's SQL honest: both engines must
give the same marts.
"""

from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from orchestration.transforms import dbt

_TABLES = """
SELECT nspname, relname, array_agg(attname::text ORDER BY attnum),
    array_agg(format_type(atttypid, NULL) ORDER BY attnum)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = relnamespace
JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE relkind = 'r' AND (nspname = 'raw' OR (nspname, relname) IN (
    ('public', 'survey_response'), ('public', 'survey_choice'), ('landing', 'watermark')))
GROUP BY nspname, relname
"""
# What Arrow has no type for is landed as text; staging reads none of it.
_AS_TEXT = ("jsonb", "xid8")


def land(url: str, folder: Path) -> list[Path]:
    """Write every landed table to `folder` as Parquet, through ADBC: `<schema>.<table>.parquet`."""
    from adbc_driver_postgresql import dbapi
    from pyarrow import parquet

    with psycopg.connect(url) as connection:
        queries = {
            f"{schema}.{table}": _query(schema, table, columns, types).as_string(connection)
            for schema, table, columns, types in connection.execute(_TABLES)
        }
    files = []
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query)
            files.append(folder / f"{name}.parquet")
            parquet.write_table(cursor.fetch_arrow_table(), files[-1])
    return files


def build(parquet_files: list[Path], database: Path, target_path: Path) -> list[dbt.NodeResult]:
    """Build the whole project into the DuckDB file `database`."""
    with duckdb.connect(str(database)) as connection:
        for file in parquet_files:
            schema, table = file.stem.split(".")
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            connection.execute(
                f'CREATE OR REPLACE VIEW "{schema}"."{table}" AS FROM read_parquet(\'{file}\')'
            )
    return dbt.run(
        ["build", "--exclude-resource-type", "unit_test"],
        dbt.duckdb(database),
        target_path=target_path,
    )


def _query(schema: str, table: str, columns: list[str], types: list[str]) -> sql.Composed:
    fields = [
        sql.SQL("{0}::text AS {0}" if kind in _AS_TEXT else "{0}").format(sql.Identifier(column))
        for column, kind in zip(columns, types, strict=True)
    ]
    return sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(fields), sql.Identifier(schema, table)
    )
