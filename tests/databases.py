"""Copies of migrated databases for tests: the migrations run once a worker, not once a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.databases import SCHEMAS
from api.kernel import access
from api.kernel.database import database as open_database
from orchestration.local import bootstrap
from orchestration.local.postgres import EmbeddedPostgres


def password_of(role: str) -> str:
    return f"{role}-password"


access_of = cache(access.load)


class Templates:
    """The migrated template databases of one server."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self._ready: set[str] = set()
        self._maintenance: psycopg.Connection[Any] | None = None

    def ensure(self, name: str) -> str:
        template = f"template_{name}"
        if name not in self._ready:
            bootstrap.prepare(name, self.server.url(template), password_of)
            self._ready.add(name)
        return template

    def copy(self, template: str, name: str, database: str) -> None:
        """Make the database `name`, a `database` of its own, as `template` is now."""
        connection = self._connection()
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                sql.Identifier(name),
                sql.Identifier(template),
                sql.Identifier(bootstrap.owner_of(database)),
            )
        )
        if database in SCHEMAS:
            # Sent at once, not each after the answer to the one before.
            with connection.pipeline():
                access.admit(connection, name, access_of(database))

    def drop(self, name: str) -> None:
        self._connection().execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def close(self) -> None:
        if self._maintenance is not None:
            self._maintenance.close()

    def _connection(self) -> psycopg.Connection[Any]:
        if self._maintenance is None:
            self._maintenance = psycopg.connect(self.server.url(), autocommit=True)
        return self._maintenance


class Databases:
    """The databases of one test; asking for one makes it.

    With a `suffix` they have the names of the test before, so that an application once made for
    them serves the next test too: making one costs more than a copy of its database.
    """

    def __init__(self, templates: Templates, suffix: str | None = None) -> None:
        self._templates = templates
        self._suffix = suffix or uuid4().hex[:12]
        self._names: dict[str, str] = {}
        self._connections: dict[str, psycopg.Connection[Any]] = {}

    def url(self, database: str, role: str | None = None) -> str:
        """The address of `database` for `role`; without one, for the superuser."""
        admin = self._templates.server.url(self._name(database))
        return bootstrap.login_url(admin, role, password_of(role)) if role else admin

    def connect(self, database: str, role: str | None = None) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(database, role), autocommit=True)

    @asynccontextmanager
    async def sessions(
        self, database: str, role: str
    ) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
        async with open_database(self.url(database, role), name="test") as sessions:
            yield sessions

    def rows(self, database: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What is really in the database, seen by the superuser."""
        return self._superuser(database).execute(query.encode(), parameters).fetchall()

    def execute(self, database: str, statement: str, *parameters: Any) -> None:
        self._superuser(database).execute(statement.encode(), parameters)

    def drop(self) -> None:
        for database, name in self._names.items():
            self._disconnect(database)
            self._templates.drop(name)

    def fork(self, *databases: str) -> "Databases":
        """Some databases as they are now, in copies of their own; nobody may be connected."""
        other = Databases(self._templates)
        for database in databases:
            name = self._name(database)
            self._disconnect(database)
            other._copy(database, name)
        return other

    def put_back(self, database: str, backup: "Databases") -> None:
        """Restore a database from a copy of it; nobody may be connected."""
        self._disconnect(database)
        backup._disconnect(database)
        self._templates.drop(self._names.pop(database))
        self._copy(database, backup._name(database))

    def _superuser(self, database: str) -> psycopg.Connection[Any]:
        """One connection for all that a test asks: to connect costs more than most questions."""
        kept = self._connections.get(database)
        if kept is None or kept.closed:
            kept = self.connect(database)
            # A test may change the tables that a prepared statement was made for.
            kept.prepare_threshold = None
            self._connections[database] = kept
        return kept

    def _disconnect(self, database: str) -> None:
        if database in self._connections:
            self._connections.pop(database).close()

    def _name(self, database: str) -> str:
        if database not in self._names:
            self._copy(database, self._templates.ensure(database))
        return self._names[database]

    def _copy(self, database: str, template: str) -> None:
        name = f"{database}_{self._suffix}"
        self._templates.copy(template, name, database)
        self._names[database] = name
