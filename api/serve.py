"""An API process: `python -m api.serve QUANTUM`."""

import importlib
import sys

import uvicorn

from api.app import create_app
from api.kernel.quantum import Quantum
from api.kernel.settings import ServiceSettings
from api.kernel.telemetry import configure_logging

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
    uvicorn.run(
        create_app([quantum]),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
