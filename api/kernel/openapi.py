"""How the checked text fields look in the OpenAPI schema."""

from typing import Any

from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from api.kernel.fields import Field


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
