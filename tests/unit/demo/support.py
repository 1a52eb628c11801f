"""A small demo world for tests, without a database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from orchestration.local.demo.setting import Setting, make_setting
from orchestration.local.demo.size import DemoSize

# A Friday, 11:30 in New York.
NOON = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
SMALL = DemoSize(customers=120, experts=12, months=4, seed=7)


class AnyState(dict[str, list[tuple[date, int]]]):
    """A tax rate for whatever state is asked for."""

    def __missing__(self, state: str) -> list[tuple[date, int]]:
        return [(date(2020, 1, 1), 62_500), (date(2026, 10, 1), 70_000)]


RATES: Mapping[str, list[tuple[date, int]]] = AnyState()


def small_setting(size: DemoSize = SMALL, now: datetime = NOON) -> Setting:
    return make_setting(size, now)
