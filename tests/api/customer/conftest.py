"""The customer API with an own database, a small catalogue, and customers who can sign in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
from pydantic import HttpUrl, SecretStr

from api.customer.quantum import QuantumSettings, quantum
from api.kernel.auth import CUSTOMER_ISSUER, TokenSigner
from api.kernel.messages import Message, decode_envelope
from api.kernel.sealing import BoxKeypair, generate_box_keypair
from tests.api.customer.world import add_account, furnish
from tests.api.support import bearer, client, key_pair
from tests.databases import Databases
from tests.messaging import queued
from tests.outside import PUBLIC, WEBHOOK_TOKEN

M = TypeVar("M", bound=Message)

PASSWORD = "correct horse battery staple"
SURVEY_KEY = "a survey key of these tests, long enough"
VAULT = generate_box_keypair()


@pytest.fixture
def vault() -> BoxKeypair:
    return VAULT


@pytest.fixture
def settings(databases: Databases) -> QuantumSettings:
    private, public = key_pair("customer")
    return QuantumSettings(
        database_url=SecretStr(databases.url("customer", "customer_api")),
        port=0,
        signing_key=SecretStr(private),
        customer_public_key=public,
        staff_public_key=key_pair("sysops")[1],
        vault_box_public_key=VAULT.public_key,
        survey_key=SecretStr(SURVEY_KEY),
        sms_webhook_token=SecretStr(WEBHOOK_TOKEN),
        public_base_url=HttpUrl(PUBLIC),
    )


@pytest.fixture
async def customer(
    settings: QuantumSettings, databases: Databases
) -> AsyncIterator[httpx.AsyncClient]:
    furnish(databases)
    async with client(quantum, settings) as opened:
        yield opened


def registration(email: str = "ada@example.com", **changes: Any) -> dict[str, Any]:
    """A body that registers a customer in Austin."""
    body = {
        "email": email,
        "password": PASSWORD,
        "full_name": "Ada Example",
        "phone": "(512) 555-0123",
        "address": {"line1": "1 Congress Ave", "city": "Austin", "zip": "78701"},
    }
    return body | changes


@dataclass(frozen=True)
class Customer:
    """A registered customer as tests act for one."""

    http: httpx.AsyncClient
    id: str
    headers: dict[str, str]

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(f"/customer{path}", params=query, headers=self.headers)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.http.post(f"/customer{path}", json=body, headers=self.headers)

    async def patch(self, path: str, body: Any) -> httpx.Response:
        return await self.http.patch(f"/customer{path}", json=body, headers=self.headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self.http.delete(f"/customer{path}", headers=self.headers)

    async def address_id(self) -> str:
        addresses = (await self.get("/me/addresses")).json()
        return str(addresses[0]["id"])

    async def contract_id(self, plan_code: str = "plus") -> str:
        body = {"plan_code": plan_code, "address_id": await self.address_id()}
        answer = await self.post("/contracts", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def ticket_body(self, **changes: Any) -> dict[str, Any]:
        """A ticket under a contract of its own."""
        body = {
            "contract_id": changes.pop("contract_id", None) or await self.contract_id(),
            "address_id": await self.address_id(),
            "ticket_type": "tv-picture",
            "description": "There is sound, but no picture.",
        }
        return body | changes

    async def ticket_id(self, **changes: Any) -> str:
        answer = await self.post("/tickets", await self.ticket_body(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def join(http: httpx.AsyncClient, email: str = "ada@example.com") -> Customer:
    """Register and sign in, as people do."""
    account = await http.post("/customer/accounts", json=registration(email))
    assert account.status_code == 201, account.text
    session = await http.post("/customer/sessions", json={"email": email, "password": PASSWORD})
    assert session.status_code == 200, session.text
    return Customer(http, account.json()["id"], bearer(session.json()["access_token"]))


def settle(http: httpx.AsyncClient, databases: Databases, email: str) -> Customer:
    """A customer in Austin who is signed in; quicker than `join`, and no message is sent."""
    account_id = add_account(databases, email)
    private, _ = key_pair("customer")
    token = TokenSigner(CUSTOMER_ISSUER, private).sign(
        account_id, ("customer",), ("customer",), datetime.now(UTC)
    )
    return Customer(http, str(account_id), bearer(token))


@pytest.fixture
async def ada(customer: httpx.AsyncClient, databases: Databases) -> Customer:
    return settle(customer, databases, "ada@example.com")


@pytest.fixture
async def bob(customer: httpx.AsyncClient, databases: Databases) -> Customer:
    """Somebody else."""
    return settle(customer, databases, "bob@example.com")


def sent(databases: Databases, type_: type[M]) -> list[M]:
    """The messages of one kind that the customer quantum has put into a queue, in order."""
    return [
        msgspec.json.decode(decode_envelope(payload).body, type=type_)
        for channel, payload in queued(databases, "customer", type_.target)
        if channel == type_.channel
    ]


def counts(databases: Databases) -> dict[str, int]:
    """How many rows there are, so that a test can show that nothing was written."""
    tables = ("account", "address", "contract", "card", "ticket", "ticket_timeline", "survey")
    queues = ("to_sysops", "to_billing", "to_analytics")
    names = (*tables, *(f"{queue}.pgqueuer" for queue in queues))
    query = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names)
    return dict(databases.rows("customer", query))


def in_days(days: float, hours: float = 0) -> str:
    """A moment from now on, as a client writes it."""
    return (datetime.now(UTC) + timedelta(days=days, hours=hours)).isoformat()
