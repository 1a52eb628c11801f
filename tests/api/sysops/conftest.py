"""The sysops API with an own database, and staff who can sign in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import httpx
import pytest
from pydantic import HttpUrl, SecretStr

from api.kernel.auth import STAFF_ISSUER, TokenSigner
from api.sysops.quantum import QuantumSettings, quantum
from tests import hashing
from tests.api.support import bearer, client, key_pair
from tests.api.sysops.office import Office
from tests.api.sysops.searching import Desk
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.outside import STAFF, WEBHOOK_TOKEN
from tests.world import Household, add_expert, furnish, household

CUSTOMERS_AT = "https://support.squad.example"
PASSWORD = "correct horse battery staple"
HASH = hashing.CHEAP.hash(PASSWORD)

SignIn = Callable[[str], Awaitable[dict[str, str]]]


def settings_for(databases: Databases) -> QuantumSettings:
    """The settings of the sysops API on the databases of a test."""
    private, public = key_pair("sysops")
    return QuantumSettings(
        database_url=SecretStr(databases.url("sysops", "sysops_api")),
        port=0,
        signing_key=SecretStr(private),
        staff_public_key=public,
        customer_public_key=key_pair("customer")[1],
        public_base_url=HttpUrl(CUSTOMERS_AT),
        sms_webhook_token=SecretStr(WEBHOOK_TOKEN),
        staff_base_url=HttpUrl(STAFF),
    )


@pytest.fixture
async def sysops(databases: Databases) -> AsyncIterator[httpx.AsyncClient]:
    async with client(quantum, settings_for(databases)) as opened:
        yield opened


def add_staff(databases: Databases, role: str, email: str | None = None) -> UUID:
    """A member of staff with one role and the password of these tests."""
    rows = databases.rows(
        "sysops",
        "INSERT INTO staff (email, password_hash, full_name, phone, roles, created_at, updated_at)"
        " VALUES (%s, %s, %s, '+12125550100', %s, now(), now()) RETURNING id",
        email or f"{role}@squad.example",
        HASH,
        f"Some {role.title()}",
        [role],
    )
    return UUID(str(rows[0][0]))


@pytest.fixture
def home() -> Household:
    """A customer with a contract, of whom sysops has not heard yet."""
    return household()


@pytest.fixture
async def ticket_id(databases: Databases, home: Household) -> UUID:
    """A ticket that arrived from a customer and is open."""
    furnish(databases)
    ticket = home.ticket()
    await send(databases, home.directory(), home.entitlement(), ticket)
    assert await deliver(databases, "customer", "sysops") == 3
    return ticket.ticket_id


@pytest.fixture
async def expert(databases: Databases, ticket_id: UUID) -> UUID:
    """Eve, who can sign in."""
    del ticket_id  # the catalogue comes with it
    expert_id = add_expert(databases)
    databases.execute("sysops", "UPDATE staff SET password_hash = %s", HASH)
    return expert_id


@pytest.fixture
def sign_in(databases: Databases) -> SignIn:
    """The headers of a member of staff by e-mail address, without the work of a password."""
    signer = TokenSigner(STAFF_ISSUER, key_pair("sysops")[0])

    async def act(email: str) -> dict[str, str]:
        query = "SELECT id, roles, greatest(now(), tokens_valid_from) FROM staff WHERE email = %s"
        ((staff_id, roles, at),) = databases.rows("sysops", query, email)
        return bearer(signer.sign(staff_id, roles, ["sysops"], at))

    return act


@pytest.fixture
async def desk(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Desk:
    """The helpdesk, signed in, at its search field."""
    add_staff(databases, "helpdesk")
    return Desk(sysops, await sign_in("helpdesk@squad.example"))


@pytest.fixture
async def office(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, ticket_id: UUID
) -> Office:
    office = Office(sysops, databases, ticket_id)
    for role in ("helpdesk", "manager", "administrator"):
        add_staff(databases, role)
        office.headers[role] = await sign_in(f"{role}@squad.example")
    return office
