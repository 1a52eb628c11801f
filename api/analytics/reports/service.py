"""Questions to the published snapshot, asked in threads: DuckDB would block the event loop."""

import asyncio
from typing import Any, Final
from uuid import UUID

from api.kernel.errors import DomainError, Forbidden, NotFound
from warehouse import reports
from warehouse.read import NothingPublished, Snapshot, Warehouse

# DuckDB's memory is bounded for all queries together: few at a time, the others wait.
AT_ONCE: Final = 4
OVERSEERS: Final = frozenset({"manager", "administrator"})

_TICKET: Final = """
SELECT
    ticket_id, ticket_number AS number, status, priority, channel, plan_code, ticket_type,
    submitted_at, sla_due_at, first_assigned_at, first_accepted_at, resolved_at, closed_at,
    is_sla_met, is_first_time_fix, visits, rejections, reopens, unassigned_reason, survey_score
FROM fct_ticket
WHERE ticket_id = $ticket_id
"""


class NothingPublishedYet(DomainError):
    """There is no version to read; the schedule makes the first one."""

    status_code = 503
    title = "Nothing published yet"


class Published:
    """The warehouse as the report API reads it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def snapshot(self) -> Snapshot:
        """The version shown now; raises NothingPublishedYet."""
        try:
            return await asyncio.to_thread(self._warehouse.snapshot)
        except NothingPublished as nothing:
            raise NothingPublishedYet(str(nothing)) from nothing

    async def ask(
        self, snapshot: Snapshot, report: reports.Report, filters: reports.Filters
    ) -> reports.Table:
        """The rows of a report; raises TooMuch."""
        async with self._slots:
            return await asyncio.to_thread(reports.ask, snapshot, report, filters)

    async def ticket(self, snapshot: Snapshot, ticket_id: UUID) -> dict[str, Any]:
        """The ticket's row in the mart; raises NotFound while it is not in this version."""
        async with self._slots:
            rows = await asyncio.to_thread(snapshot.rows, _TICKET, {"ticket_id": str(ticket_id)})
        if not rows:
            raise NotFound(f"This ticket is not in the version as of {snapshot.as_of:%c %Z}.")
        return rows[0]


def readable(roles: frozenset[str]) -> list[reports.Report]:
    """The reports that these roles may read: finance reads its own page, and what it rests on."""
    if roles & OVERSEERS:
        return list(reports.REPORTS)
    return [report for report in reports.REPORTS if report.page in roles | {"trust"}]


def find(name: str, roles: frozenset[str]) -> reports.Report:
    """The report of this name; raises NotFound or Forbidden."""
    report = reports.find(name)
    if report is None:
        raise NotFound("There is no report of this name. GET /analytics/reports lists them.")
    if report not in readable(roles):
        raise Forbidden("This report is for managers and administrators.")
    return report
