"""What the OpenAPI document says beside the types: text fields, who may call, what can go wrong."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from litestar import Litestar, MediaType, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from api.kernel.auth import roles_of
from api.kernel.conditional import CONDITIONAL, TAGGED
from api.kernel.examples import Examples
from api.kernel.fields import Field
from api.kernel.idempotency import HEADER as IDEMPOTENCY_KEY
from api.kernel.idempotency import MOST_CHARACTERS
from api.kernel.problems import MEDIA_TYPE
from api.kernel.transaction import MAY_REFUSE, SECRET_ANSWER

PROBLEM: Final = {
    "title": "Problem",
    "description": "An RFC 9457 problem. `errors` lists everything that is wrong with the input, "
    "each with the JSON pointer of its place or the name of its parameter; `allowed` names what "
    "a refused transition would have to be, `missing` what has to be known first, `rules` the "
    "rules that stand against it.",
    "type": "object",
    "required": ["type", "status", "title", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "allowed": {"type": "array", "items": {"type": "string"}},
        "missing": {"type": "array", "items": {"type": "string"}},
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["rule", "detail", "overridable"],
                "properties": {
                    "rule": {"type": "string"},
                    "detail": {"type": "string"},
                    "overridable": {"type": "boolean"},
                },
            },
        },
    },
}
REFUSALS: Final = {
    400: "The request cannot be read, or a field is of the wrong kind; `errors` lists all of it.",
    401: "No access token, or one that is not valid (any more). Sign in again.",
    403: "The signed-in person's roles do not allow this.",
    404: "There is no such thing, or it belongs to somebody else.",
    409: "What is there stands against it: it exists already, or its state does not allow this.",
    412: "It was changed after the answer whose `ETag` is in `If-Match`. Nothing was changed now.",
    413: "The body is too long.",
    422: "Every field can be read, and together they are not possible; `errors` lists all of it.",
    429: "Too often. Try again after the seconds in `Retry-After`.",
    500: "Something went wrong here. Nothing was changed.",
    503: "Not available now. Nothing was changed; try again after the seconds in `Retry-After`.",
}
KEY_PARAMETER: Final = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": False,
    "description": "Sent again with the same key, the request has no second effect and gets the "
    "same answer, for 24 hours. A new UUID for each request is a good key.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS,
               "pattern": "^[!-~]+$"},
}  # fmt: skip
MATCH_PARAMETER: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the answer that this change is based on: if it was changed "
    "since, the answer is 412, and nothing is lost. Without it, the last change wins.",
    "schema": {"type": "string", "maxLength": 1_000},
}
KNOWN_PARAMETER: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of an answer that you have: if nothing changed, the answer is 304.",
    "schema": {"type": "string", "maxLength": 1_000},
}
TAG_HEADER: Final = {
    "description": "Changes with every change of what is shown; for `If-Match`, `If-None-Match`.",
    "schema": {"type": "string"},
}


class FieldSchemaPlugin(OpenAPISchemaPlugin):
    """Shows each `Field` as a string with its example."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        annotation = field_definition.annotation
        return isinstance(annotation, type) and issubclass(annotation, Field)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        annotation: type[Field] = field_definition.annotation
        return Schema(
            type=OpenAPIType.STRING, title=annotation.__name__, examples=[annotation.example]
        )


class CompleteJson(JsonRenderPlugin):
    """The document with what follows from each route's guards and method, and with examples."""

    def __init__(self, examples: Mapping[str, Any]) -> None:
        """`examples` are by the name of what they are an example of."""
        super().__init__()
        self._examples = examples

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, complete(request.app, openapi_schema, self._examples))


def complete(
    app: Litestar, document: dict[str, Any], examples: Mapping[str, Any]
) -> dict[str, Any]:
    """A copy of the document with roles, problems, common headers and examples."""
    whole = deepcopy(document)
    components = whole.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for path, method, handler in _operations(app):
        operation = whole["paths"].get(path, {}).get(method)
        if operation is not None:
            _complete(operation, method, handler)
            _add_examples(operation, Examples(components["schemas"], examples))
    return whole


def _add_examples(operation: dict[str, Any], examples: Examples) -> None:
    for message in (operation.get("requestBody", {}), *operation["responses"].values()):
        for kind, content in message.get("content", {}).items():
            if kind == "application/json" and "schema" in content:
                content["example"] = examples.of(content["schema"])


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                yield route.path_format, method.lower(), handler


def _complete(operation: dict[str, Any], method: str, handler: HTTPRouteHandler) -> None:
    field = handler.parsed_data_field
    if field is not None and field.is_optional:
        operation["requestBody"]["required"] = False
    roles = roles_of(handler)
    if roles:
        operation["security"] = [{"token": []}]
        who = f"For: {', '.join(sorted(roles))}."
        operation["description"] = "\n\n".join(filter(None, [operation.get("description"), who]))
    if method == "post" and not handler.opt.get(SECRET_ANSWER):
        operation.setdefault("parameters", []).append(KEY_PARAMETER)
    data = handler.parsed_data_field
    if "requestBody" in operation and data is not None and data.is_optional:
        operation["requestBody"]["required"] = False
    responses = operation.setdefault("responses", {})
    _add_conditions(operation, method, handler)
    more = handler.opt.get(MAY_REFUSE, set())
    for status in _refusals(operation, method, signed_in=bool(roles)) | more:
        content: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        if handler.media_type == MediaType.HTML:
            content[MediaType.HTML.value] = {"schema": {"type": "string"}}
        responses[str(status)] = {"description": REFUSALS[status], "content": content}


def _add_conditions(operation: dict[str, Any], method: str, handler: HTTPRouteHandler) -> None:
    parameters, responses = operation.setdefault("parameters", []), operation["responses"]
    if handler.opt.get(TAGGED):
        for status in {"200", "201"} & responses.keys():
            responses[status].setdefault("headers", {})["ETag"] = TAG_HEADER
    if handler.opt.get(CONDITIONAL):
        parameters.append(MATCH_PARAMETER)
    elif handler.opt.get(TAGGED) and method == "get":
        parameters.append(KNOWN_PARAMETER)
        responses["304"] = {"description": "You have it already."}


def _refusals(operation: dict[str, Any], method: str, *, signed_in: bool) -> set[int]:
    found = {429, 500, 503}
    if signed_in:
        found |= {401, 403}
    if method != "get":
        found |= {404, 409, 422}
    if "requestBody" in operation:
        found |= {400, 401, 413}
    given = {parameter["name"] for parameter in operation.get("parameters", ())}
    if MATCH_PARAMETER["name"] in given:
        found |= {412}
    if given - {KNOWN_PARAMETER["name"]}:
        found |= {400, 404, 422}
    return found
