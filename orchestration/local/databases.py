"""Where each database is: in the embedded server, or in one that a URL variable names.

`SQUAD_CUSTOMER_ADMIN_URL` and its sisters hold the URL of a role that may create databases and
roles there. Without any of them the embedded server holds all databases; it is not started when
every database has a server of its own.
"""

from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.postgres import EmbeddedPostgres
from orchestration.local.postgres_folder import link_postgres_folder, postgres_folder
from orchestration.local.secrets import SecretStore

DATABASES: Final = ("customer", "sysops", "billing", "analytics", "dagster")
POSTGRES_PORT = 5439
SUPERUSER_SECRET = "postgres-superuser"  # noqa: S105 - the secret's name


def admin_variable(database: str) -> str:
    """The variable that names another server for this database."""
    return f"SQUAD_{database.upper()}_ADMIN_URL"


def uses_embedded_server(instance: Instance) -> bool:
    """Whether any database is left to the embedded server."""
    return not all(instance.settings.get(admin_variable(database)) for database in DATABASES)


def embedded_server(instance: Instance) -> EmbeddedPostgres:
    """This platform's own server; its superuser's password is made on the first call."""
    store = SecretStore(instance.secrets)
    data_dir = postgres_folder(instance)
    if (data_dir / "PG_VERSION").exists() and not store.path(SUPERUSER_SECRET).exists():
        raise LocalError(
            f"The password of the server in {data_dir} is missing from {instance.secrets}: put "
            f"the folder back, or remove both with `squad reset`."
        )
    return EmbeddedPostgres(data_dir, instance.port(POSTGRES_PORT), store.secret(SUPERUSER_SECRET))


def make_server(instance: Instance) -> None:
    """Make the embedded server's files unless they are there."""
    link_postgres_folder(instance)
    embedded_server(instance).initialise()


def admin_url(instance: Instance, database: str) -> str:
    """The URL of the role that owns the server of this database, with the database's name.

    Plain `postgresql://`, as psycopg takes it.
    """
    outside = instance.settings.get(admin_variable(_known(database)))
    if not outside:
        return embedded_server(instance).url(database)
    parts = urlsplit(outside)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.hostname:
        raise LocalError(
            f"{admin_variable(database)} is not a URL of the form "
            f"postgresql://user:password@host:5432/{database}."
        )
    if parts.path in {"", "/"}:
        parts = parts._replace(path=f"/{database}")
    return urlunsplit(parts)


def role_url(instance: Instance, database: str, role: str, scheme: str = "postgresql") -> str:
    """The URL by which a process logs in to a database as `role`, with the role's own password."""
    parts = urlsplit(admin_url(instance, database))
    password = SecretStore(instance.secrets).role_password(role)
    address = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(role, safe='')}:{quote(password, safe='')}@{address}"
    return urlunsplit(parts._replace(scheme=scheme, netloc=netloc))


def _known(database: str) -> str:
    if database not in DATABASES:
        raise ValueError(f"{database!r} is not one of {', '.join(DATABASES)}.")
    return database
