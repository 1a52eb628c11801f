"""A customer whom no message reaches is called."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx

from api.messages import CustomerUnreached
from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases
from tests.messaging import dead_letters, deliver, send
from tests.world import Household, furnish


async def test_the_helpdesk_reads_in_the_ticket_what_was_not_told_and_is_mailed_where_it_must_call(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, home: Household
) -> None:
    furnish(databases)
    add_staff(databases, "helpdesk")
    headers = await sign_in("helpdesk@squad.example")
    ticket = home.ticket()
    await send(databases, home.entitlement(), ticket)
    await deliver(databases, "customer", "sysops")

    async def unreached(kind: str, *, call: bool) -> CustomerUnreached:
        message = CustomerUnreached(
            ticket_id=ticket.ticket_id,
            notification_id=uuid4(),
            kind=kind,
            code="550",
            call=call,
            at=datetime.now(UTC),
        )
        # Twice, as a repetition after a crash: one line, one mail.
        await send(databases, message, message, role="customer_notifier")
        await deliver(databases, "customer", "sysops")
        return message

    await unreached("survey_invitation", call=False)
    arriving = await unreached("expert_arriving", call=True)
    seen = (await sysops.get(f"/sysops/tickets/{ticket.ticket_id}", headers=headers)).json()
    assert [(it["kind"], it["code"]) for it in seen["unreached"]] == [
        ("survey_invitation", "550"),
        ("expert_arriving", "550"),
    ]
    mails = databases.rows("sysops", "SELECT kind, cause, context ->> 'about' FROM notification")
    assert mails == [("customer_unreached", str(arriving.notification_id), "expert arriving")]


async def test_word_of_a_ticket_that_is_not_here_yet_waits_for_it(databases: Databases) -> None:
    message = CustomerUnreached(
        ticket_id=uuid4(),
        notification_id=uuid4(),
        kind="visit_off",
        code="550",
        call=True,
        at=datetime.now(UTC),
    )
    await send(databases, message, role="customer_notifier")
    databases.execute("customer", "UPDATE to_sysops.pgqueuer SET attempts = 11")
    await deliver(databases, "customer", "sysops")
    assert dead_letters(databases, "customer", "sysops") == 1
