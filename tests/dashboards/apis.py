"""Both APIs as pages ask them live, and a ticket with a low score that both know."""

from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest

from api.kernel.auth import STAFF_ISSUER
from dashboards.settings import settings
from tests.api import served
from tests.api.sysops.conftest import add_staff
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import household

WORDS = "It took *three* visits. ![x](http://elsewhere.example/x.png)"


@pytest.fixture
def manager(
    databases: Databases, environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The token of a manager, with both APIs running."""
    del environment
    customer, _ = served.customer(databases)
    sysops, _ = served.sysops(databases)
    person = add_staff(databases, "manager")
    with served.served(customer) as customer_url, served.served(sysops) as sysops_url:
        monkeypatch.setenv("SQUAD_CUSTOMER_API_URL", customer_url)
        monkeypatch.setenv("SQUAD_SYSOPS_API_URL", sysops_url)
        settings.cache_clear()
        yield served.token(STAFF_ISSUER, person, "manager")


async def told_by_both(databases: Databases) -> UUID:
    """A ticket that both quanta know, with a survey of a low score."""
    home = household()
    (ticket_id,) = databases.rows("customer", "SELECT id FROM ticket")[0]
    ticket = msgspec.structs.replace(home.ticket(), ticket_id=ticket_id)
    await send(databases, home.entitlement(), ticket)
    await deliver(databases, "customer", "sysops")
    databases.execute(
        "customer",
        "INSERT INTO survey (ticket_id, ticket_version, account_id, sent_at, expires_at,"
        " answered_at, score, would_recommend, comment)"
        " SELECT id, 6, account_id, now(), now() + interval '14 days', now(), 1, 0, %s FROM ticket",
        WORDS,
    )
    return UUID(str(ticket_id))
