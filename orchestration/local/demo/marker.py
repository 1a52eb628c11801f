"""What tells that a database holds the demo world, and which one: a comment on the database.

It is written in the transaction of the load, so it is there exactly when all rows are. A comment
and not a table, because tables belong to the migrations.
"""

from datetime import datetime
from typing import Any, Final

import msgspec
import psycopg

from orchestration.local.demo.size import DemoSize

_READ: Final = """
SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()
"""


class Marker(msgspec.Struct, frozen=True):
    """The world that a database holds."""

    demo: DemoSize
    now: datetime


def read_marker(connection: psycopg.Connection[Any]) -> Marker | None:
    """None where there is no demo world, whatever else the comment says."""
    row = connection.execute(_READ).fetchone()
    try:
        return msgspec.json.decode(row[0], type=Marker) if row and row[0] else None
    except msgspec.DecodeError:
        return None


def write_marker(connection: psycopg.Connection[Any], marker: Marker) -> str:
    """The statement that leaves the marker; `connection` only names and quotes."""
    text = msgspec.json.encode(marker).decode()
    statement = psycopg.sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        psycopg.sql.Identifier(connection.info.dbname), psycopg.sql.Literal(text)
    )
    return statement.as_string(connection)
