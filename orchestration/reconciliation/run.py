"""One run: look at every promise, send again what is lost, and call people for the rest."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel.database import database
from api.sysops.notifications.service import notify_administrators
from orchestration.reconciliation.check import examine_all
from orchestration.reconciliation.promises import Database
from orchestration.reconciliation.reading import Reader, Traffic
from orchestration.reconciliation.rules import SHOWN, Finding, Gap

Sessions = Mapping[Database, async_sessionmaker[AsyncSession]]
"""Of the repairing roles."""


@dataclass
class Report:
    """What was found, what was sent again, and what the queues hold."""

    at: datetime
    findings: Mapping[str, Finding]
    traffic: Sequence[Traffic]
    sent_again: Mapping[str, Sequence[Gap]] = field(default_factory=dict)

    def left(self, promise: str) -> list[Gap]:
        """The gaps of a promise that nothing was sent for."""
        sent = self.sent_again.get(promise, ())
        return [gap for gap in self.findings[promise].gaps if gap not in sent]

    @property
    def dead_letters(self) -> int:
        return sum(it.held for it in self.traffic)

    @property
    def oldest(self) -> timedelta:
        """The age of the oldest message that waits."""
        ages = [self.at - it.oldest for it in self.traffic if it.oldest]
        return max([*ages, timedelta(0)])


async def reconcile(
    reader: Reader,
    repairers: Sessions,
    now: datetime,
    *,
    everything: bool = False,
    mend: bool = True,
) -> Report:
    """Check every promise; with `mend`, send again what is lost and mail about what cannot be."""
    findings = await examine_all(reader, now, everything=everything)
    report = Report(now, findings, await reader.traffic())
    if mend:
        report.sent_again = await _sent_again(repairers, findings, now)
        await _call_people(repairers["sysops"], report)
    return report


async def _sent_again(
    repairers: Sessions, findings: Mapping[str, Finding], now: datetime
) -> dict[str, Sequence[Gap]]:
    lost = {name: finding.gaps for name, finding in findings.items() if finding.gaps}
    if not lost:
        return {}
    # It knows how every quantum tells everything, and is seldom needed.
    from orchestration.reconciliation.repair import repair

    return {name: await repair(repairers, name, gaps, now) for name, gaps in lost.items()}


@asynccontextmanager
async def open_repairers(urls: Mapping[Database, str]) -> AsyncIterator[Sessions]:
    """Sessions of the repairing roles."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(database(url, name="repair", pool_size=1))
            for name, url in urls.items()
        }


async def _call_people(sysops: async_sessionmaker[AsyncSession], report: Report) -> None:
    """Administrators get a mail a promise and a day, however often it is found broken."""
    async with sysops.begin() as session:
        for name in report.findings:
            left = report.left(name)
            if left:
                await notify_administrators(
                    session,
                    "promise_broken",
                    cause=f"{name}/{report.at.date().isoformat()}",
                    context={
                        "promise": name.replace("_", " "),
                        "count": len(left),
                        "ids": [str(gap.item.id) for gap in left[:SHOWN]],
                    },
                    now=report.at,
                )
