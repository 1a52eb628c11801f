"""A customer whose data is everywhere."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.databases import Databases, Templates
from tests.integration.customer.conftest import api_port, sandbox
from tests.orchestration.personal_data.history import DATABASES, History

__all__ = ["api_port", "history", "lived", "sandbox"]


@pytest.fixture(scope="session")
def lived(templates: Templates) -> Iterator[History]:
    """Lived once a worker; every test has a copy of it."""
    own = Databases(templates)
    yield asyncio.run(History.make(own))
    own.drop()


@pytest.fixture
def history(lived: History) -> Iterator[History]:
    own = lived.databases.fork(*DATABASES)
    yield History(replace(lived.world, databases=own), lived.photo_id)
    own.drop()
