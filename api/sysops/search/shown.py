"""What of a ticket a list shows: what the helpdesk needs to tell one from another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.sets import equals_any
from api.sysops.catalogue.tables import TicketType
from api.sysops.knowledge.search import SNIPPET_OPTIONS
from api.sysops.search.words import Term, any_of
from api.sysops.staff.tables import Staff
from api.sysops.tickets.tables import Assignment, Customer, Ticket

_SNIPPETS = text("""
    SELECT id, ts_headline('knowledge', description || coalesce(E'\\n' || resolution, ''),
        CAST(:words AS tsquery), :options) AS snippet
    FROM ticket WHERE id = ANY(CAST(:ids AS uuid[]))
""")


@dataclass(frozen=True)
class Row:
    """A ticket with who it is of and who has it now; `snippet` is None where nothing was typed."""

    ticket: Ticket
    customer_name: str | None
    device_type: str
    assignment: Assignment | None
    expert_name: str | None
    snippet: str | None


async def rows(session: AsyncSession, ids: Sequence[UUID], terms: Sequence[Term] = ()) -> list[Row]:
    """The tickets with these ids, in their order."""
    if not ids:
        return []
    standing = and_(
        Assignment.ticket_id == Ticket.id, Assignment.status.in_(("proposed", "accepted"))
    )
    query = (
        select(Ticket, Customer.full_name, TicketType.device_type, Assignment, Staff.full_name)
        .join(TicketType, TicketType.code == Ticket.ticket_type)
        .outerjoin(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Assignment, standing)
        .outerjoin(Staff, Staff.id == Assignment.expert_id)
        .where(equals_any(Ticket.id, ids))
    )
    snippets = await _snippets(session, ids, terms)
    found: dict[UUID, Row] = {}
    for ticket, customer, device, assignment, expert in await session.execute(query):
        found[ticket.id] = Row(
            ticket, customer, device, assignment, expert, snippets.get(ticket.id)
        )
    return [found[one] for one in ids if one in found]


async def _snippets(
    session: AsyncSession, ids: Sequence[UUID], terms: Sequence[Term]
) -> dict[UUID, str]:
    if not terms:
        return {}
    parameters: dict[str, Any] = {
        "words": any_of(word for term in terms for word in term.words),
        "options": SNIPPET_OPTIONS,
        "ids": list(ids),
    }
    return {row.id: row.snippet for row in await session.execute(_SNIPPETS, parameters)}
