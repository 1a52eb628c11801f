"""Both listeners of the sandbox, web and mail, in one event loop."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from orchestration.local.sandbox.app import create_app
from orchestration.local.sandbox.settings import SandboxSettings
from orchestration.local.sandbox.smtp import MailServer
from orchestration.local.sandbox.storage import Storage
from orchestration.local.sandbox.world import CUT_EXTENSION, World


class PortTaken(Exception):
    """Another process listens there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where a running sandbox listens."""

    host: str
    port: int
    smtp_port: int
    task: asyncio.Task[None]
    """Ends when the web server does."""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def smtp_url(self) -> str:
        return f"smtp://{self.host}:{self.smtp_port}"


class CuttingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, and a way for a handler to cut its own connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CUT_EXTENSION: {"abort": self.transport.abort}}


@contextlib.asynccontextmanager
async def serving(settings: SandboxSettings) -> AsyncIterator[Running]:
    """Serve mail and web until the block ends; everything received stays in the file.

    Raises:
        PortTaken: another process listens on one of the two ports.
    """
    host = settings.sandbox_host
    with contextlib.ExitStack() as closing:
        web = closing.enter_context(_listen(host, settings.sandbox_port, "SQUAD_SANDBOX_PORT"))
        mail = closing.enter_context(
            _listen(host, settings.sandbox_smtp_port, "SQUAD_SANDBOX_SMTP_PORT")
        )
        storage = Storage(settings.sandbox_data)
        closing.callback(storage.close)
        world = World(settings, storage)
        mail_server = MailServer(world)
        await mail_server.start(mail)
        web_server = uvicorn.Server(_web_config(world))
        # uvicorn's own serve() would take the signals, which end both listeners here.
        web_server.lifespan = web_server.config.lifespan_class(web_server.config)
        await web_server.startup(sockets=[web])
        task = asyncio.create_task(web_server.main_loop())
        try:
            yield Running(host, web.getsockname()[1], mail.getsockname()[1], task)
        finally:
            world.closing.set()
            web_server.should_exit = True
            await mail_server.stop()
            await task
            await web_server.shutdown(sockets=[web])
            await world.callbacks.close()


def _web_config(world: World) -> uvicorn.Config:
    config = uvicorn.Config(
        create_app(world),
        http=CuttingProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Longer than a client's pool keeps a connection, so that the client closes first.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    config.load()
    return config


def _listen(host: str, port: int, variable: str) -> socket.socket:
    try:
        listener = socket.create_server((host, port), backlog=512)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        advice = f"Port {port} of {host} is in use: stop its process or set {variable}."
        raise PortTaken(advice) from error
    # asyncio does this only for sockets it makes itself; without it an answer written in two
    # pieces waits 40 ms for the client's delayed acknowledgement. Accepted sockets inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
