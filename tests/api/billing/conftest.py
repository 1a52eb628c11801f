"""The billing API on a database of its own, and staff tokens to ask it with."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from api.billing.quantum import QuantumSettings, quantum
from api.kernel import clock
from api.kernel.auth import STAFF_ISSUER, TokenSigner
from tests.api.support import bearer, client, key_pair
from tests.databases import Databases
from tests.orchestration.billing.world import World
from tests.outside import PAYMENTS_SECRET

WHO = UUID(int=42)


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    opened = World(databases)
    yield opened
    await opened.close()


@pytest.fixture
async def billing(databases: Databases) -> AsyncIterator[httpx.AsyncClient]:
    settings = QuantumSettings(
        database_url=SecretStr(databases.url("billing", "billing_api")),
        port=0,
        staff_public_key=key_pair(STAFF_ISSUER)[1],
        payments_webhook_secret=SecretStr(PAYMENTS_SECRET),
    )
    async with client(quantum, settings) as opened:
        yield opened


def token(*roles: str, audience: str = "billing", who: UUID = WHO) -> dict[str, str]:
    """Headers of somebody with these staff roles."""
    signer = TokenSigner(STAFF_ISSUER, key_pair(STAFF_ISSUER)[0])
    return bearer(signer.sign(who, roles, [audience], clock.now()))


FINANCE = "finance"
