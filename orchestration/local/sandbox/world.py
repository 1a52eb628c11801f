"""What every door of the sandbox holds: the file, the faults in force, and the way to wait."""

import asyncio
from collections.abc import Callable
from typing import cast

from litestar import Request
from litestar.datastructures import State

from orchestration.local.sandbox.callbacks import Callbacks
from orchestration.local.sandbox.faults import Fault, Faults
from orchestration.local.sandbox.settings import SandboxSettings
from orchestration.local.sandbox.storage import Storage

AnyRequest = Request[None, None, State]

# The server puts a function under this name into each request's scope that cuts its connection.
CUT_EXTENSION = "sandbox.cut"


class World:
    """State of one running sandbox; `faults` may be replaced at any time."""

    def __init__(self, settings: SandboxSettings, storage: Storage) -> None:
        self.settings = settings
        self.storage = storage
        self.faults = Faults()
        self.callbacks = Callbacks(
            settings.sms_webhook_token.get_secret_value(),
            settings.payments_webhook_secret.get_secret_value(),
        )
        self.closing = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Wait, but not longer than the sandbox lives: a held answer must not hold the exit."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self.closing.wait(), timeout=seconds)
        except TimeoutError:
            return

    async def delay(self, fault: Fault) -> None:
        await self.pause(fault.delay_ms / 1000)


def cut(request: AnyRequest) -> None:
    """End the request's connection at once; the client gets no byte of an answer."""
    extensions = cast("dict[str, dict[str, Callable[[], None]]]", request.scope["extensions"])
    extensions[CUT_EXTENSION]["abort"]()
