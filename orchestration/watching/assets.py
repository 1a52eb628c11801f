"""The watch over all schedules: one asset with a check for each, every few minutes."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

import dagster as dg
from pydantic import SecretStr

from api.kernel import clock
from api.kernel.database import database
from api.kernel.settings import Settings
from api.sysops.notifications.service import notify_administrators
from api.sysops.watching.service import looked
from orchestration.definitions.common import OWNER, cron, scheduled_job
from orchestration.watching.reading import Known, schedules
from orchestration.watching.rules import IN_WORDS, Late, last_due, trouble
from orchestration.watching.schedules import SCHEDULES

WATCH = dg.AssetKey(["operations", "schedules"])


class WatchSettings(Settings):
    """The role `sysops_repairer` notes that somebody looks, and mails administrators."""

    sysops_repairer_url: SecretStr


def judged(known: Known, since: datetime, now: datetime) -> Late | None:
    """What is wrong with a schedule, if anything, since somebody looks at all.

    One that its daemon has never met was due when the watch began; of others, what was due before
    they were met is never made up for.
    """
    due = last_due(known.times(now) if known.cron else [since] * 2, since, now)
    if due is not None and known.since is not None and due < known.since:
        due = None
    return trouble(known.seen, due, now)


@dg.asset(
    key=WATCH,
    group_name="operations",
    description="Proof that what is to run by the clock did run: for each schedule that it was "
    "asked in time, that its job ends, and that it does not fail again and again.",
    owners=[OWNER],
    kinds={"python", "postgres"},
    check_specs=[
        dg.AssetCheckSpec(
            name,
            asset=WATCH,
            description=f"{schedule.job} ran when it was due, and does not keep failing.",
        )
        for name, schedule in SCHEDULES.items()
    ],
)
def watched_schedules(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult[None]]:
    """Administrators get a mail a schedule, trouble and day."""
    now = clock.now()
    known = schedules(context.instance)
    late = asyncio.run(_look(known, now))
    yield dg.MaterializeResult(
        metadata={
            "schedules": len(known),
            "in_trouble": [one.seen.name for one in late],
            "paused": [one.seen.name for one in known if one.seen.paused],
        },
        check_results=[_check(one, late) for one in known],
    )


async def _look(known: Sequence[Known], now: datetime) -> list[Late]:
    settings = WatchSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.sysops_repairer_url.get_secret_value()
    async with database(url, name="watch") as sessions, sessions.begin() as session:
        since = await looked(session, now)
        late = [one for it in known if (one := judged(it, since, now))]
        for one in late:
            await notify_administrators(
                session,
                "schedule_late",
                cause=f"{one.seen.name}/{one.trouble}/{now.date().isoformat()}",
                context={
                    "schedule": one.seen.name,
                    "job": one.seen.job,
                    "trouble": IN_WORDS[one.trouble],
                    "since": one.since.isoformat(timespec="minutes"),
                },
                now=now,
            )
    return late


def _check(known: Known, late: Sequence[Late]) -> dg.AssetCheckResult:
    seen = known.seen
    wrong = next((one for one in late if one.seen is seen), None)
    words = f"{IN_WORDS[wrong.trouble]}, since {wrong.since:%Y-%m-%d %H:%M} UTC" if wrong else None
    return dg.AssetCheckResult(
        asset_key=WATCH,
        check_name=seen.name,
        passed=wrong is None and not seen.paused,
        severity=dg.AssetCheckSeverity.ERROR if wrong else dg.AssetCheckSeverity.WARN,
        description=words or ("Somebody has paused it." if seen.paused else None),
        metadata={
            "cron": known.cron or "",
            **{
                name: moment.isoformat(timespec="seconds")
                for name, moment in (
                    ("ticked", seen.ticked),
                    ("succeeded", seen.succeeded),
                    ("failed", seen.failed),
                    ("unfinished_since", seen.unfinished_since),
                )
                if moment
            },
        },
    )


defs = dg.Definitions.merge(
    dg.Definitions(assets=[watched_schedules]),
    scheduled_job(
        "watch_job",
        dg.AssetSelection.assets(WATCH),
        cron("watch", "*/5 * * * *"),
        description="Prove that every schedule runs, and call people when one does not.",
    ),
)
