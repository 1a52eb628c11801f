"""What staff see of tickets, and what the helpdesk says of them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import FieldError, NotFound
from api.kernel.fields import Line, Phone, Prose, Zip
from api.messages import Priority, ServiceAddress, TicketStatus, Window
from api.sysops.attachments import service as photos
from api.sysops.experts.rules import Rule
from api.sysops.staff.tables import Staff
from api.sysops.tickets import rules, telling, unreached, visit_lists
from api.sysops.tickets.rules import Escalation
from api.sysops.tickets.tables import Assignment, Ticket, TicketEvent
from api.sysops.tickets.visit_lists import Parts
from api.sysops.tickets.visit_views import NoteView, PartView


class Cancellation(msgspec.Struct, forbid_unknown_fields=True):
    """`reason` is what the customer reads."""

    reason: Line


class Reopening(msgspec.Struct, forbid_unknown_fields=True):
    """`reason`: what is still wrong; the customer reads it."""

    reason: Prose


class Rescheduling(msgspec.Struct, forbid_unknown_fields=True):
    """`preferred_windows` replace those of the ticket; without any, every time suits."""

    reason: Line
    preferred_windows: Annotated[list[Window], Meta(max_length=10)] = []


class Amending(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be corrected; what is left out stays as it is."""

    contact_name: Line | msgspec.UnsetType = msgspec.UNSET
    contact_phone: Phone | msgspec.UnsetType = msgspec.UNSET
    description: Prose | msgspec.UnsetType = msgspec.UNSET
    reason: Line | None = None


class RaisedPriority(msgspec.Struct, forbid_unknown_fields=True):
    """Higher than now; `reason` is for staff alone."""

    priority: Priority
    reason: Line


class Note(msgspec.Struct, forbid_unknown_fields=True):
    text: Prose


class VisitAddress(msgspec.Struct, forbid_unknown_fields=True):
    line1: Line
    city: Line
    zip: Zip
    line2: Line | None = None


class PhoneTicket(msgspec.Struct, forbid_unknown_fields=True):
    """A ticket taken by phone, in the customer's name."""

    customer_id: UUID
    contract_id: UUID
    contact_name: Line
    contact_phone: Phone
    address: VisitAddress
    ticket_type: Line
    description: Prose
    priority: Priority = "normal"
    preferred_windows: Annotated[list[Window], Meta(max_length=10)] = []


class EventView(msgspec.Struct):
    """What was done (`action`), by whom, and the ticket's status after it; `escalation` says why it
    became a matter for people.
    """

    version: int
    at: datetime
    actor: str
    status: str
    reason: str | None
    action: str | None
    escalation: Escalation | None


class OverrideView(msgspec.Struct):
    """The hard rules that a manager waived for a visit, and why."""

    codes: list[Rule]
    reason: str


class AssignmentView(msgspec.Struct, kw_only=True):
    """Who was proposed, with what the helpdesk needs to reach that expert.

    `outcome` says how it ended; `parts` were used, `bring` is what the next visit needs. `source`
    is manual where somebody (`assigned_by`) chose the expert instead of a run; `override` names
    the rules that were waived.
    """

    id: UUID
    expert_id: UUID
    expert_name: str
    expert_email: str
    expert_phone: str
    window: Window
    status: str
    travel_km: float
    answer_by: datetime
    set_out_at: datetime | None
    started_at: datetime | None
    outcome: str | None
    reason: str | None
    parts: list[PartView]
    bring: list[PartView]
    source: Literal["run", "manual"]
    assigned_by: UUID | None
    pinned: bool
    override: OverrideView | None

    @classmethod
    def of(cls, assignment: Assignment, expert: Staff, used: Parts, bring: Parts) -> Self:
        own = {
            name: getattr(assignment, name)
            for name in (
                "id", "status", "travel_km", "answer_by", "set_out_at", "started_at", "outcome",
                "reason", "source", "assigned_by", "pinned",
            )
        }  # fmt: skip
        return cls(
            **own,
            expert_id=expert.id,
            expert_name=expert.full_name,
            expert_email=expert.email,
            expert_phone=expert.phone,
            window=telling.window_of(assignment),
            parts=PartView.listed(used.get(assignment.id, [])),
            bring=PartView.listed(bring.get(assignment.id, [])),
            override=msgspec.convert(assignment.override, OverrideView | None),
        )


