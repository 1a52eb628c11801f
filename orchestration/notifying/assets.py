"""Every quarter of an hour: reminders of visits, and a look at the providers."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg
from pydantic import SecretStr
from sqlalchemy import text

from api.customer.tickets.reminders import remind
from api.kernel import clock, tracing
from api.kernel.database import database
from api.kernel.settings import Settings
from api.sysops.tickets.reminders import remind_experts
from orchestration.definitions.common import OWNER, cron, scheduled_job
from orchestration.notifying.rules import WITHIN, Tally, troubles

GROUP = "operations"
CUSTOMERS = dg.AssetKey(["operations", "customer_reminders"])
EXPERTS = dg.AssetKey(["operations", "expert_reminders"])
DELIVERIES = dg.AssetKey(["operations", "deliveries"])
PROVIDERS_TAKE = "providers_take_what_is_sent"

# Ids are made in the order of time: the key finds the last hour, and needs no other index.
_TALLY = text("""
SELECT channel, provider, outcome, code, count(*) AS attempts
FROM notification_attempt
WHERE id >= uuidv7(:ago) AND asked_at >= :since
    AND NOT (outcome = 'asked' AND asked_at > :pending)
GROUP BY channel, provider, outcome, code
""")
_UNMATCHED = text("SELECT coalesce(sum(reports), 0) FROM unmatched_report WHERE day = :day")
# An attempt without an answer so young is still at work.
PENDING = timedelta(minutes=2)


class NotifyingSettings(Settings):
    """Roles: `customer_reminder` and `sysops_reminder` write reminders, the `reconciler` of each
    database reads what became of attempts.
    """

    customer_reminder_url: SecretStr
    sysops_reminder_url: SecretStr
    customer_reconciler_url: SecretStr
    sysops_reconciler_url: SecretStr


def _settings() -> NotifyingSettings:
    return NotifyingSettings()  # type: ignore[call-arg]  # read from the environment


async def _remind_customers() -> int:
    url = _settings().customer_reminder_url.get_secret_value()
    with tracing.job("customer_reminders"):
        async with database(url, name="reminders") as sessions, sessions.begin() as session:
            return await remind(session, clock.now())


async def _remind_experts() -> int:
    url = _settings().sysops_reminder_url.get_secret_value()
    with tracing.job("expert_reminders"):
        async with database(url, name="reminders") as sessions, sessions.begin() as session:
            return await remind_experts(session, clock.now())


async def _deliveries(now: datetime) -> tuple[list[Tally], int]:
    """The last hour's attempts, and today's reports that fitted none."""
    settings = _settings()
    tallies: list[Tally] = []
    unmatched = 0
    times = {"ago": -WITHIN, "since": now - WITHIN, "pending": now - PENDING}
    for quantum, url in (
        ("customer", settings.customer_reconciler_url),
        ("sysops", settings.sysops_reconciler_url),
    ):
        async with (
            database(url.get_secret_value(), name="deliveries", pool_size=1) as sessions,
            sessions() as session,
        ):
            tallies += [Tally(quantum, *row) for row in await session.execute(_TALLY, times)]
            unmatched += await session.scalar(_UNMATCHED, {"day": now.date()}) or 0
    return tallies, unmatched


@dg.asset(
    key=CUSTOMERS,
    group_name=GROUP,
    description="Customers with a visit within 24 hours, reminded once a visit and window.",
    owners=[OWNER],
    kinds={"python", "postgres"},
    deps=[dg.AssetKey(["customer", "ticket"])],
)
def customer_reminders() -> Iterator[dg.MaterializeResult[None]]:
    """Writes what is due; the notifier sends it, outside of quiet hours."""
    yield dg.MaterializeResult(metadata={"reminded": asyncio.run(_remind_customers())})


@dg.asset(
    key=EXPERTS,
    group_name=GROUP,
    description="Experts with visits tomorrow, told once a day in their evening.",
    owners=[OWNER],
    kinds={"python", "postgres"},
    deps=[dg.AssetKey(["sysops", "ticket"]), dg.AssetKey(["sysops", "expert"])],
)
def expert_reminders() -> Iterator[dg.MaterializeResult[None]]:
    """Writes one message an expert: how many visits, and when and where the first one is."""
    yield dg.MaterializeResult(metadata={"experts": asyncio.run(_remind_experts())})


@dg.asset(
    key=DELIVERIES,
    group_name=GROUP,
    description="What mail and SMS providers made of the last hour's attempts.",
    owners=[OWNER],
    kinds={"python", "postgres"},
    check_specs=[
        dg.AssetCheckSpec(
            PROVIDERS_TAKE,
            asset=DELIVERIES,
            description="No provider fails or defers half of what it is asked or more: see"
            " docs/runbooks/notifications-fail.md.",
        )
    ],
)
def deliveries() -> Iterator[dg.MaterializeResult[None]]:
    """Counts by provider, outcome and code; no address is read."""
    tallies, unmatched = asyncio.run(_deliveries(clock.now()))
    found = troubles(tallies)
    rows = [dg.TableRecord({**vars(it), "code": it.code or ""}) for it in tallies]
    yield dg.MaterializeResult(
        metadata={
            "attempts": sum(it.attempts for it in tallies),
            "reports_of_unknown_messages": unmatched,
            **({"outcomes": dg.MetadataValue.table(rows)} if rows else {}),
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=DELIVERIES,
                check_name=PROVIDERS_TAKE,
                passed=not found,
                metadata={
                    f"{it.quantum}/{it.channel}": f"{it.provider} did not take {it.bad} of"
                    f" {it.attempts}, mostly {it.code or 'without an answer'}"
                    for it in found
                },
            )
        ],
    )


defs = dg.Definitions.merge(
    dg.Definitions(assets=[customer_reminders, expert_reminders, deliveries]),
    scheduled_job(
        "notifications_job",
        dg.AssetSelection.assets(CUSTOMERS, EXPERTS, DELIVERIES),
        cron("notifications", "*/15 * * * *"),
        description="Remind of visits, and look whether the providers take what is sent.",
    ),
)
