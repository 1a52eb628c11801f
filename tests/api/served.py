"""Each quantum's application on a real port, with a small world and somebody signed in."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import uvicorn
from pydantic import HttpUrl, SecretStr

from api.app import create_app
from api.kernel import clock
from api.kernel.auth import CUSTOMER_ISSUER, STAFF_ISSUER, TokenSigner
from api.kernel.quantum import Quantum
from api.kernel.sealing import generate_box_keypair
from api.serve import configuration
from tests.api.customer import world as customer_world
from tests.api.support import key_pair
from tests.api.sysops.conftest import add_staff, settings_for
from tests.databases import Databases
from tests.outside import PAYMENTS_SECRET, PUBLIC, WEBHOOK_TOKEN
from tests.world import furnish

Make = Callable[[Databases], tuple[Quantum, str]]
"""Makes a quantum, and a token of somebody who may do all there is in it."""


@contextmanager
def served(quantum: Quantum, port: int = 0) -> Iterator[str]:
    """The quantum's application on a port of its own, as in production."""
    server = uvicorn.Server(configuration(create_app([quantum]), "127.0.0.1", port))
    with running(server) as url:
        yield url


@contextmanager
def running(server: uvicorn.Server) -> Iterator[str]:
    """A server in a thread of its own, and where it is."""
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@asynccontextmanager
async def served_beside(quantum: Quantum, port: int) -> AsyncIterator[str]:
    """`served`, to clients that live in the loop of the test and may be in the middle of a request
    when it ends: the application waits for the rest of it, so the loop must go on meanwhile.
    """
    application = served(quantum, port)
    url = await asyncio.to_thread(application.__enter__)
    try:
        yield url
    finally:
        await asyncio.to_thread(application.__exit__, None, None, None)


def token(issuer: str, person: UUID, *roles: str) -> str:
    private, _ = key_pair(issuer)
    everywhere = ("customer", "sysops", "billing", "analytics")
    return TokenSigner(issuer, private).sign(person, roles, everywhere, clock.now())


def customer_quantum(databases: Databases) -> Quantum:
    from api.customer.quantum import QuantumSettings, quantum

    private, public = key_pair("customer")
    made = QuantumSettings(
        database_url=SecretStr(databases.url("customer", "customer_api")),
        port=0,
        signing_key=SecretStr(private),
        customer_public_key=public,
        staff_public_key=key_pair("sysops")[1],
        vault_box_public_key=generate_box_keypair().public_key,
        survey_key=SecretStr("a survey key of these tests, long enough"),
        sms_webhook_token=SecretStr(WEBHOOK_TOKEN),
        public_base_url=HttpUrl(PUBLIC),
    )
    return quantum(made)


def customer(databases: Databases) -> tuple[Quantum, str]:
    customer_world.furnish(databases)
    account = customer_world.add_household(databases).account_id
    return customer_quantum(databases), token(CUSTOMER_ISSUER, account, "customer")


def sysops_quantum(databases: Databases) -> Quantum:
    from api.sysops.quantum import quantum

    return quantum(settings_for(databases))


def sysops(databases: Databases) -> tuple[Quantum, str]:
    furnish(databases)
    person = add_staff(databases, "administrator")
    signed_in = token(STAFF_ISSUER, person, "administrator", "helpdesk", "expert")
    return sysops_quantum(databases), signed_in


def billing_quantum(databases: Databases) -> Quantum:
    from api.billing.quantum import QuantumSettings, quantum

    made = QuantumSettings(
        database_url=SecretStr(databases.url("billing", "billing_api")),
        port=0,
        staff_public_key=key_pair("sysops")[1],
        payments_webhook_secret=SecretStr(PAYMENTS_SECRET),
    )
    return quantum(made)


def billing(databases: Databases) -> tuple[Quantum, str]:
    return billing_quantum(databases), token(STAFF_ISSUER, uuid4(), "finance", "administrator")


def analytics(databases: Databases, warehouse: Path) -> Quantum:
    """The reports over a folder in which nothing may be published yet."""
    from api.analytics.quantum import QuantumSettings, quantum

    return quantum(
        QuantumSettings(
            database_url=SecretStr(databases.url("analytics", "analytics_api")),
            port=0,
            staff_public_key=key_pair("sysops")[1],
            warehouse_dir=warehouse,
        )
    )


TRANSACTIONAL: tuple[Make, ...] = (customer, sysops, billing)
