"""In quiet hours only what cannot wait is sent, and all else when they end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.customer.accounts.links import MailedTokens
from tests.api.customer.conftest import SURVEY_KEY
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.integration.customer.test_notifications import log, received, tell
from tests.messaging import deliver

WAITING = [("queued", False, False, None)]
SENT = [("sent", True, True, None)]


@pytest.fixture
def quiet(databases: Databases, home: Household) -> datetime:
    """The customer wants quiet now; returns when that ends."""
    del home
    now = datetime.now(UTC)
    end = (now + timedelta(hours=3)).replace(second=0, microsecond=0)
    databases.execute(
        "customer",
        "UPDATE notification_preference SET quiet_from = %s, quiet_until = %s, time_zone = 'UTC'",
        (now - timedelta(hours=1)).time(),
        end.time(),
    )
    return end


def queue(databases: Databases) -> list[tuple[Any, ...]]:
    query = "SELECT status::text, execute_after, created, headers FROM to_customer.pgqueuer"
    return databases.rows("customer", query)


async def test_a_receipt_waits_until_the_quiet_hours_end(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient, quiet: datetime
) -> None:
    await tell(databases, home, "invoice_paid", "email")
    await deliver(databases, "customer", "customer")
    assert (log(databases), await received(sandbox)) == (WAITING, [])
    ((status, due, created, headers),) = queue(databases)
    assert status == "queued"
    assert abs(due - quiet) < timedelta(seconds=30)
    # Whoever looks for stuck and for lost messages sees one that is known and not late.
    assert created == due
    ((notification,),) = databases.rows("customer", "SELECT id FROM notification")
    assert headers == {"subject": str(notification)}

    databases.execute(
        "customer",
        "UPDATE notification_preference SET quiet_from = NULL, quiet_until = NULL,"
        " time_zone = NULL",
    )
    databases.execute("customer", "UPDATE to_customer.pgqueuer SET execute_after = now()")
    await deliver(databases, "customer", "customer")
    assert log(databases) == SENT
    assert len(await received(sandbox)) == 1
    assert queue(databases) == []


@pytest.mark.parametrize(("hours", "expected"), [(1, SENT), (4, SENT), (9, WAITING)])
async def test_a_visit_is_told_in_quiet_hours_when_it_is_soon(
    databases: Databases,
    home: Household,
    sandbox: httpx.AsyncClient,
    quiet: datetime,
    hours: int,
    expected: list[Any],
) -> None:
    del sandbox, quiet
    start = datetime.now(UTC) + timedelta(hours=hours)
    await tell(databases, home, "expert_arriving", "sms", window_start=start.isoformat())
    await deliver(databases, "customer", "customer")
    assert log(databases) == expected


async def test_a_code_that_was_asked_for_comes_at_once_and_is_the_one_that_is_good(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient, quiet: datetime
) -> None:
    del quiet
    id_ = home.ticket_id  # any id will do
    await tell(databases, home, "reset_password", "email", mailed_token_id=str(id_))
    await deliver(databases, "customer", "customer")
    (mail,) = await received(sandbox)
    assert MailedTokens(SURVEY_KEY).token(id_) in mail["text"].splitlines()
