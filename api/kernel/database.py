"""Engines, sessions and the column types that every quantum's tables share."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.util import await_

# Constraint names must be the same in the models and in the migrations, or the drift test lies.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = Annotated[UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]
Moment = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True))]
Cents = Annotated[int, mapped_column(BigInteger)]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


def metadata() -> MetaData:
    return MetaData(naming_convention=NAMING)


class Tables(DeclarativeBase):
    """Base of the declarative bases: each quantum derives its own, with its own metadata."""

    __abstract__ = True


def idempotency_table(metadata: MetaData) -> Table:
    """Keys, and the answers given under them; `api.kernel.transaction` writes both."""
    return Table(
        "idempotency_key",
        metadata,
        Column("who", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", SmallInteger),
        Column("headers", JSONB),
        Column("body", LargeBinary),
        Column(
            "created_at",
            TIMESTAMP(timezone=True),
            nullable=False,
            server_default=text("now()"),
            index=True,
        ),
    )


def inbox_table(metadata: MetaData) -> Table:
    """The ids of messages received, one row a message; `api.kernel.inbox` writes it."""
    return Table(
        "inbox",
        metadata,
        Column("message_id", Uuid, primary_key=True),
        Column("channel", Text, nullable=False),
        Column(
            "received_at",
            TIMESTAMP(timezone=True),
            nullable=False,
            server_default=text("now()"),
            index=True,
        ),
    )


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """The column holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def driver_url(url: str, driver: str) -> str:
    """The same database address for another SQLAlchemy driver, `asyncpg` or `psycopg`."""
    return (
        make_url(url).set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False)
    )


def plain_url(url: str) -> str:
    """The same address as psycopg, ADBC and PostgreSQL's own programs take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def create_engine(
    url: str, *, name: str, pool_size: int = 10, statement_timeout_ms: int = 15_000
) -> AsyncEngine:
    """An asyncpg engine whose statements and idle transactions end by themselves.

    `name` is what `pg_stat_activity` shows. A connection found dead is replaced
    before use, so a restarted server costs no request an error: it is the BEGIN that finds out.
    """
    engine = create_async_engine(
        driver_url(url, "asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        json_deserializer=msgspec.json.decode,  # a seventh of the standard time
        hide_parameters=True,  # an error text must not carry personal data into a log
        connect_args={
            "timeout": 5,
            "server_settings": {
                "application_name": name,
                "statement_timeout": str(statement_timeout_ms),
                "idle_in_transaction_session_timeout": "60000",
                "lock_timeout": "5000",
            },
        },
    )
    engine.sync_engine.dialect.do_ping = _begin  # type: ignore[assignment, method-assign]
    event.listen(engine.sync_engine, "handle_error", _hide_values)
    return engine


def _begin(connection: Any) -> bool:
    """Begin the transaction for which a connection is taken out of the pool.

    SQLAlchemy asks a connection first whether it lives, in a transaction of its own: three round
    trips. Whoever takes one begins a transaction anyway, and that asks as well.
    """
    await_(connection._start_transaction())  # noqa: SLF001
    return True


def _hide_values(context: ExceptionContext) -> None:
    """Take the row out of a database's error: texts of errors end in logs, rows are personal.

    The server quotes the failing row in the detail, and a value it cannot read in the message;
    the driver does so with a parameter of the wrong type.
    """
    wrapper = context.original_exception
    cause = wrapper.__cause__
    words = type(cause).__name__
    if isinstance(cause, asyncpg.PostgresError):
        cause.detail = None
        if not str(cause.sqlstate).startswith(BAD_VALUE):
            words = str(cause)
    for error in (cause, wrapper, context.sqlalchemy_exception):
        if error is not None:
            error.args = (words,)


def create_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def apart(session: AsyncSession) -> AsyncIterator[AsyncSession]:
    """A transaction of its own beside the caller's: what it writes stays if that is undone.

    It must not need what the caller's has written or locked, or both would wait.
    """
    async with AsyncSession(session.bind, expire_on_commit=False) as own, own.begin():
        yield own


# SQLSTATE: connection lost, no resources left (connections, memory, disk), stopping or starting.
AWAY = ("08", "53", "57P0")
# Deadlock or serialization failure, lock timeout, statement timeout.
BUSY = ("40", "55P03", "57014")
# Unique violation, exclusion violation (an overlap).
TAKEN = ("23505", "23P01")
BAD_VALUE = "22"


def is_unavailable(error: BaseException) -> bool:
    """Whether the database is away (or going, or coming), so that trying again can help.

    Connection errors never reach SQLAlchemy as database errors when the server cannot be
    reached at all; while it stops, starts or is full it answers with a SQLSTATE of its own.
    """
    if isinstance(error, OSError | TimeoutError | PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or _state(error).startswith(AWAY)


def is_busy(error: BaseException) -> bool:
    """Whether others were in the way: what was asked for was undone, and may be asked again."""
    return isinstance(error, DBAPIError) and _state(error).startswith(BUSY)


def is_taken(error: BaseException) -> bool:
    """Whether a row was refused because another has its place, and so may be left out."""
    return isinstance(error, DBAPIError) and _state(error) in TAKEN


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


@asynccontextmanager
async def database(
    url: str, *, name: str, pool_size: int = 5
) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions for a job or a test, with the engine disposed of at the end."""
    engine = create_engine(url, name=name, pool_size=pool_size, statement_timeout_ms=600_000)
    try:
        yield create_sessions(engine)
    finally:
        await engine.dispose()
