"""How often one caller may ask: whoever is quicker is told when to come again (429).

The generic cell rate algorithm (ITU-T I.371): one moment a caller, no timer and no list. The
libraries at hand keep every hit, or start a thread for each.
"""

import math
import time
from dataclasses import dataclass, field
from typing import Any, Final, Self

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from api.kernel.auth import Principal
from api.kernel.errors import TooMany
from api.kernel.settings import ServiceSettings

UNLIMITED: Final = "unlimited"
"""`opt` of a route that a machine calls as often as it must, and whose signature it checks."""
_SWEEP_SECONDS: Final = 60.0


@dataclass
class Limiter:
    """At most `per_minute` requests in the long run, and `burst` of them at once, for each key."""

    per_minute: int
    burst: int
    _free_at: dict[str, float] = field(default_factory=dict)
    _swept_at: float = 0.0

    def wait(self, key: str, now: float) -> float:
        """Count a request; 0, or the seconds after which one would be let in (this one counts not).

        `now` is in seconds from any moment, and never goes back.
        """
        self._sweep(now)
        interval = 60.0 / self.per_minute
        # When all that was asked so far would be done, at the even pace.
        done_at = max(self._free_at.get(key, now), now)
        early = done_at - now - interval * (self.burst - 1)
        # Less than a microsecond early is the rounding of sums, and no haste.
        if early > 1e-6:
            return early
        self._free_at[key] = done_at + interval
        return 0.0

    def _sweep(self, now: float) -> None:
        """Forget who has been quiet, so that memory follows the callers of the last minute."""
        if now - self._swept_at > _SWEEP_SECONDS:
            self._swept_at = now
            self._free_at = {key: at for key, at in self._free_at.items() if at > now}


@dataclass(frozen=True)
class Limits(ASGIMiddleware):
    """Refuses a signed-in person, or an address where nobody is signed in, who asks too often."""

    people: Limiter | None
    addresses: Limiter | None
    scopes = (ScopeType.HTTP,)

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self:
        """The limits of one process, with room for a page that asks many things at once.

        Workers count apart, so each lets in its part: nobody gets more than the limit of all.
        """
        rates = settings.requests_per_minute, settings.anonymous_requests_per_minute
        parts = [max(rate // settings.workers, 1) if rate else 0 for rate in rates]
        return cls(*(Limiter(rate, max(rate // 4, 1)) if rate else None for rate in parts))

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        # Litestar copies routes with all they have; the count is one.
        return self

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["route_handler"].opt.get(UNLIMITED):
            self._count(scope)
        await next_app(scope, receive, send)

    def _count(self, scope: Scope) -> None:
        user: Principal | None = scope.get("user")
        client = Request[Any, Any, Any](scope).client
        limiter = self.people if user else self.addresses
        if limiter is None:
            return
        key = f"{user.issuer}:{user.id}" if user else client.host if client else ""
        wait = limiter.wait(key, time.monotonic())
        if wait > 0:
            raise TooMany("These are too many requests in a short time.", math.ceil(wait))
