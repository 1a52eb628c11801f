"""Conditional requests (RFC 9110, section 13): an update touches only what its sender saw.

The entity tag of a resource is a hash of what a GET of its path answers with, so it changes when,
and only when, something changes that a client can see. An update with `If-Match` first answers
that GET to itself, in the transaction of the update (docs/decisions/0021).
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from litestar import Litestar, MediaType
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.routes import HTTPRoute
from litestar.types import HTTPRequestEvent, Message, Scope

from api.kernel.errors import DomainError
from api.kernel.idempotency import body_of

TAGGED: Final = "tagged"
"""`opt` of a route whose answer has an entity tag; set by `mark`."""
CONDITIONAL: Final = "conditional"
"""`opt` of an update that can be made under conditions; set by `mark`."""
UPDATES: Final = frozenset({"PUT", "PATCH", "DELETE"})
_CONDITIONS: Final = ("if-match", "if-none-match")
_BODY_HEADERS: Final = ("content-length", "content-type", "transfer-encoding")


class Stale(DomainError):
    status_code = 412
    title = "Changed meanwhile"


def entity_tag(body: bytes) -> str:
    """The strong tag of a representation, as it stands in the `ETag` header."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def is_conditional_update(scope: Scope) -> bool:
    if scope.get("method") not in UPDATES:
        return False
    headers = Headers.from_scope(scope)
    return any(name in headers for name in _CONDITIONS)


def check(scope: Scope, current: str | None) -> None:
    """Raises Stale unless the conditions of an update hold; `current` is None for what is not."""
    headers = Headers.from_scope(scope)
    wanted, unwanted = (headers.get(name) for name in _CONDITIONS)
    if not scope["route_handler"].opt.get(CONDITIONAL):
        raise Stale("Nothing is shown under this path to compare with. Send it without conditions.")
    if wanted is not None and not _names(wanted, current):
        raise Stale("This is not any more what your If-Match names. Get it again and look at it.")
    if unwanted is not None and _names(unwanted, current):
        raise Stale("There is one already, and your If-None-Match rules it out.")


def representation_request(scope: Scope) -> Scope:
    """The GET of what an update is about, by the same person; with a state of its own."""
    dropped = {name.encode() for name in (*_BODY_HEADERS, *_CONDITIONS)}
    own: dict[str, Any] = {
        key: value
        for key, value in scope.items()
        if key not in {"route_handler", "path_template", "path_params", "user", "auth", "session"}
    }
    own |= {
        "method": "GET",
        "query_string": b"",
        "state": {},
        "headers": [(name, value) for name, value in scope["headers"] if name not in dropped],
    }
    return own  # type: ignore[return-value]


async def no_body() -> HTTPRequestEvent:
    return {"type": "http.request", "body": b"", "more_body": False}


def tag(scope: Scope, answer: list[Message]) -> None:
    """Give a held answer its `ETag`; a client that has it already gets 304 (Not Modified)."""
    start: Any = answer[0] if answer else {"status": 500}
    if start["status"] not in {200, 201} or not scope["route_handler"].opt.get(TAGGED):
        return
    if not _is_json(start["headers"]):
        return
    headers = MutableScopeHeaders.from_message(start)
    headers["ETag"] = current = entity_tag(body_of(answer[1:]))
    known = Headers.from_scope(scope).get("if-none-match")
    if scope.get("method") == "GET" and known is not None and _names(known, current, weak=True):
        start["status"] = 304
        for name in _BODY_HEADERS:
            if name in headers:
                del headers[name]
        answer[1:] = [{"type": "http.response.body", "body": b"", "more_body": False}]


def mark(app: Litestar) -> None:
    """Mark what has a GET at the same path: the updates that can have conditions, and all whose
    answer has a tag, which are those that answer as that GET does."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or "GET" not in route.route_handler_map:
            continue
        get, _ = route.route_handler_map["GET"]
        if get.media_type == MediaType.HTML:
            continue
        shown = get.parsed_return_field.annotation
        for method, (handler, _) in route.route_handler_map.items():
            handler.opt[CONDITIONAL] = method in UPDATES
            handler.opt[TAGGED] = handler.parsed_return_field.annotation == shown


def _is_json(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    kinds = [value for name, value in headers if name.lower() == b"content-type"]
    return any(kind.startswith(b"application/json") for kind in kinds)


def _names(header: str, current: str | None, *, weak: bool = False) -> bool:
    """Whether a list of entity tags has the current one; `*` stands for whatever there is."""
    if current is None:
        return False
    named = {it.strip() for it in header.split(",")}
    if weak:
        named |= {it.removeprefix("W/") for it in named}
    return "*" in named or current in named
