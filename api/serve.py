"""An API process: `python -m api.serve QUANTUM`."""

import importlib
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvicorn
from litestar import Litestar

from api.app import create_app
from api.kernel.connections import Connection
from api.kernel.quantum import Quantum
from api.kernel.settings import ServiceSettings
from api.kernel.telemetry import configure_logging

HEARTBEAT_SECONDS = 3
QUANTA = ("customer", "sysops", "billing", "analytics")


def open_quantum(name: str) -> tuple[Quantum, ServiceSettings]:
    """A quantum with the settings that its own class reads from the environment."""
    module = importlib.import_module(f"api.{name}.quantum")
    settings: ServiceSettings = module.QuantumSettings()
    return module.quantum(settings), settings


def main(arguments: list[str]) -> None:
    if len(arguments) != 1 or arguments[0] not in QUANTA:
        sys.exit(f"Usage: python -m api.serve QUANTUM, one of: {', '.join(QUANTA)}")
    quantum, settings = open_quantum(arguments[0])
    configure_logging(settings.log_level, process=f"api-{quantum.name}")
    app = create_app([quantum])
    server = uvicorn.Server(
        configuration(app, settings.host, settings.port, settings.heartbeat_file)
    )
    # uvicorn's own `fd` takes every socket for a Unix one, and then no client has an address.
    shared = None if settings.socket_fd is None else socket.socket(fileno=settings.socket_fd)
    server.run(None if shared is None else [shared])
    if not server.started:
        sys.exit(uvicorn.config.STARTUP_FAILURE)


def configuration(
    app: Litestar, host: str, port: int, heartbeat: Path | None = None
) -> uvicorn.Config:
    """How an API is served."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
        callback_notify=_heart(heartbeat),
        timeout_notify=HEARTBEAT_SECONDS,
    )


def _heart(file: Path | None) -> Callable[[], Awaitable[None]] | None:
    """Beats in the loop that serves: one that is stuck does not."""
    if file is None:
        return None
    touch = file.touch

    async def beat() -> None:
        touch()

    return beat


if __name__ == "__main__":
    main(sys.argv[1:])
