"""Not more than so many a second: turns at equal distances."""

import asyncio


class Pace:
    """Turns for callers of one event loop; without a rate nobody waits."""

    def __init__(self, per_second: float | None) -> None:
        self._distance = 0.0 if per_second is None else 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn; what nobody used is not saved up."""
        if not self._distance:
            return
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._distance
        await asyncio.sleep(at - now)
