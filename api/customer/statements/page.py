"""A statement printed as a page without scripts."""

import hashlib
from base64 import b64encode
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.customer.statements.documents import ISSUER, Document

_PACKAGE: Final = "api.customer.statements"
_STYLE: Final = (files(_PACKAGE) / "templates" / "style.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    # The one style of the page is allowed by its hash; nothing else is loaded, framed or run.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
_environment: Final = Environment(
    loader=PackageLoader(_PACKAGE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html(document: Document) -> str:
    """The page, with its style in it."""
    template = _environment.get_template("statement.html")
    return template.render(document=document, issuer=ISSUER, style=_STYLE)
