"""When a mail or SMS provider is in trouble that a person must look at. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

WITHIN = timedelta(hours=1)
ENOUGH = 5
"""Fewer attempts than this tell of people's addresses, not of a provider."""
TROUBLED_SHARE = 0.5
GOOD = frozenset({"taken", "delivered"})


@dataclass(frozen=True)
class Tally:
    """Attempts of the last hour at one provider with one outcome and code."""

    quantum: str
    channel: str
    provider: str
    outcome: str
    code: str | None
    attempts: int


@dataclass(frozen=True)
class Trouble:
    """A provider that did not take half of what it was asked, or more; `code` is its commonest."""

    quantum: str
    channel: str
    provider: str
    attempts: int
    bad: int
    code: str | None


def troubles(tallies: Iterable[Tally]) -> list[Trouble]:
    """The providers in trouble, in a fixed order.

    A single wrong address is its owner's; half of all that is sent is ours or the provider's.
    """
    by_provider: dict[tuple[str, str, str], list[Tally]] = {}
    for tally in tallies:
        by_provider.setdefault((tally.quantum, tally.channel, tally.provider), []).append(tally)
    found = []
    for place, group in sorted(by_provider.items()):
        attempts = sum(it.attempts for it in group)
        bad = [it for it in group if it.outcome not in GOOD]
        count = sum(it.attempts for it in bad)
        if attempts >= ENOUGH and count / attempts >= TROUBLED_SHARE:
            commonest = max(bad, key=lambda it: (it.attempts, it.code or ""))
            found.append(Trouble(*place, attempts, count, commonest.code))
    return found
