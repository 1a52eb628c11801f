"""After a decline: a row in the dunning schedule, an alert, and at its end a suspension."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.contracts import standing
from api.billing.payments.alerts import Cause, open_alerts
from api.billing.payments.rules import DunningState, after_decline
from orchestration.billing.intents import Attempt

DECLINED = "payment_declined"

_STATES = text("""
SELECT invoice_id, status, step, started_at, next_at FROM dunning
WHERE invoice_id = ANY(:ids) FOR UPDATE
""")

_SAVE = text("""
INSERT INTO dunning AS d (invoice_id, step, status, started_at, next_at, updated_at)
SELECT told.invoice_id, told.step, told.status, told.started_at, told.next_at, :now
FROM unnest(
    CAST(:ids AS uuid[]), CAST(:steps AS int[]), CAST(:statuses AS text[]),
    CAST(:starts AS timestamptz[]), CAST(:nexts AS timestamptz[])
) AS told (invoice_id, step, status, started_at, next_at)
ON CONFLICT (invoice_id) DO UPDATE
SET step = excluded.step, status = excluded.status, next_at = excluded.next_at,
    updated_at = excluded.updated_at, asked_at = NULL
""")

_CONTRACTS = text("SELECT contract_id FROM invoice WHERE id = ANY(:ids)")


async def remind(
    session: AsyncSession,
    attempts: Mapping[UUID, Attempt],
    reasons: Mapping[UUID, str],
    now: datetime,
) -> None:
    """Move the dunning of declined invoices on; suspend the contracts at the schedule's end."""
    if not attempts:
        return
    ids = sorted(attempts)
    before = {
        row.invoice_id: DunningState(row.status, row.step, row.started_at, row.next_at)
        for row in await session.execute(_STATES, {"ids": ids})
    }
    states = {id_: after_decline(before.get(id_), now) for id_ in ids}
    await session.execute(
        _SAVE,
        {
            "ids": ids,
            "steps": [it.step for it in states.values()],
            "statuses": [it.status for it in states.values()],
            "starts": [it.started_at for it in states.values()],
            "nexts": [it.next_at for it in states.values()],
            "now": now,
        },
    )
    causes = [
        Cause(id_, f"{it.number} is not paid. {reasons[id_]}", it.customer_id)
        for id_, it in attempts.items()
    ]
    await open_alerts(session, DECLINED, causes, now)
    exhausted = [id_ for id_, state in states.items() if state.status == "exhausted"]
    if exhausted:
        contracts = (await session.execute(_CONTRACTS, {"ids": exhausted})).scalars().all()
        await standing.suspend(session, list(contracts), now)
