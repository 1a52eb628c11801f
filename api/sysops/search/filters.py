"""What a list of tickets is narrowed to, beside words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, not_, select
from sqlalchemy.dialects.postgresql import TSQUERY

from api.messages import Priority, TicketStatus
from api.sysops.search.newest import Range
from api.sysops.search.tables import TicketIndex
from api.sysops.tickets.tables import Assignment, Ticket

OPEN_WORK: Final[frozenset[TicketStatus]] = frozenset(
    {"submitted", "open", "escalated", "assigned", "accepted", "in_progress"}
)
_ENDED: Final = ("resolved", "closed", "cancelled")
# Whoever rejected a ticket, or let it expire, did not have it.
_HAS_OR_HAD: Final = ("proposed", "accepted", "completed")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Each narrows the list; what is None or empty does not. `until` is excluded.

    A ticket is the expert's while it is proposed to or promised by that expert, and after the
    visit. Overdue is what is open after its promised time.
    """

    statuses: Collection[TicketStatus] = ()
    ticket_types: Collection[str] | None = None
    states: Collection[str] | None = None
    priorities: Collection[Priority] = ()
    channel: str | None = None
    expert_id: UUID | None = None
    customer_id: UUID | None = None
    overdue: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def few(self) -> bool:
        """Whether what is left is bounded by open work, or by one person's tickets."""
        open_only = bool(self.statuses) and OPEN_WORK.issuperset(self.statuses)
        return bool(self.customer_id or self.expert_id or self.overdue or open_only)

    def facets(self, index: Any) -> list[ColumnElement[bool]]:
        """What the index can tell, of its own columns or of what is selected from it."""
        return [
            index.facets.overlap([f"{name}:{value}" for value in values])
            for name, values in self._lasting().items()
        ]

    def passing(self, now: datetime) -> list[ColumnElement[bool]]:
        """What the ticket itself must tell, for it changes."""
        late = and_(Ticket.sla_due_at <= now, Ticket.status.not_in(_ENDED))
        found: list[ColumnElement[bool]] = []
        if self.statuses:
            found.append(Ticket.status.in_(sorted(self.statuses)))
        if self.overdue is not None:
            found.append(late if self.overdue else not_(late))
        if self.customer_id is not None:
            found.append(Ticket.customer_id == self.customer_id)
        if self.expert_id is not None:
            theirs = select(Assignment.ticket_id).where(
                Assignment.expert_id == self.expert_id, Assignment.status.in_(_HAS_OR_HAD)
            )
            found.append(Ticket.id.in_(theirs))
        return found

    def all(self, now: datetime) -> list[ColumnElement[bool]]:
        """All of it, told by the ticket."""
        lasting = [getattr(Ticket, _COLUMNS[name]).in_(sorted(values))
                   for name, values in self._lasting().items()]  # fmt: skip
        moments = []
        if self.since is not None:
            moments.append(Ticket.submitted_at >= self.since)
        if self.until is not None:
            moments.append(Ticket.submitted_at < self.until)
        return [*self.passing(now), *lasting, *moments]

    def range(self) -> Range:
        return Range(since=self.since, until=self.until)

    def _lasting(self) -> dict[str, Collection[str]]:
        values = {
            "type": self.ticket_types,
            "state": self.states,
            "priority": self.priorities or None,
            "channel": [self.channel] if self.channel else None,
        }
        return {name: values for name, values in values.items() if values is not None}


_COLUMNS: Final = {
    "type": "ticket_type",
    "state": "state",
    "priority": "priority",
    "channel": "channel",
}


def having(query: str, index: Any = TicketIndex) -> ColumnElement[bool]:
    """A document that a tsquery matches."""
    found: ColumnElement[bool] = index.document.bool_op("@@")(cast(query, TSQUERY))
    return found