class TicketView(msgspec.Struct):
    """A ticket as staff see it; `allowed_actions` is what the state machine accepts now.

    Absences count visits for nothing: nobody was at home, the expert did not come. No visit is
    planned before `earliest_visit_at`.
    """

    id: UUID
    number: int
    customer_id: UUID
    contract_id: UUID
    contact_name: str
    contact_phone: str
    address: ServiceAddress
    ticket_type: str
    description: str
    priority: Priority
    channel: str
    status: TicketStatus
    version: int
    preferred_windows: list[Window]
    customer_absences: int
    expert_absences: int
    earliest_visit_at: datetime | None
    submitted_at: datetime
    sla_due_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    allowed_actions: list[str]


class UnreachedView(msgspec.Struct):
    """What the customer was not told by any channel; `code` is the mail or SMS provider's."""

    at: datetime
    kind: str
    code: str


class TicketDetail(msgspec.Struct):
    """`attachment_count` is how many photos there are at `/tickets/{id}/attachments`; `notes` are
    for staff alone; `unreached` is empty while the customer was reached with everything.
    """

    ticket: TicketView
    events: list[EventView]
    assignments: list[AssignmentView]
    attachment_count: int
    notes: list[NoteView]
    unreached: list[UnreachedView]


def view(ticket: Ticket, now: datetime) -> TicketView:
    """What staff see of a ticket."""
    own = {
        field.name: getattr(ticket, field.name)
        for field in msgspec.structs.fields(TicketView)
        if field.name not in {"address", "preferred_windows", "allowed_actions"}
    }
    allowed = rules.allowed_actions(ticket.status, now=now, resolved_at=ticket.resolved_at)
    return TicketView(
        **own,
        address=telling.address_of(ticket),
        preferred_windows=list(telling.preferred_of(ticket)),
        allowed_actions=list(allowed),
    )


async def detail(session: AsyncSession, ticket_id: UUID, now: datetime) -> TicketDetail:
    """A ticket with all its events, everybody who was proposed, and notes; raises NotFound."""
    ticket = await session.get(Ticket, ticket_id)
    if ticket is None:
        raise NotFound("There is no such ticket.")
    events = await session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.version)
    )
    proposed = Assignment.ticket_id == ticket_id
    return TicketDetail(
        ticket=view(ticket, now),
        events=[
            EventView(e.version, e.at, e.actor, e.to_status, e.reason, e.action, e.escalation)
            for e in events
        ],
        assignments=await assignments(session, proposed),
        attachment_count=(await photos.counts(session, [ticket_id])).get(ticket_id, 0),
        notes=NoteView.listed(await visit_lists.notes(session, ticket_id)),
        unreached=[
            UnreachedView(it.at, it.kind, it.code)
            for it in await unreached.of_ticket(session, ticket_id)
        ],
    )


async def assignments(session: AsyncSession, wanted: ColumnElement[bool]) -> list[AssignmentView]:
    """Those who were proposed, in the order in which they were."""
    rows = await session.execute(
        select(Assignment, Staff)
        .join(Staff, Staff.id == Assignment.expert_id)
        .where(wanted)
        .order_by(Assignment.proposed_at)
    )
    proposed = rows.all()
    ids = [assignment.id for assignment, _ in proposed]
    used = await visit_lists.parts_of(session, ids)
    bring = await visit_lists.parts_of(session, ids, "bring")
    return [AssignmentView.of(assignment, expert, used, bring) for assignment, expert in proposed]


def window_errors(windows: list[Window], now: datetime) -> list[FieldError]:
    """What is wrong with the windows in which the customer would like the visit."""
    return [
        FieldError(f"/preferred_windows/{index}", wrong)
        for index, window in enumerate(windows)
        if (wrong := rules.window_problem(window, now))
    ]
