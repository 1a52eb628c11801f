"""The sources and the warehouse of one test, with what replication needs to know of them."""

import pytest

from tests.databases import Databases
from tests.integration.warehouse.sources import Sources


@pytest.fixture
def sources(databases: Databases) -> Sources:
    return Sources(databases)
