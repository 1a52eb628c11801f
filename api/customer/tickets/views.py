"""What the ticket routes take and answer."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from sqlalchemy import Row

from api.customer.attachments.views import AttachmentView, ChosenUploads
from api.customer.tickets import words
from api.customer.tickets.rules import requests_allowed
from api.customer.tickets.tables import Ticket, TicketTimeline
from api.kernel.fields import Line, Prose
from api.messages import TicketRequestKind, TicketStatus, Window

Moment = Annotated[
    datetime,
    msgspec.Meta(
        tz=True, description="With its offset from UTC.", examples=["2026-12-01T15:00:00Z"]
    ),
]


class WindowBody(msgspec.Struct, forbid_unknown_fields=True):
    """When a visit would suit; two hours or more."""

    start: Moment
    end: Moment


class NewTicketBody(msgspec.Struct, forbid_unknown_fields=True):
    contract_id: UUID
    address_id: UUID
    ticket_type: Line
    description: Prose
    preferred_windows: list[WindowBody] = []
    attachment_ids: ChosenUploads = []


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Prose | None = None


class ReopenBody(msgspec.Struct, forbid_unknown_fields=True):
    """`reason`: what is still wrong."""

    reason: Prose


class RescheduleBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without windows, any time suits."""

    reason: Prose | None = None
    preferred_windows: list[WindowBody] = []


class WindowView(msgspec.Struct):
    start: datetime
    end: datetime


class LastAnswer(msgspec.Struct):
    """What became of the last request; `allowed` names what can be asked for instead.

    `text` says all of it in a sentence.
    """

    kind: TicketRequestKind
    accepted: bool
    reason: str | None
    allowed: list[str]
    at: datetime
    text: str

    @classmethod
    def of(cls, kept: dict[str, Any] | None) -> Self | None:
        """The answer as it was kept, in words."""
        if kept is None:
            return None
        text = words.answer(
            kept["kind"],
            accepted=kept["accepted"],
            reason=kept["reason"],
            allowed=kept["allowed"],
        )
        return msgspec.convert(kept | {"text": text}, cls)


class TicketView(msgspec.Struct, kw_only=True):
    """`arrival_window` and `expert_name` are set from the acceptance of a visit on, and go when
    the visit is off; `expert_set_out_at` from when the expert is on the way. `next_step` says what
    happens next, and what can be done about it.

    `number` is given by the service organisation, some seconds after submission.
    """

    id: UUID
    number: int | None
    status: TicketStatus
    contract_id: UUID
    address_id: UUID
    ticket_type: str
    description: str
    priority: str
    channel: str
    preferred_windows: list[WindowView]
    arrival_window: WindowView | None
    expert_name: str | None
    expert_set_out_at: datetime | None
    resolution: str | None
    next_step: str
    pending_request: TicketRequestKind | None
    last_answer: LastAnswer | None
    submitted_at: datetime
    resolved_at: datetime | None
    updated_at: datetime

    @classmethod
    def of(cls, ticket: Ticket | Row[Any], now: datetime, **more: Any) -> Self:
        allowed = requests_allowed(ticket.status, now=now, resolved_at=ticket.resolved_at)
        window = None
        if ticket.window_start is not None and ticket.window_end is not None:
            window = WindowView(ticket.window_start, ticket.window_end)
        return cls(
            id=ticket.id,
            number=ticket.number,
            status=ticket.status,
            contract_id=ticket.contract_id,
            address_id=ticket.address_id,
            ticket_type=ticket.ticket_type,
            description=ticket.description,
            priority=ticket.priority,
            channel=ticket.channel,
            preferred_windows=msgspec.convert(ticket.preferred_windows, list[WindowView]),
            arrival_window=window,
            expert_name=ticket.expert_name,
            expert_set_out_at=ticket.set_out_at,
            resolution=ticket.resolution,
            next_step=words.next_step(
                ticket.status,
                pending=ticket.pending_request,
                expert_name=ticket.expert_name,
                on_the_way=ticket.set_out_at is not None,
                customer_absences=ticket.customer_absences,
                may_reopen="reopen" in allowed,
            ),
            pending_request=ticket.pending_request,
            last_answer=LastAnswer.of(ticket.last_answer),
            submitted_at=ticket.submitted_at,
            resolved_at=ticket.resolved_at,
            updated_at=ticket.updated_at,
            **more,
        )


class TimelineEntry(msgspec.Struct):
    """One thing that happened, in plain words."""

    at: datetime
    status: TicketStatus
    text: str


class PartUsed(msgspec.Struct):
    """A part that an expert used, and when that visit ended."""

    name: str
    part_number: str | None
    quantity: int
    at: datetime


class TicketWithTimeline(TicketView, kw_only=True):
    timeline: list[TimelineEntry]
    attachments: list[AttachmentView]
    parts: list[PartUsed]


class TicketPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[TicketView]
    next_cursor: str | None


class PendingRequest(msgspec.Struct):
    """A request on its way to the service organisation; the ticket shows its answer."""

    request_id: UUID
    ticket_id: UUID
    kind: TicketRequestKind
    status: str = "pending"


def timeline_of(rows: list[TicketTimeline]) -> list[TimelineEntry]:
    before: list[TicketStatus | None] = [None, *(row.status for row in rows)]
    return [
        TimelineEntry(row.at, row.status, words.tell(earlier, row.status, row.reason, row.action))
        for earlier, row in zip(before, rows, strict=False)
    ]


def parts_of(rows: list[TicketTimeline]) -> list[PartUsed]:
    """All parts of all visits, in the order of the visits."""
    return [
        PartUsed(part["name"], part["part_number"], part["quantity"], row.at)
        for row in rows
        for part in row.parts
    ]


def windows_of(bodies: list[WindowBody]) -> list[Window]:
    return [Window(body.start, body.end) for body in bodies]


def pending_of(ticket: Ticket) -> PendingRequest:
    if ticket.pending_request is None or ticket.pending_request_id is None:
        raise ValueError(f"Ticket {ticket.id} has no pending request.")
    return PendingRequest(ticket.pending_request_id, ticket.id, ticket.pending_request)
