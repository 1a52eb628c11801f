"""Trouble on demand: each door can be slow, refuse, or lose its answer after the deed."""

import random
from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec

T = TypeVar("T")

Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=600_000)]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What goes wrong at one door; the default is nothing."""

    delay_ms: Milliseconds = 0
    """Wait before anything else."""
    refuse_rate: Rate = 0.0
    """Share of requests answered with a temporary failure, without effect."""
    drop_rate: Rate = 0.0
    """Share of requests that take effect and then lose the connection instead of an answer."""

    def refuses(self) -> bool:
        return _happens(self.refuse_rate)

    def drops(self) -> bool:
        return _happens(self.drop_rate)


class ReportFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What goes wrong with the reports on text messages; the default is nothing."""

    delay_ms: Milliseconds = 0
    """Wait before the first of a message."""
    lose_rate: Rate = 0.0
    """Share of reports that are not made."""
    repeat_rate: Rate = 0.0
    """Share of reports that are made twice."""
    reorder_rate: Rate = 0.0
    """Share of messages whose reports come last first."""

    def arranged(self, reports: Sequence[T]) -> list[T]:
        """One message's reports as they will be made."""
        ordered = reversed(reports) if _happens(self.reorder_rate) else iter(reports)
        made: list[T] = []
        for report in ordered:
            if not _happens(self.lose_rate):
                made += [report] * (1 + _happens(self.repeat_rate))
        return made


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All doors at once. Kept in memory only: a restart of the sandbox heals it."""

    mail: Fault = Fault()
    sms: Fault = Fault()
    reports: ReportFault = ReportFault()
    payments: Fault = Fault()


def _happens(rate: float) -> bool:
    # random() is below 1, so a rate of 1 always happens and a rate of 0 never does.
    return random.random() < rate  # noqa: S311 - trouble needs no cryptography
