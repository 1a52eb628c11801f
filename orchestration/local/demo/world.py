"""The demo world: everything that is there before the first ticket is opened."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orchestration.local.demo.booking import COMPARED, Diary
from orchestration.local.demo.clocks import SECOND
from orchestration.local.demo.contracts import Contracts, agree
from orchestration.local.demo.draws import Ids, uuid7
from orchestration.local.demo.experts import (
    Experts,
    TimeOff,
    calendar,
    candidates,
    hire,
    plan_time_off,
)
from orchestration.local.demo.holidays import Holidays, federal_holidays
from orchestration.local.demo.office import Office, open_office
from orchestration.local.demo.people import Customers, settle
from orchestration.local.demo.setting import Setting

MOST_CANDIDATES: Final = 4 * COMPARED


@dataclass(frozen=True)
class World:
    """`articles` holds one id a ticket type, then those for customers; `diary` changes as tickets
    are booked.
    """

    setting: Setting
    office: Office
    experts: Experts
    holidays: Holidays
    time_off: TimeOff
    diary: Diary
    candidates: NDArray[np.int32]
    customers: Customers
    contracts: Contracts
    articles: Ids


def make_world(setting: Setting) -> World:
    experts = hire(setting)
    holidays = federal_holidays(setting)
    time_off = plan_time_off(setting, experts)
    customers = settle(setting)
    listed = setting.catalogue
    articles = np.arange(len(listed.ticket_types) + len(listed.help_articles))
    return World(
        setting=setting,
        office=open_office(setting),
        experts=experts,
        holidays=holidays,
        time_off=time_off,
        diary=Diary(setting, calendar(experts, time_off, holidays, setting.clocks)),
        candidates=candidates(setting, experts, MOST_CANDIDATES),
        customers=customers,
        contracts=agree(setting, customers),
        articles=uuid7(setting.start + articles * SECOND, setting.draws("articles")),
    )
