"""The sources and the warehouse of one test, and a built warehouse that tests only read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Databases, Templates
from tests.warehouse.built import Built
from tests.warehouse.sources import Sources
from tests.warehouse.world import World


@pytest.fixture
def sources(databases: Databases) -> Sources:
    return Sources(databases)


@pytest.fixture(scope="session")
def built(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A small business, mirrored and made into marts once for all tests that only look."""
    databases = Databases(templates)
    yield Built.build(databases, World(60, 250), target_path(tmp_path_factory, "postgres"))
    databases.drop()


@pytest.fixture
def own(built: Built) -> Iterator[Built]:
    """A copy of it, to be changed."""
    with built.copy() as copy:
        yield copy


def target_path(factory: pytest.TempPathFactory, name: str) -> Path:
    path = factory.getbasetemp() / f"dbt-{name}"
    path.mkdir(exist_ok=True)
    return path
