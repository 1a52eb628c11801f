"""What every test may ask for: a real PostgreSQL, made by the migrations, a copy a test."""

import os
from collections.abc import Iterator

import pytest

from orchestration.local.postgres import EmbeddedPostgres, throw_away_postgres
from tests.databases import Databases, Templates

# Tests ask quicker than people do; those of the limits set limits of their own.
os.environ["SQUAD_REQUESTS_PER_MINUTE"] = os.environ["SQUAD_ANONYMOUS_REQUESTS_PER_MINUTE"] = "0"


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedPostgres]:
    """One server a test worker, without fsync: it lives as long as the worker."""
    with throw_away_postgres({"fsync": "off", "synchronous_commit": "off"}) as server:
        yield server


@pytest.fixture(scope="session")
def templates(cluster: EmbeddedPostgres) -> Templates:
    """Migrated databases to copy from, each made when first asked for."""
    return Templates(cluster)


@pytest.fixture
def databases(templates: Templates) -> Iterator[Databases]:
    """This test's own databases, each made when first asked for and dropped after it."""
    own = Databases(templates, "of_this_test")
    yield own
    own.drop()
