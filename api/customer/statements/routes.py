"""Customers see what they were billed."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.guards import CUSTOMERS
from api.customer.statements import service
from api.customer.statements.tables import Statement
from api.kernel.auth import SignedInRequest
from api.kernel.paging import PageCursor, PageSize, cursor_of, position_of


class LineView(msgspec.Struct):
    text: str
    cents: int


class StatementView(msgspec.Struct):
    """An invoice: its lines sum to `total_cents`; `reason` says why a payment failed."""

    id: UUID
    number: str
    contract_id: UUID
    status: str
    period_start: date
    period_end: date
    lines: list[LineView]
    total_cents: int
    currency: str
    issued_at: datetime
    reason: str | None

    @classmethod
    def of(cls, statement: Statement) -> Self:
        return cls(
            id=statement.id,
            number=statement.number,
            contract_id=statement.contract_id,
            status=statement.status,
            period_start=statement.period_start,
            period_end=statement.period_end,
            lines=[LineView(text, cents) for text, cents in statement.lines],
            total_cents=statement.total_cents,
            currency=statement.currency,
            issued_at=statement.issued_at,
            reason=statement.reason,
        )


class StatementPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[StatementView]
    next_cursor: str | None


class StatementController(Controller):
    path = "/statements"
    guards = CUSTOMERS

    @get(summary="My statements")
    async def statements(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> StatementPage:
        """Invoices and what became of them, the newest first, page by page."""
        after = position_of(cursor) if cursor else None
        found = await service.page(session, request.user.id, after, limit + 1)
        shown = found[:limit]
        more = cursor_of(shown[-1].issued_at, shown[-1].id) if len(found) > limit else None
        return StatementPage([StatementView.of(statement) for statement in shown], more)
