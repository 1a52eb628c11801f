"""Copies of migrated databases for tests: the migrations run once a worker, not once a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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


class Templates:
    """The migrated template databases of one server."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self._ready: set[str] = set()

    def ensure(self, name: str) -> str:
        template = f"template_{name}"
        if name not in self._ready:
            bootstrap.prepare(name, self.server.url(template), password_of)
            self._ready.add(name)
        return template


class Databases:
    """The databases of one test; asking for one makes it.

    With a `suffix` they have the names of the test before, so that an application once made for
    them serves the next test too: making one costs more than a copy of its database.
    """

    def __init__(self, templates: Templates, suffix: str | None = None) -> None:
        self._templates = templates
        self._suffix = suffix or uuid4().hex[:12]
        self._names: dict[str, str] = {}

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
        with self.connect(database) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def execute(self, database: str, statement: str, *parameters: Any) -> None:
        with self.connect(database) as connection:
            connection.execute(statement.encode(), parameters)

    def drop(self) -> None:
        with psycopg.connect(self._templates.server.url(), autocommit=True) as connection:
            for name in self._names.values():
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )

    def fork(self, *databases: str) -> "Databases":
        """Some databases as they are now, in copies of their own; nobody may be connected."""
        other = Databases(self._templates)
        for database in databases:
            other._copy(database, self._name(database))
        return other

    def put_back(self, database: str, backup: "Databases") -> None:
        """Restore a database from a copy of it; nobody may be connected."""
        with psycopg.connect(self._templates.server.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(
                    sql.Identifier(self._names.pop(database))
                )
            )
        self._copy(database, backup._name(database))

    def _name(self, database: str) -> str:
        if database not in self._names:
            self._copy(database, self._templates.ensure(database))
        return self._names[database]

    def _copy(self, database: str, template: str) -> None:
        name = f"{database}_{self._suffix}"
        with psycopg.connect(self._templates.server.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                    sql.Identifier(name),
                    sql.Identifier(template),
                    sql.Identifier(bootstrap.owner_of(database)),
                )
            )
            if database in SCHEMAS:
                access.admit(connection, name, access.load(database))
        self._names[database] = name
