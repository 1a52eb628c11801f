"""A billing database whose vault has its keys."""

import pytest

from tests.databases import Databases
from tests.integration.billing.support import make_keys


@pytest.fixture
async def vault(databases: Databases) -> Databases:
    await make_keys(databases)
    return databases
