"""What is lost, and what is only on its way. Pure.

The order of looking makes it safe without stopping anybody: first the fact in the source, then
the queue, then the target. A message leaves its queue only after the target has committed, so a
fact that is not in the queue and, looked for afterwards, not in the target either, is lost.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

LATE_AFTER = timedelta(minutes=1)
"""A message that waits longer is late, though not lost."""
SHOWN = 20
"""Ids that a report names of each gap."""

Kind = Literal["missing", "behind", "differs", "ahead"]


class Item(NamedTuple):
    """A fact: `id` names it, and is the subject of the messages that carry it."""

    id: UUID
    version: int
    status: str


@dataclass(frozen=True)
class Waiting:
    """Word of something in a queue: since when, and whether it is held as a dead letter."""

    since: datetime
    held: bool


@dataclass(frozen=True)
class Gap:
    """A fact that did not arrive, or not as it is."""

    kind: Kind
    item: Item


@dataclass
class Finding:
    """What became of one promise. `late` counts among `in_flight`."""

    checked: int = 0
    in_flight: int = 0
    late: int = 0
    held: int = 0
    gaps: list[Gap] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Nothing is lost; what is late or held is not lost."""
        return not self.gaps

    def counts(self) -> dict[str, int]:
        """Gaps by kind."""
        kinds = [gap.kind for gap in self.gaps]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}

    def shown(self) -> dict[str, list[str]]:
        """Some ids of each kind of gap."""
        return {
            kind: [str(gap.item.id) for gap in self.gaps if gap.kind == kind][:SHOWN]
            for kind in self.counts()
        }


def match(
    items: Sequence[Item], arrived: Collection[Item], *, each_version: bool
) -> dict[Item, Item | None]:
    """Each item with what arrived of it: its own version, or, of states, the only one there is."""
    if each_version:
        exact = {(it.id, it.version): it for it in arrived}
        return {item: exact.get((item.id, item.version)) for item in items}
    latest = {it.id: it for it in arrived}
    return {item: latest.get(item.id) for item in items}


def differs(item: Item, arrived: Item | None) -> Kind | None:
    """How the target's state differs from the source's, None when it does not."""
    if arrived is None:
        return "missing"
    if arrived.version < item.version:
        return "behind"
    if arrived.version > item.version:
        return "ahead"
    return None if arrived.status == item.status else "differs"


def suspects(matched: Mapping[Item, Item | None]) -> list[Item]:
    """What has to be looked at again: on its way, moved on between two looks, or lost."""
    return [item for item, arrived in matched.items() if differs(item, arrived)]


def judge(
    waiting: Mapping[UUID, Waiting],
    matched: Mapping[Item, Item | None],
    source: Mapping[UUID, Item],
    now: datetime,
) -> Finding:
    """The suspects' fate; `source` is how they are there by now, read last.

    A target that is ahead of what was read first has only been told meanwhile, unless it is
    ahead of the source itself. What is gone from the source by now was never owed.
    """
    finding = Finding()
    for item, arrived in matched.items():
        kind = differs(item, arrived)
        present = source.get(item.id)
        if kind is None or present is None:
            continue
        if kind == "ahead" and arrived is not None and arrived.version <= present.version:
            continue
        word = waiting.get(item.id)
        if word is None:
            finding.gaps.append(Gap(kind, item))
        elif word.held:
            finding.held += 1
        else:
            finding.in_flight += 1
            finding.late += now - word.since > LATE_AFTER
    return finding


def merge(findings: Sequence[Finding]) -> Finding:
    """The findings of several pages as one."""
    return Finding(
        checked=sum(it.checked for it in findings),
        in_flight=sum(it.in_flight for it in findings),
        late=sum(it.late for it in findings),
        held=sum(it.held for it in findings),
        gaps=[gap for it in findings for gap in it.gaps],
    )
