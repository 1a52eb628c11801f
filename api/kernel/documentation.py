"""The page with the API's documentation: Swagger UI out of the installed package, and no script of
the page's own, so that a browser may be told to run files of this process alone."""

from typing import Any, Final

import swagger_ui_bundle
from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import CacheControlHeader
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.static_files import create_static_files_router

PATH: Final = "/docs"
ASSETS: Final = "/docs-assets"
_PAGE: Final = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
<link rel="icon" href="{ASSETS}/favicon-32x32.png">
<link rel="stylesheet" href="{ASSETS}/swagger-ui.css">
<script src="{ASSETS}/swagger-ui-bundle.js" defer></script>
<script src="{PATH}/start.js" defer></script>
</head>
<body><div id="documentation"></div></body>
</html>
"""
_START: Final = f"""\
SwaggerUIBundle({{
  url: "{PATH}/openapi.json",
  dom_id: "#documentation",
  deepLinking: true,
  showExtensions: true,
  showCommonExtensions: true,
}});
"""
# Swagger UI has its icons in data: URLs.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class DocumentationPage(OpenAPIRenderPlugin):
    """Swagger UI at `PATH`, over the document at `PATH`/openapi.json."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> Any:
        del request
        page = _PAGE.format(title=openapi_schema["info"]["title"])
        policy = {"Content-Security-Policy": _POLICY}
        return Response(page, media_type=MediaType.HTML, headers=policy)

    def receive_router(self, router: Router) -> None:
        @get("/start.js", media_type="text/javascript", sync_to_thread=False)
        def start() -> str:
            return _START

        router.register(start)


def assets() -> Router:
    """Swagger UI's files; the same for everybody, so that a browser may keep them."""
    return create_static_files_router(
        path=ASSETS,
        directories=[str(swagger_ui_bundle.swagger_ui_path)],
        include_in_schema=False,
        cache_control=CacheControlHeader(public=True, max_age=3_600),
    )
