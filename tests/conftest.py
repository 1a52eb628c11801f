"""What every test may ask for: a real PostgreSQL, made by the migrations, a copy a test."""

import gc
import os
import signal
from collections.abc import Iterator

import psycopg
import pytest
import structlog
from hypothesis import settings
from psycopg import sql

from orchestration.local.postgres import EmbeddedPostgres, throw_away_postgres
from tests import hashing, known_types
from tests.databases import Databases, Templates

# A shell's background job ignores SIGINT. Dagster gives its runs the same for SIGTERM, and then
# waits for ever for a program that it has told to end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests ask quicker than people do; those of the limits set limits of their own.
os.environ["SQUAD_REQUESTS_PER_MINUTE"] = os.environ["SQUAD_ANONYMOUS_REQUESTS_PER_MINUTE"] = "0"

# How long an example takes says how busy the machine is.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")

# What a process would write as JSON is readable here, without rich's picture of every local
# variable: that takes seconds for one error.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


def pytest_collection_finish() -> None:
    """What was imported lives as long as the worker: no collection looks through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        hashing.use(hashing.CHEAP, patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def types_asked_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        known_types.remember(patch)
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedPostgres]:
    """One server a test worker, which lives as long as the worker.

    To log in costs one round of SCRAM's hashing, not 4,096: tests connect thousands of times.
    """
    with throw_away_postgres({"scram_iterations": "1"}) as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            password = str(connection.info.password)
            connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(password))
        yield server


@pytest.fixture(scope="session")
def templates(cluster: EmbeddedPostgres) -> Iterator[Templates]:
    """Migrated databases to copy from, each made when first asked for."""
    made = Templates(cluster)
    yield made
    made.close()


@pytest.fixture
def databases(templates: Templates) -> Iterator[Databases]:
    """This test's own databases, each made when first asked for and dropped after it."""
    own = Databases(templates, "of_this_test")
    yield own
    own.drop()
