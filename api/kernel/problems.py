"""RFC 9457 problem answers for everything that can go wrong in a request."""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from litestar.utils.scope.state import ScopeState
from sqlalchemy.exc import SQLAlchemyError

from api.kernel.database import is_busy, is_unavailable
from api.kernel.errors import (
    DomainError,
    Incomplete,
    Invalid,
    NotNow,
    RulesBroken,
    TransitionRefused,
)
from api.kernel.validation import in_words, list_errors

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2
"""When to come again where nobody knows better."""

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]


def problem(
    status: int,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    **members: Any,
) -> Response[dict[str, Any]]:
    """One problem; `members` are extension members such as `errors` and `allowed`."""
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail, **members}
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _domain(_: AnyRequest, error: DomainError) -> Response[Any]:
    members: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, Invalid):
        members["errors"] = error.errors
    if isinstance(error, Incomplete):
        members["missing"] = error.missing
    if isinstance(error, RulesBroken):
        members["rules"] = error.rules
    if isinstance(error, TransitionRefused):
        members["allowed"] = error.allowed
    if isinstance(error, NotNow):
        headers["Retry-After"] = str(error.retry_after)
    if error.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status_code, error.title, error.detail, headers, **members)


def _invalid(request: AnyRequest, error: Exception) -> Response[Any]:
    """Lists every error of the body, and of path and query parameters."""
    errors: list[Any] = []
    field = getattr(request.route_handler, "parsed_data_field", None)
    body = ScopeState.from_scope(request.scope).body
    if field is not None and isinstance(body, bytes):
        errors.extend(list_errors(body or b"null", field.raw))
    if isinstance(error, HTTPException):
        names = _names_in_query(request)
        types = _types(request)
        errors.extend(
            {
                "parameter": names.get(item["key"], item["key"]),
                "detail": in_words(item["message"], types.get(item["key"])),
            }
            for item in (error.extra if isinstance(error.extra, list) else [])
            if item.get("source") != "body" and item.get("key") not in {None, "data"}
        )
        errors = errors or [{"detail": error.detail}]
    if not errors:
        return _unexpected(request, error)
    detail = "Correct what is listed in `errors` and send it again."
    return problem(400, "Invalid request", detail, errors=errors)


def _names_in_query(request: AnyRequest) -> dict[str, str]:
    """How the sender writes the parameters whose names are taken in Python: `from`, `state`."""
    handler = request.route_handler
    model = handler.create_kwargs_model(path_parameters=request.path_params)
    return {one.field_name: one.field_alias for one in model.expected_query_params}


def _types(request: AnyRequest) -> dict[str, Any]:
    """The types of the parameters of a handler, and of those that its dependencies take."""
    handler = request.route_handler
    providers = handler.resolve_dependencies().values()
    signatures = [handler.parsed_fn_signature, *(it.parsed_fn_signature for it in providers)]
    return {name: it.raw for one in signatures for name, it in one.parameters.items()}


def _http(request: AnyRequest, error: HTTPException) -> Response[Any]:
    if error.status_code == 400:
        return _invalid(request, error)
    if error.status_code == 413:
        most = request.route_handler.resolve_request_max_body_size()
        return problem(413, error.detail, f"A body of at most {most:,} bytes is taken here.")
    return problem(error.status_code, error.detail, error.detail, error.headers)


def _unavailable(request: AnyRequest, error: Exception) -> Response[Any]:
    """The database is away or too slow: the client may try again, and should wait."""
    if not (is_unavailable(error) or is_busy(error)):
        return _unexpected(request, error)
    log.error(
        "database_unavailable", route=request.scope.get("path_template"), error=type(error).__name__
    )
    return problem(
        503,
        "Not available now",
        "Nothing was changed. Try again.",
        {"Retry-After": str(RETRY_SECONDS)},
    )


def _unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    log.error("request_failed", route=request.scope.get("path_template"), exc_info=error)
    return problem(500, "Something went wrong", "Nothing was changed. Tell us if it happens again.")


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    DomainError: _domain,
    # Bodies that are no UTF-8 or nested without end; Litestar lets the decoder's error through.
    UnicodeDecodeError: _invalid,
    RecursionError: _invalid,
    HTTPException: _http,
    SQLAlchemyError: _unavailable,
    OSError: _unavailable,
    Exception: _unexpected,
}
