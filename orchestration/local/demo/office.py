"""The people in the office: helpdesk, managers, administrators, finance."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.local.demo.clocks import DAY
from orchestration.local.demo.draws import Ids, Ints, uuid7
from orchestration.local.demo.logins import OFFICE
from orchestration.local.demo.setting import Setting

HELPDESK: Final = np.array([place for place, one in enumerate(OFFICE) if one.role == "helpdesk"])
MANAGERS: Final = np.array([place for place, one in enumerate(OFFICE) if one.role == "manager"])


@dataclass(frozen=True)
class Office:
    """Parallel arrays, an entry a person of `logins.OFFICE`."""

    id: Ids
    created: Ints


def open_office(setting: Setting) -> Office:
    """Everybody in the office was there before the history begins."""
    random = setting.draws("office")
    created = setting.start - random.integers(100 * DAY, 1_000 * DAY, len(OFFICE))
    return Office(uuid7(created, random), created)
