"""The pages behind the links of mails: plain HTML without scripts, everything in one answer."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import structlog
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from sqlalchemy.exc import SQLAlchemyError

from api.kernel.database import is_busy, is_unavailable
from api.kernel.errors import NotNow
from api.kernel.problems import RETRY_SECONDS

_PACKAGE = "api.customer"
_STYLE = (files(_PACKAGE) / "templates" / "style.css").read_text(encoding="utf-8")
# The one style of a page is allowed by its hash; nothing else is loaded, framed or run.
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    # The link is a key.
    "X-Robots-Tag": "noindex",
}

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]
Page = Response[str]
Handler = Callable[[AnyRequest, Any], Response[Any]]


class LinkedPages:
    """The pages of one kind of link, made of a package's own templates in the common frame."""

    def __init__(self, package: str, folder: str = "templates", **names: object) -> None:
        """`names` are what the templates know beside what a page tells them."""
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package, folder), PackageLoader(_PACKAGE)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(names, style=_STYLE)

    def page(self, template: str, status: int, **context: object) -> Page:
        """A template of the package as an answer."""
        return Response(
            self._environment.get_template(template).render(context),
            status_code=status,
            media_type=MediaType.HTML,
            headers=HEADERS,
        )

    def message(self, status: int, title: str, *paragraphs: str) -> Page:
        """A page that only says something."""
        return self.page("message.html", status, title=title, paragraphs=paragraphs)


def failing(
    path: str, refused: Callable[[int], Page], trouble: Callable[[int], Page]
) -> dict[int | type[Exception], Handler]:
    """What answers errors on these pages: elsewhere the application does, with JSON.

    `refused` and `trouble` make the page for a status that is theirs, and one that is ours.
    """

    def refuse(_: AnyRequest, error: HTTPException) -> Page:
        return refused(error.status_code)

    def fail(_: AnyRequest, error: Exception) -> Page:
        """Told to a person; the log does not get the address, because a link is a key."""
        if is_unavailable(error) or is_busy(error):
            log.error("database_unavailable", path=path, error=type(error).__name__)
            return _later(trouble(503), RETRY_SECONDS)
        log.error("request_failed", path=path, exc_info=error)
        return trouble(500)

    def wait(_: AnyRequest, error: NotNow) -> Page:
        return _later(trouble(error.status_code), error.retry_after)

    return {
        HTTPException: refuse,
        NotNow: wait,
        SQLAlchemyError: fail,
        OSError: fail,
        Exception: fail,
    }


def _later(page: Page, seconds: int) -> Page:
    page.headers["Retry-After"] = str(seconds)
    return page
