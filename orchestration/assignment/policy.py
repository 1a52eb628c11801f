"""The hard numbers of assignment, and a policy's weights as the cost function takes them. Pure.

Priorities are not costs: they come first, whatever the cost. What each weight means is in
docs/assignment.md.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.messages import Priority
from api.sysops.assignment.policy import Policy
from api.sysops.experts.days import ARRIVAL_WINDOWS

WINDOWS_A_DAY = len(ARRIVAL_WINDOWS)
PRIORITY_LEVELS: tuple[Priority, ...] = ("urgent", "high", "normal", "low")
"""Served in this order: no number of lower ones outweighs a higher one."""


class Weights(NamedTuple):
    """A policy's weights in cost units; those by priority in the order of PRIORITY_LEVELS."""

    per_km: int
    per_hour_late: NDArray[np.int64]
    per_hour_waiting: NDArray[np.int64]
    per_visit_that_day: int
    per_level_above: int
    per_unknown_customer: int
    per_silence: int


def weights_of(policy: Policy) -> Weights:
    return Weights(
        policy.per_km,
        np.array([policy.per_hour_late.of(it) for it in PRIORITY_LEVELS], np.int64),
        np.array([policy.per_hour_waiting.of(it) for it in PRIORITY_LEVELS], np.int64),
        policy.per_visit_that_day,
        policy.per_level_above,
        policy.per_unknown_customer,
        policy.per_silence,
    )
