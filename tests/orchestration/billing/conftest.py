"""A world to bill, on a database of its own."""

import pytest

from tests.databases import Databases
from tests.orchestration.billing.world import World


@pytest.fixture
def world(databases: Databases) -> World:
    return World(databases)
