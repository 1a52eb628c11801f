"""Proves each promise: look at all of it, then look again at what seemed amiss."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from orchestration.reconciliation import rules
from orchestration.reconciliation.promises import PROMISES, Promise
from orchestration.reconciliation.reading import Reader
from orchestration.reconciliation.rules import Finding, Item

RECENT = timedelta(days=2)


async def examine(
    reader: Reader, promise: Promise, now: datetime, *, everything: bool = False
) -> Finding:
    """One promise, over the live and the recent, or over the whole history."""
    since = None if everything else now - RECENT
    return rules.merge(
        [
            await _page(reader, promise, ids, since, now)
            async for ids in reader.pages(promise.root, since)
        ]
    )


async def examine_all(
    reader: Reader,
    now: datetime,
    promises: Sequence[Promise] = PROMISES,
    *,
    everything: bool = False,
) -> dict[str, Finding]:
    """Every promise by its name."""
    return {it.name: await examine(reader, it, now, everything=everything) for it in promises}


async def _page(
    reader: Reader, promise: Promise, ids: Sequence[UUID], since: datetime | None, now: datetime
) -> Finding:
    items = await reader.items(promise, ids, since)
    matched = await _matched(reader, promise, items)
    finding = await _look_again(reader, promise, rules.suspects(matched), now)
    finding.checked = len(items)
    return finding


async def _look_again(
    reader: Reader, promise: Promise, suspects: Sequence[Item], now: datetime
) -> Finding:
    """The queue before the target, and the source last: see `rules`."""
    if not suspects:
        return Finding()
    waiting = {}
    if promise.queue is not None:
        waiting = await reader.word_of(promise.root.database, promise.queue, suspects)
    matched = await _matched(reader, promise, suspects)
    present = suspects
    if promise.moves:
        present = await reader.items(promise, [item.id for item in suspects], None)
    return rules.judge(waiting, matched, {item.id: item for item in present}, now)


async def _matched(
    reader: Reader, promise: Promise, items: Sequence[Item]
) -> dict[Item, Item | None]:
    arrived = await reader.arrived(promise, items)
    return rules.match(items, arrived, each_version=promise.each_version)
