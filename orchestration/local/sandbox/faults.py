"""Trouble on demand: each door can be slow, refuse, or lose its answer after the deed."""

import random
from typing import Annotated

import msgspec

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


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All doors at once. Kept in memory only: a restart of the sandbox heals it."""

    mail: Fault = Fault()
    sms: Fault = Fault()
    payments: Fault = Fault()


def _happens(rate: float) -> bool:
    # random() is below 1, so a rate of 1 always happens and a rate of 0 never does.
    return random.random() < rate  # noqa: S311 - trouble needs no cryptography
