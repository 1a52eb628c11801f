"""Our books against the sandbox's, as the daily job compares them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.kernel.outside.payments import PaymentProvider
from orchestration.billing.reconciling import Reconciled, Reconciler
from tests.orchestration.billing.world import World

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
CENTURY = timedelta(days=36_525)


async def reconcile(
    world: World, provider: PaymentProvider, *, after: timedelta = timedelta(hours=1), **more: Any
) -> Reconciled:
    """Compare everything there is, `after` the last of it, on whichever clock that was."""
    now = max(world.now, datetime.now(UTC)) + after
    async with world.as_role("provider_reconciler") as sessions:
        it = Reconciler(sessions, provider, lambda: now, slice=CENTURY, **more)
        return await it.run(BEGINNING, BEGINNING + CENTURY)


def alerts(world: World, status: str = "open") -> list[str]:
    """The kinds of what reconciliation has alerted."""
    rows = world.rows(
        "SELECT kind FROM alert WHERE status = %s AND (kind LIKE 'charge\\_%%' OR kind LIKE"
        " 'refund\\_%%') ORDER BY kind",
        status,
    )
    return [kind for (kind,) in rows]
