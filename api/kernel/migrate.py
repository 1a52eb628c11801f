"""Migrations of the quanta's databases: forward, back, and their drift from the models."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.pool import NullPool
from sqlalchemy.types import UserDefinedType

from api.kernel import changes
from api.kernel.database import driver_url

_API = Path(__file__).parent.parent


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, which SQLAlchemy's reflection does not know."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


ischema_names["xid8"] = Xid8


@dataclass(frozen=True)
class Schema:
    """A database's tables as the models say, and the folder of its migrations."""

    name: str
    metadata: MetaData

    @property
    def versions(self) -> Path:
        return _API / self.name / "migrations"


@contextmanager
def _connect(url: str) -> Iterator[Connection]:
    engine = create_engine(driver_url(url, "psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def config(schema: Schema, connection: Connection | None = None) -> Config:
    """An Alembic configuration for one schema; no ini file is read."""
    settings = Config()
    settings.set_main_option("script_location", str(_API / "kernel" / "alembic"))
    settings.set_main_option("version_locations", str(schema.versions))
    settings.set_main_option("path_separator", "newline")
    settings.attributes["connection"] = connection
    settings.attributes["metadata"] = schema.metadata
    return settings


def _run(schema: Schema, url: str, act: Callable[[Config], Any]) -> None:
    with _connect(url) as connection:
        act(config(schema, connection))
        connection.commit()


def upgrade(schema: Schema, url: str, revision: str = "head") -> None:
    """Bring the database to `revision`, in one transaction."""
    _run(schema, url, lambda settings: command.upgrade(settings, revision))


def downgrade(schema: Schema, url: str, revision: str = "base") -> None:
    _run(schema, url, lambda settings: command.downgrade(settings, revision))


def revision_of(url: str) -> str | None:
    """The database's present revision, None when it was never migrated."""
    with _connect(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_of(schema: Schema) -> str | None:
    """The newest revision in the code."""
    return ScriptDirectory.from_config(config(schema)).get_current_head()


def drift(schema: Schema, url: str) -> list[Any]:
    """What autogenerate would still change: empty when migrations and models agree."""
    with _connect(url) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, kind, _: not changes.is_tracking(kind, name),
            },
        )
        return list(compare_metadata(context, schema.metadata))
