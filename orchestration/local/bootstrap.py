"""Databases, roles, migrations and grants: from an empty server to one the platform runs on.

Everything here can be run again: it makes what is missing and changes nothing else.
"""

from collections.abc import Callable

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from api.databases import SCHEMAS
from api.kernel import access, migrate

PasswordOf = Callable[[str], str]

DAGSTER_ROLE = "dagster"
OWNER = "_owner"
LONGEST_STATEMENT = "1h"
"""Of a process that sets no shorter time of its own, as the APIs and relays do."""


def owner_of(database: str) -> str:
    """The role that owns a database and runs its migrations; no process logs in with it."""
    return DAGSTER_ROLE if database == "dagster" else f"{database}{OWNER}"


def roles_of(database: str) -> list[str]:
    """Every role that a database knows, its owner first."""
    granted = list(access.load(database).roles) if database in SCHEMAS else []
    return [owner_of(database), *granted]


def login_url(admin_url: str, role: str, password: str) -> str:
    """The address of a database for one role."""
    url = make_url(admin_url).set(username=role, password=password)
    return url.render_as_string(hide_password=False)


def prepare(database: str, admin_url: str, password_of: PasswordOf) -> str | None:
    """Make `database` ready: roles, the database, its migrations, its grants.

    `admin_url` is a role that may create roles and databases there; its path names the
    database. Returns the migration the database is at now, None for Dagster's, which
    Dagster migrates itself.
    """
    create_roles(admin_url, roles_of(database), password_of)
    _create_database(admin_url, owner_of(database))
    if database not in SCHEMAS:
        _keep_strangers_out(admin_url)
        return None
    owner = owner_of(database)
    url = login_url(admin_url, owner, password_of(owner))
    migrate.upgrade(SCHEMAS[database], url)
    with psycopg.connect(url, autocommit=True) as connection:
        access.apply(connection, access.load(database))
    return migrate.head_of(SCHEMAS[database])


def create_roles(admin_url: str, roles: list[str], password_of: PasswordOf) -> None:
    """Make the roles that are missing, and give all of them their passwords of now.

    The server is sent what it keeps of a password (SCRAM), so that none can be in its logs or
    in what it shows of running statements.
    """
    with psycopg.connect(_maintenance(admin_url), autocommit=True) as connection:
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [roles])
        known = {row[0] for row in rows}
        for role in roles:
            # The password is set again, so that a rotated secret takes effect.
            verb = sql.SQL("ALTER" if role in known else "CREATE")
            kept = connection.pgconn.encrypt_password(
                password_of(role).encode(), role.encode(), b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                    verb, sql.Identifier(role), sql.Literal(kept.decode())
                )
            )
            if not role.endswith(OWNER):
                # A migration takes as long as it takes.
                connection.execute(
                    sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(
                        sql.Identifier(role), sql.Literal(LONGEST_STATEMENT)
                    )
                )


def _create_database(admin_url: str, owner: str) -> None:
    name = make_url(admin_url).database or ""
    with psycopg.connect(_maintenance(admin_url), autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if exists.fetchone() is None:
            # An administrator that is no superuser may only give away what it is a member of.
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(owner)
                )
            )


def _keep_strangers_out(admin_url: str) -> None:
    """By default every role of the server may connect to every database; here only its owner."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


def _maintenance(admin_url: str) -> str:
    url = make_url(admin_url).set(database="postgres")
    return url.render_as_string(hide_password=False)
