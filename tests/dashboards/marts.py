"""Marts of a small, hand-made world, in the shape that the models' contracts promise."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import yaml

from warehouse import reports

MODELS = Path(__file__).parents[2] / "transforms" / "models" / "marts"

Row = Mapping[str, Any]

# Every ticket has both, and readers skip those that changed too long ago to matter.
NEVER_NULL = {
    "fct_ticket": {
        "submitted_at": datetime(2000, 1, 1, tzinfo=UTC),
        "updated_at": datetime(2199, 12, 31, tzinfo=UTC),
    }
}


@cache
def contracts() -> dict[str, dict[str, str]]:
    """Every mart's columns with their types, as its YAML promises them."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(MODELS.glob("*/*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            columns = {column["name"]: column["data_type"] for column in model["columns"]}
            found[model["name"]] = columns
    return found


def make_marts(rows: Mapping[str, list[Row]]) -> duckdb.DuckDBPyConnection:
    """A database with every mart, filled with these rows; what a row leaves out is null,
    where it can be."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for mart, columns in contracts().items():
        promised = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
        connection.execute(f"CREATE TABLE {mart} ({promised})")
    for mart, lines in rows.items():
        for line in lines:
            row = {**NEVER_NULL.get(mart, {}), **line}
            names = ", ".join(f'"{name}"' for name in row)
            places = ", ".join("?" for _ in row)
            values = list(row.values())
            connection.execute(f"INSERT INTO {mart} ({names}) VALUES ({places})", values)
    return connection


def report(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    as_of: datetime,
    filters: reports.Filters | None = None,
) -> list[dict[str, Any]]:
    """The rows of one report."""
    found = reports.find(name)
    assert found is not None, f"There is no report {name}."
    return reports.run(connection, found, filters or reports.Filters(), as_of).records()


def uuid(number: int) -> UUID:
    """A readable id."""
    return UUID(int=(0x0190 << 112) + (7 << 76) + (8 << 60) + number)


def utc(words: str) -> datetime:
    """`2026-03-31 12:00` in UTC."""
    return datetime.fromisoformat(words).replace(tzinfo=UTC)
