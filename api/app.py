"""Mounts the quanta that this process serves, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig

from api.examples import EXAMPLES
from api.health import live, readiness
from api.kernel import clock, conditional, documentation, metrics, spans
from api.kernel.admission import Admission, Queue, places_of
from api.kernel.auth import BearerAuthentication
from api.kernel.background import running
from api.kernel.browsers import BrowserHeaders
from api.kernel.database import create_sessions
from api.kernel.fields import Field, decode_field
from api.kernel.openapi import CompleteJson, FieldSchemaPlugin
from api.kernel.problems import EXCEPTION_HANDLERS
from api.kernel.quantum import Quantum
from api.kernel.requests import RequestId
from api.kernel.transaction import OneTransaction, provide_session

MAX_BODY_BYTES = 1_000_000
"""For every route that does not name a limit of its own."""


async def provide_now() -> datetime:
    """The moment of the request; every rule of the request sees the same one."""
    return clock.now()


def _is_field(type_: object) -> bool:
    return isinstance(type_, type) and issubclass(type_, Field)


def _router(quantum: Quantum) -> Router:
    transaction = OneTransaction(
        create_sessions(quantum.engine),
        # What only this process knows already: how it logs in.
        secret=quantum.engine.url.render_as_string(hide_password=False).encode(),
    )
    return Router(
        path=f"/{quantum.name}",
        route_handlers=list(quantum.controllers),
        dependencies={
            "session": Provide(provide_session),
            **{name: Provide(make) for name, make in quantum.dependencies.items()},
        },
        middleware=[
            DefineMiddleware(BearerAuthentication, verifier=quantum.verifier),
            quantum.limits,
            Admission(Queue(places_of(quantum.engine)), quantum.request_seconds),
            transaction,
        ],
        tags=[quantum.name],
    )


def _documentation(quanta: Sequence[Quantum]) -> OpenAPIConfig:
    """OpenAPI, and its page: no other host is asked."""
    return OpenAPIConfig(
        title=f"Sysops Squad: {', '.join(quantum.name for quantum in quanta)}",
        version="1",
        path=documentation.PATH,
        use_handler_docstrings=True,
        render_plugins=[CompleteJson(EXAMPLES), documentation.DocumentationPage()],
    )


def create_app(quanta: Sequence[Quantum]) -> Litestar:
    """One Litestar application over the given quanta, each under its own path."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            # The server ends the process by its signal: nothing that comes later would be done.
            stack.push_async_callback(asyncio.to_thread, spans.close)
            for quantum in quanta:
                stack.push_async_callback(quantum.engine.dispose)
                await stack.enter_async_context(running(quantum.background, quantum.engine))
            yield

    app = Litestar(
        route_handlers=[
            live,
            readiness(quanta),
            documentation.assets(),
            *[_router(quantum) for quantum in quanta],
        ],
        dependencies={"now": Provide(provide_now)},
        exception_handlers=EXCEPTION_HANDLERS,
        type_decoders=[(_is_field, decode_field)],
        plugins=[FieldSchemaPlugin()],
        openapi_config=_documentation(quanta),
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,  # the process that serves the app has configured logging
        lifespan=[lifespan],
    )
    for quantum in quanta:
        metrics.watch_pool(quantum.engine)
    conditional.mark(app)
    # Around the router: a path that leads nowhere is answered, and logged, like any other.
    app.asgi_handler = RequestId()(BrowserHeaders()(app.asgi_handler))
    return app
