"""Refusals as RFC 9457 problems, each listing every error it knows."""

from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR

from orchestration.local.sandbox.world import AnyRequest


class Problem(HTTPException):
    """A refusal; `code` is the provider's own word for it, for programs."""

    def __init__(self, status: int, detail: str, code: str) -> None:
        super().__init__(detail=detail, status_code=status, extra={"code": code})


def answer_problem(_request: AnyRequest, error: HTTPException) -> Response[dict[str, Any]]:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.__class__.__name__,
        "status": error.status_code,
        "detail": error.detail,
    }
    match error:
        case Problem(extra={"code": code}):
            body |= {"title": str(code).replace("_", " ").capitalize(), "code": code}
        case ValidationException():
            body |= {"title": "Invalid request", "code": "invalid_request", "errors": error.extra}
        case _ if error.status_code >= HTTP_500_INTERNAL_SERVER_ERROR:
            body |= {"title": "Internal error", "detail": "The sandbox failed; see its log."}
    return Response(body, status_code=error.status_code, media_type="application/problem+json")
