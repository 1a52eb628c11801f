"""A world in which tickets live, whose messages can be lost."""

import pytest

from tests.databases import Databases
from tests.orchestration.reconciliation.world import World


@pytest.fixture
async def world(databases: Databases) -> World:
    return await World.make(databases)
