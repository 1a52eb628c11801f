"""Customers who sign in through an OpenID provider, as tests act for them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api.customer.quantum import QuantumSettings, quantum
from tests import openid_provider
from tests.api.customer.conftest import Customer
from tests.api.customer.world import furnish
from tests.api.support import bearer, client
from tests.databases import Databases
from tests.openid_provider import CLIENT_ID, SECRET, Provider

PORTAL, APP = "https://portal.example/signed-in", "com.example.squad:/signed-in"
ADA = "ada@example.com"


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with openid_provider.running() as running:
        yield running


@pytest.fixture
def provider(one_provider: Provider) -> Provider:
    """It knows Ada, whose address it has verified."""
    one_provider.behave()
    one_provider.knows("ada-1", email=ADA, email_verified=True, name="Ada Lovelace")
    return one_provider


def at(settings: QuantumSettings, issuer: str, **more: Any) -> QuantumSettings:
    """The settings with a provider to sign in through."""
    oidc = {
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_redirect_urls": f"{PORTAL} {APP}",
    }
    return QuantumSettings(**(settings.model_dump() | oidc | more))


@dataclass(frozen=True)
class Browser:
    """A client of the API, and the browser in which its person signs in at the provider."""

    http: httpx.AsyncClient
    provider: Provider

    async def begin(self, **body: Any) -> httpx.Response:
        return await self.http.post("/customer/sessions/oidc", json=body)

    async def begun(self, subject: str = "ada-1", **body: Any) -> dict[str, Any]:
        """What is to be sent to finish, after somebody signed in at the provider."""
        answer = await self.begin(**body)
        assert answer.status_code == 201, answer.text
        attempt = answer.json()
        returned = self.provider.sign_in(attempt["authorization_url"], subject)
        assert returned["state"] == attempt["state"]
        return {"attempt": attempt["attempt"], **returned}

    async def finish(self, body: dict[str, Any]) -> httpx.Response:
        return await self.http.post("/customer/sessions/oidc/callback", json=body)

    async def sign_in(self, subject: str = "ada-1", **body: Any) -> httpx.Response:
        return await self.finish(await self.begun(subject, **body))

    async def customer(self, subject: str = "ada-1") -> Customer:
        answer = await self.sign_in(subject)
        assert answer.status_code == 200, answer.text
        held = answer.json()
        return Customer(self.http, held["account_id"], bearer(held["access_token"]))


@pytest.fixture
async def browser(
    settings: QuantumSettings, databases: Databases, provider: Provider
) -> AsyncIterator[Browser]:
    furnish(databases)
    async with client(quantum, at(settings, provider.issuer)) as http:
        yield Browser(http, provider)
