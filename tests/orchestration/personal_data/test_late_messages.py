"""What comes after an erasure, late or once more, does not bring the person back."""

from contextlib import nullcontext
from datetime import UTC, date, datetime
from uuid import uuid4

import msgspec
import pytest

from api.kernel.sealing import seal
from api.messages import (
    CardOutcome,
    CardSealed,
    InvoiceIssued,
    PhoneTicketCreated,
    TicketAttachmentChanged,
    TicketProgress,
)
from tests.integration.billing.support import BOX, GOOD_NUMBER, intake
from tests.messaging import deliver, send
from tests.orchestration.personal_data.history import CANARY, History, begin, finish

LATE = "late words"
NOW = datetime.now(UTC)


@pytest.fixture
async def erased(history: History) -> History:
    await begin(history)
    await finish(history)
    return history


def photo(history: History) -> TicketAttachmentChanged:
    ((ticket_id,),) = history.databases.rows("sysops", "SELECT id FROM ticket LIMIT 1")
    return TicketAttachmentChanged(
        attachment_id=uuid4(),
        ticket_id=ticket_id,
        version=1,
        file_name=f"{LATE}.jpg",
        media_type="image/jpeg",
        size_bytes=1,
        at=NOW,
    )


def progress(history: History) -> TicketProgress:
    ((ticket_id, number, version),) = history.databases.rows(
        "sysops", "SELECT id, number, version FROM ticket WHERE status = 'resolved'"
    )
    return TicketProgress(
        ticket_id=ticket_id,
        number=number,
        version=version + 1,
        status="closed",
        at=NOW,
        reason=LATE,
        resolution=LATE,
        expert_name=LATE,
    )


async def test_sysops_keeps_no_directory_no_ticket_and_no_name_of_a_photo(erased: History) -> None:
    home = erased.world.home
    again = msgspec.structs.replace(home.directory(99), full_name=LATE)
    ticket = msgspec.structs.replace(home.ticket(), description=LATE)
    await send(erased.databases, again, ticket, photo(erased))
    assert await deliver(erased.databases, "customer", "sysops") == 3
    assert erased.traces(LATE, CANARY, "Congress") == set()
    tickets = erased.databases.rows("sysops", "SELECT count(*) FROM ticket")
    assert tickets == [(2,)]


async def test_the_customer_database_follows_states_and_keeps_no_words(erased: History) -> None:
    home = erased.world.home
    ticket = home.ticket()
    called = PhoneTicketCreated(
        number=999,
        version=1,
        status="open",
        **{
            name: getattr(ticket, name)
            for name in PhoneTicketCreated.__struct_fields__
            if hasattr(ticket, name)
        },
    )
    await send(erased.databases, progress(erased), called)
    bill = InvoiceIssued(
        invoice_id=uuid4(),
        customer_id=home.customer_id,
        contract_id=home.contract_id,
        number="INV-00000077",
        version=1,
        status="paid",
        period_start=date(2026, 10, 1),
        period_end=date(2026, 10, 31),
        total_cents=0,
        currency="USD",
        lines=[],
        at=NOW,
    )
    ((card_id,),) = erased.databases.rows("customer", "SELECT id FROM card")
    refused = CardOutcome(card_id=card_id, customer_id=home.customer_id, status="refused")
    await send(erased.databases, bill, refused)
    await deliver(erased.databases, "sysops", "customer")
    await deliver(erased.databases, "billing", "customer")
    assert erased.traces(LATE, "Congress", ticket.description) == set()
    states = erased.databases.rows("customer", "SELECT DISTINCT status FROM ticket ORDER BY 1")
    assert states == [("cancelled",), ("closed",)]
    assert (
        erased.databases.rows("customer", "SELECT 1 FROM notification WHERE status = 'queued'")
        == []
    )


async def test_the_vault_takes_no_card(erased: History) -> None:
    card_id, home = uuid4(), erased.world.home
    ids = {"card_id": str(card_id), "customer_id": str(home.customer_id), "key_id": BOX.key_id}
    card = CardSealed(
        card_id=card_id,
        customer_id=home.customer_id,
        key_id=BOX.key_id,
        sealed=seal(BOX.public_key, {"number": GOOD_NUMBER, **ids}),
        brand="visa",
        last4="4242",
        exp_month=12,
        exp_year=2035,
    )
    await send(erased.databases, card)
    await deliver(erased.databases, "customer", "billing", nullcontext(intake()))
    statuses = erased.databases.rows("billing", "SELECT DISTINCT status FROM vault_card")
    assert statuses == [("destroyed",)]
