"""Customers see what they were billed, and what was done about it."""

import asyncio
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.guards import CUSTOMERS
from api.customer.statements import page as pages
from api.customer.statements import service
from api.customer.statements.documents import Document
from api.customer.statements.views import StatementDetail, StatementView
from api.kernel.auth import SignedInRequest
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of


def _pdf(document: Document) -> bytes:
    from api.customer.statements.pdf import printed

    return printed(document)


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
        shown, more = cut(found, limit, lambda it: position(it.issued_at, it.id))
        return StatementPage([StatementView.of(statement) for statement in shown], more)

    @get("/{statement_id:uuid}", summary="One statement")
    async def statement(
        self,
        request: SignedInRequest,
        statement_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
    ) -> StatementDetail:
        """Its lines, and the payments, credits and refunds that followed, oldest first."""
        whole = await service.find(session, request.user.id, statement_id)
        return StatementDetail.whole(whole)

    @get("/{statement_id:uuid}/html", media_type="text/html", summary="One statement as a page")
    async def page(
        self,
        request: SignedInRequest,
        statement_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
    ) -> Response[str]:
        """A page to read or print, with everything in it; it loads nothing."""
        document = await service.printed(session, request.user.id, statement_id)
        return Response(pages.html(document), media_type="text/html", headers=pages.HEADERS)

    @get("/{statement_id:uuid}/pdf", media_type="application/pdf", summary="One statement as a PDF")
    async def pdf(
        self,
        request: SignedInRequest,
        statement_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
    ) -> Response[bytes]:
        """US Letter, made when it is asked for."""
        document = await service.printed(session, request.user.id, statement_id)
        made = await asyncio.to_thread(_pdf, document)
        name = f'attachment; filename="statement-{document.number}.pdf"'
        headers = {"Content-Disposition": name}
        return Response(made, media_type="application/pdf", headers=headers)
