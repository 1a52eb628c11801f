"""The page behind the link that ends a kind of mail: plain HTML, in the frame of the survey's."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response

from api.customer.notifications.words import SERIES
from api.customer.surveys.pages import HEADERS, STYLE

_environment = Environment(
    loader=ChoiceLoader(
        [
            PackageLoader("api.customer.notifications", "html"),
            PackageLoader("api.customer.surveys"),
        ]
    ),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["style"] = STYLE

Page = Response[str]


def choice(kind: str, *, ended: bool, just_now: bool) -> Page:
    """Whether these mails come, and the button that changes it."""
    words = next(text for name, text in SERIES.items() if name == kind)
    return _page("unsubscribe.html", 200, about=words, ended=ended, just_now=just_now)


def unknown() -> Page:
    """A link that we did not make."""
    return _message(
        404,
        "We do not know this link",
        "The link may be cut off. Open it from the e-mail again, or copy all of it.",
        "You can also choose how you are told things in your account.",
    )


def refused(status: int) -> Page:
    """A request that our page does not make."""
    return _message(
        status,
        "That did not work",
        "Nothing was changed. Open the link from the e-mail again and try once more.",
    )


def trouble(status: int) -> Page:
    """We are to blame."""
    return _message(
        status,
        "Something went wrong on our side",
        "Nothing was changed. Please try again in a minute.",
    )


def _message(status: int, title: str, *paragraphs: str) -> Page:
    return _page("message.html", status, title=title, paragraphs=paragraphs)


def _page(template: str, status: int, **context: object) -> Page:
    return Response(
        _environment.get_template(template).render(context),
        status_code=status,
        media_type=MediaType.HTML,
        headers=HEADERS,
    )
