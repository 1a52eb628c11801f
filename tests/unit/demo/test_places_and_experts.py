"""Markets, and the experts who work in them."""

from collections import Counter
from datetime import date

import numpy as np

from orchestration.local.demo.experts import (
    FREE,
    OFF,
    PATTERNS,
    calendar,
    candidates,
    hire,
    plan_time_off,
)
from orchestration.local.demo.holidays import federal_holidays, holidays_of
from orchestration.local.demo.places import MARKET_KM, haversine_km, load_places, market_count
from orchestration.local.demo.size import EXPERTS_A_MARKET
from tests.unit.demo.support import small_setting

SETTING = small_setting()
EXPERTS = hire(SETTING)


def test_every_metro_of_the_list_has_zip_codes_of_its_own() -> None:
    places = load_places(market_count())
    assert len(places.population) == market_count()
    assert (np.diff(places.starts) >= 10).all()
    assert len(set(places.zip)) == len(places.zip)


def test_a_market_lies_around_its_metro_in_one_time_zone() -> None:
    places = load_places(3)
    for market in range(3):
        here = places.of_market(market)
        assert len(set(places.zone[here])) == 1
        lat, lon = places.latitude[here], places.longitude[here]
        assert haversine_km(lat[0], lon[0], lat, lon).max() <= MARKET_KM
        assert np.isclose(places.weight[here].sum(), 1)


def test_experts_are_shared_by_population_with_a_team_everywhere() -> None:
    team = Counter(EXPERTS.market.tolist())
    assert len(EXPERTS) == SETTING.size.experts
    assert min(team.values()) >= EXPERTS_A_MARKET


def test_everybody_has_two_experts_for_everything() -> None:
    table = candidates(SETTING, EXPERTS, 9)
    assert ((table >= 0).sum(axis=2) >= 2).all()


def test_candidates_have_the_skills_and_live_within_their_radius() -> None:
    table, places = candidates(SETTING, EXPERTS, 9), SETTING.places
    place, kind, rank = np.nonzero(table >= 0)
    expert = table[place, kind, rank]
    assert (EXPERTS.levels[expert] >= SETTING.catalogue.needed[kind]).all()
    km = haversine_km(
        places.latitude[place],
        places.longitude[place],
        EXPERTS.latitude[expert],
        EXPERTS.longitude[expert],
    )
    assert (km <= EXPERTS.radius_km[expert]).all()
    assert (places.market[place] == EXPERTS.market[expert]).all()


def test_calendars_are_free_on_shifts_alone_and_never_in_time_off_or_on_a_holiday() -> None:
    off, holidays = plan_time_off(SETTING, EXPERTS), federal_holidays(SETTING)
    slots = calendar(EXPERTS, off, holidays, SETTING.clocks).reshape(len(EXPERTS), -1, 4)
    assert holidays[date(2026, 11, 26)] == "Thanksgiving Day"
    assert (slots[:, SETTING.clocks.day_of(date(2026, 11, 26))] == OFF).all()
    for expert, pattern in enumerate(EXPERTS.pattern):
        shifts = PATTERNS[pattern]
        day, window = np.nonzero(slots[expert] == FREE)
        assert set(SETTING.clocks.weekday(day).tolist()) <= set(shifts.weekdays)
        assert set(window.tolist()) <= set(shifts.windows)
    inside = off.day < SETTING.clocks.days
    assert (slots[off.expert[inside], off.day[inside]] == OFF).all()


def test_holidays_are_those_of_the_federal_government() -> None:
    """As the Office of Personnel Management lists them for 2026 and, of New Year, for 2028."""
    assert sorted(day.isoformat()[5:] for day, _ in holidays_of(2026)) == [
        *("01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12"),
        *("11-11", "11-26", "12-25"),
    ]
    assert (date(2027, 12, 31), "New Year's Day (observed)") in holidays_of(2028)
