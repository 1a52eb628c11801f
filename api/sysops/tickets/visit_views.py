"""What the routes of visits take and answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.fields import Line, Prose
from api.messages import Part, Priority, ServiceAddress, TicketStatus, Window
from api.sysops.attachments import service as photos
from api.sysops.tickets import telling, visit_rules
from api.sysops.tickets.visit_lists import Earlier, Known, Made, to_bring
from api.sysops.tickets.visit_tables import TicketNote, VisitPart

MOST_PARTS = 20


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Line


class Start(msgspec.Struct, forbid_unknown_fields=True):
    """`agreed_with_customer`: the customer is there and wants the visit earlier than promised."""

    agreed_with_customer: bool = False


class PartBody(msgspec.Struct, forbid_unknown_fields=True):
    """A spare part; `part_number` is the maker's, when there is one."""

    name: Line
    part_number: Line | None = None
    quantity: Annotated[int, Meta(ge=1, le=999)] = 1

    def part(self) -> Part:
        return Part(name=self.name, part_number=self.part_number, quantity=self.quantity)


PartBodies = Annotated[list[PartBody], Meta(max_length=MOST_PARTS)]
ArticleIds = Annotated[list[UUID], Meta(max_length=20)]


class Completion(msgspec.Struct, forbid_unknown_fields=True):
    """`resolution` is what the customer reads, `parts` what was used."""

    resolution: Prose
    parts: PartBodies = []
    article_ids: ArticleIds = []


class FollowUp(msgspec.Struct, forbid_unknown_fields=True):
    """`reason` is what the customer reads: what is still wrong, what is needed next time.

    `parts` were used at this visit, `bring` is for the next one.
    """

    reason: Line
    parts: PartBodies = []
    bring: PartBodies = []
    article_ids: ArticleIds = []


class PartView(msgspec.Struct):
    name: str
    part_number: str | None
    quantity: int

    @classmethod
    def listed(cls, parts: Sequence[VisitPart]) -> list[Self]:
        return [cls(part.name, part.part_number, part.quantity) for part in parts]


class VisitView(msgspec.Struct, kw_only=True):
    """A visit as its expert sees it; `id` is the assignment's.

    `set_out_from` and `start_from` are the earliest moments to say so. `preferred_windows` are
    empty when any time suits the customer. `travel_km` is by road from the expert's home. `bring`
    is what the visit before this one asked for. `attachment_count` is how many photos there are
    at `/visits/{id}/attachments`.
    """

    id: UUID
    ticket_id: UUID
    number: int
    status: str
    ticket_status: TicketStatus
    window: Window
    answer_by: datetime
    set_out_from: datetime
    start_from: datetime
    set_out_at: datetime | None
    started_at: datetime | None
    contact_name: str
    contact_phone: str
    address: ServiceAddress
    device_type: str
    device_name: str
    ticket_type: str
    ticket_type_name: str
    description: str
    preferred_windows: list[Window]
    priority: Priority
    travel_km: float
    bring: list[PartView]
    attachment_count: int

    @classmethod
    def of(cls, visit: Known, bring: Sequence[VisitPart], attachment_count: int) -> Self:
        ticket, assignment = visit.ticket, visit.assignment
        window = telling.window_of(assignment)
        return cls(
            id=assignment.id,
            ticket_id=ticket.id,
            number=ticket.number,
            status=assignment.status,
            ticket_status=ticket.status,
            window=window,
            answer_by=assignment.answer_by,
            set_out_from=visit_rules.set_out_from(window, assignment.travel_km),
            start_from=visit_rules.start_from(window),
            set_out_at=assignment.set_out_at,
            started_at=assignment.started_at,
            contact_name=ticket.contact_name,
            contact_phone=ticket.contact_phone,
            address=telling.address_of(ticket),
            device_type=visit.device.code,
            device_name=visit.device.name,
            ticket_type=visit.kind.code,
            ticket_type_name=visit.kind.name,
            description=ticket.description,
            preferred_windows=list(telling.preferred_of(ticket)),
            priority=ticket.priority,
            travel_km=assignment.travel_km,
            bring=PartView.listed(bring),
            attachment_count=attachment_count,
        )


async def views(session: AsyncSession, visits: Sequence[Known]) -> list[VisitView]:
    """Visits with what has to be brought, and how many photos there are."""
    ids = [visit.ticket.id for visit in visits]
    bring, count = await to_bring(session, ids), await photos.counts(session, ids)
    return [
        VisitView.of(visit, bring.get(visit.ticket.id, []), count.get(visit.ticket.id, 0))
        for visit in visits
    ]


class MadeVisit(msgspec.Struct):
    """A visit at which an expert was there.

    `outcome` is resolved, follow_up or customer_absent (null where it was not kept), `note` what
    the expert said of it.
    """

    id: UUID
    expert_name: str
    window: Window
    ended_at: datetime | None
    outcome: str | None
    note: str | None
    parts: list[PartView]

    @classmethod
    def of(cls, made: Made) -> Self:
        visit = made.assignment
        return cls(
            visit.id,
            made.expert_name,
            telling.window_of(visit),
            visit.completed_at,
            visit.outcome,
            visit.reason,
            PartView.listed(made.parts),
        )


class ArticleName(msgspec.Struct):
    id: UUID
    title: str


class EarlierTicket(msgspec.Struct):
    """Another ticket of this customer on this type of device."""

    number: int
    ticket_type: str
    ticket_type_name: str
    status: TicketStatus
    submitted_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    visits: list[MadeVisit]
    articles: list[ArticleName]

    @classmethod
    def of(cls, earlier: Earlier) -> Self:
        ticket = earlier.ticket
        return cls(
            ticket.number,
            earlier.kind.code,
            earlier.kind.name,
            ticket.status,
            ticket.submitted_at,
            ticket.resolved_at,
            ticket.resolution,
            [MadeVisit.of(visit) for visit in earlier.visits],
            [ArticleName(*article) for article in earlier.articles],
        )


class NoteView(msgspec.Struct):
    """What a member of staff noted for the others."""

    at: datetime
    author_name: str
    text: str

    @classmethod
    def listed(cls, notes: Sequence[tuple[TicketNote, str]]) -> list[Self]:
        return [cls(note.at, name, note.text) for note, name in notes]


class VisitDetail(msgspec.Struct):
    """A visit with what helps to come prepared; only as long as the visit is the expert's.

    `earlier_visits` are of this ticket, `history` has the customer's other tickets on this type
    of device (the last 20), `notes` are internal.
    """

    visit: VisitView
    earlier_visits: list[MadeVisit]
    history: list[EarlierTicket]
    notes: list[NoteView]


class PastVisit(msgspec.Struct):
    """A visit that the expert has made: what was done and where about, no name and no telephone."""

    id: UUID
    number: int
    window: Window
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    device_name: str
    ticket_type_name: str
    city: str
    zip: str
    resolution: str | None
    note: str | None
    parts: list[PartView]

    @classmethod
    def of(cls, visit: Known, parts: Sequence[VisitPart]) -> Self:
        ticket, assignment = visit.ticket, visit.assignment
        return cls(
            assignment.id,
            ticket.number,
            telling.window_of(assignment),
            assignment.started_at,
            assignment.completed_at,
            assignment.outcome,
            visit.device.name,
            visit.kind.name,
            ticket.city,
            ticket.zip,
            ticket.resolution if assignment.outcome == "resolved" else None,
            assignment.reason,
            PartView.listed(parts),
        )


class PastVisits(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[PastVisit]
    next_cursor: str | None
