"""`python -m orchestration.local.sandbox`: serve until SIGTERM or Ctrl-C."""

import asyncio
import logging
import signal
import sys

import structlog

from api.kernel.telemetry import configure_logging
from orchestration.local.sandbox.server import PortTaken, serving
from orchestration.local.sandbox.settings import SandboxSettings


async def serve(settings: SandboxSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with serving(settings) as running:
        structlog.get_logger(__name__).info(
            "ready", url=running.url, smtp_url=running.smtp_url, data=str(settings.sandbox_data)
        )
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({stopped, running.task}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()


def main() -> int:
    settings = SandboxSettings()
    configure_logging(settings.log_level, process="sandbox")
    # aiosmtpd logs every command at INFO, and with it who gets mail.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    try:
        asyncio.run(serve(settings))
    except PortTaken as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
