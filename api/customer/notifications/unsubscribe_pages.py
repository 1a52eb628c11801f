"""The page behind the link that ends a kind of mail."""

from api.customer.linked_pages import LinkedPages, Page
from api.customer.notifications.words import SERIES

_pages = LinkedPages("api.customer.notifications", "html")


def choice(kind: str, *, ended: bool, just_now: bool) -> Page:
    """Whether these mails come, and the button that changes it."""
    words = next(text for name, text in SERIES.items() if name == kind)
    return _pages.page("unsubscribe.html", 200, about=words, ended=ended, just_now=just_now)


def unknown() -> Page:
    """A link that we did not make."""
    return _pages.message(
        404,
        "We do not know this link",
        "The link may be cut off. Open it from the e-mail again, or copy all of it.",
        "You can also choose how you are told things in your account.",
    )


def refused(status: int) -> Page:
    """A request that our page does not make."""
    return _pages.message(
        status,
        "That did not work",
        "Nothing was changed. Open the link from the e-mail again and try once more.",
    )


def trouble(status: int) -> Page:
    """We are to blame."""
    return _pages.message(
        status,
        "Something went wrong on our side",
        "Nothing was changed. Please try again in a minute.",
    )
