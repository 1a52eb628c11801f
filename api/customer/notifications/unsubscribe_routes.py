"""Ending one kind of mail from the mail itself (RFC 8058). The link is all it needs."""

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.linked_pages import AnyRequest, failing
from api.customer.notifications import unsubscribe_pages as pages
from api.customer.notifications import unsubscribing
from api.customer.notifications.unsubscribing import PATH, UnsubscribeLinks


class UnsubscribeController(Controller):
    path = "/notifications/unsubscribe"
    # The application answers with JSON; whoever follows a link reads pages.
    exception_handlers = failing(PATH, pages.refused, pages.trouble)

    @get("/{kind:str}/{token:str}", media_type="text/html", summary="The page that ends mails")
    async def show(
        self,
        kind: FromPath[str],
        token: FromPath[str],
        session: NamedDependency[AsyncSession],
        unsubscribe_links: NamedDependency[UnsubscribeLinks],
    ) -> Response[str]:
        """A page with a button; looking at it changes nothing. 404 for an unknown link."""
        account_id = unsubscribe_links.read(kind, token)
        ended = await unsubscribing.is_ended(session, account_id, kind) if account_id else None
        return pages.unknown() if ended is None else pages.choice(kind, ended=ended, just_now=False)

    @post(
        "/{kind:str}/{token:str}",
        status_code=200,
        media_type="text/html",
        summary="End a kind of mail, or take that back",
    )
    async def change(
        self,
        kind: FromPath[str],
        token: FromPath[str],
        request: AnyRequest,
        session: NamedDependency[AsyncSession],
        unsubscribe_links: NamedDependency[UnsubscribeLinks],
    ) -> Response[str]:
        """A form with `List-Unsubscribe=One-Click`, as mail programs send it (RFC 8058), ends
        this kind of mail; `again=yes` takes that back. 200 and a page, 404 for an unknown link.
        """
        account_id = unsubscribe_links.read(kind, token)
        if account_id is None or await unsubscribing.is_ended(session, account_id, kind) is None:
            return pages.unknown()
        try:
            form = await request.form()
        except UnicodeDecodeError:
            return pages.refused(400)
        ended = form.get("again") != "yes"
        if ended and form.get("List-Unsubscribe") != "One-Click":
            return pages.refused(400)
        await unsubscribing.choose(session, account_id, kind, "none" if ended else "email")
        return pages.choice(kind, ended=ended, just_now=True)
