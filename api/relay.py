"""A relay process: `python -m api.relay SOURCE TARGET`."""

import asyncio
import importlib
import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import asyncpg
import uvloop

from api.kernel import spans
from api.kernel.database import database
from api.kernel.inbox import Inbound
from api.kernel.relay import Relay
from api.kernel.settings import RelaySettings
from api.kernel.telemetry import configure_logging
from api.messages import PAIRS


def open_inbound(source: str, target: str) -> AbstractAsyncContextManager[Inbound]:
    """What `target` does with messages from `source`; opens what its handlers need."""
    module = importlib.import_module(f"api.{target}.inbound")
    opened: AbstractAsyncContextManager[Inbound] = module.inbound(source)
    return opened


async def relay(source: str, target: str) -> None:
    """Run until SIGTERM or SIGINT; the batch in work is finished first."""
    settings = RelaySettings()  # type: ignore[call-arg]  # read from the environment
    name = f"relay-{source}-{target}"
    configure_logging(settings.log_level, process=name)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        open_inbound(source, target) as inbound,
        database(
            settings.target_url.get_secret_value(),
            name=name,
            # A handler may write beside its transaction (`apart`).
            pool_size=2 * inbound.workers + 1,
        ) as sessions,
        asyncpg.create_pool(
            settings.source_url.get_secret_value(),
            min_size=1,
            max_size=inbound.workers + 2,
            timeout=5,
            command_timeout=15,
            server_settings={"application_name": name},
        ) as pool,
    ):
        heartbeat = Path(settings.heartbeat_file) if settings.heartbeat_file else None
        await Relay(pool, target, sessions, inbound, heartbeat).run(stop)


def main(arguments: list[str]) -> None:
    pair = tuple(arguments)
    if pair not in PAIRS:
        known = ", ".join(f"{source} {target}" for source, target in PAIRS)
        sys.exit(f"Usage: python -m api.relay SOURCE TARGET, one of: {known}")
    try:
        uvloop.run(relay(*pair))
    finally:
        spans.close()


if __name__ == "__main__":
    main(sys.argv[1:])
