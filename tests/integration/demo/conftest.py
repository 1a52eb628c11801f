"""A demo world in databases of its own, loaded once a worker for the tests that only read it."""

from collections.abc import Iterator

import pytest

from tests.databases import Databases, Templates
from tests.integration.demo.support import SMALL_WORLD, load_world


@pytest.fixture(scope="session")
def world(templates: Templates) -> Iterator[Databases]:
    """Read it, do not change it."""
    own = Databases(templates)
    load_world(own, SMALL_WORLD)
    yield own
    own.drop()
