"""Tokens that end, and when an expert is the wrong one."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sysops.experts.rules import Profile, Visit, distance_km, why_wrong
from api.sysops.staff.rules import tokens_end

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = datetime(2026, 3, 2, 15, tzinfo=CHICAGO)
VISIT = Visit(MONDAY, MONDAY + timedelta(hours=2), 30.27, -97.74, {"laptop": 2})
EXPERT = Profile(
    active=True,
    latitude=30.3,
    longitude=-97.74,
    radius_km=10,
    time_zone="America/Chicago",
    skills={"laptop": (2, date(2026, 3, 2))},
    shifts={1: [(time(8), time(12)), (time(13), time(17))]},
    absent=[(None, MONDAY), (MONDAY + timedelta(hours=2), None)],
    holidays=frozenset({date(2026, 3, 1), date(2026, 3, 3)}),
)


@given(
    st.datetimes(timezones=st.just(UTC)).filter(lambda it: it.year < 9999),
    st.none() | st.timedeltas(timedelta(days=-1), timedelta(seconds=5)),
)
def test_every_token_issued_up_to_a_sign_out_is_older_than_its_limit(
    now: datetime, since: timedelta | None
) -> None:
    """Also one that was given a moment after an earlier sign-out, in the same second."""
    earlier = None if since is None else (now + since).replace(microsecond=0)
    issued = max(now, earlier or now).replace(microsecond=0)  # a token says whole seconds
    limit = tokens_end(now, earlier)
    assert issued < limit
    assert limit - issued <= timedelta(seconds=1)


def test_an_expert_may_be_just_right_in_everything() -> None:
    """The last day of the certificate, the end of the shift, between two absences."""
    assert why_wrong(EXPERT, VISIT) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"active": False}, "not available"),
        ({"skills": {}}, "not certified"),
        ({"skills": {"laptop": (1, date(2027, 1, 1))}}, "not certified"),
        ({"skills": {"laptop": (5, date(2026, 3, 1))}}, "not certified"),
        ({"radius_km": 3}, "area"),
        ({"holidays": {date(2026, 3, 2)}}, "holiday"),
        ({"shifts": {2: [(time(8), time(17))]}}, "does not work"),
        ({"shifts": {1: [(time(8), time(16, 59))]}}, "does not work"),
        ({"shifts": {1: [(time(15, 1), time(18))]}}, "does not work"),
        ({"absent": [(None, None)]}, "away"),
        ({"absent": [(None, MONDAY + timedelta(minutes=1))]}, "away"),
        ({"absent": [(MONDAY + timedelta(minutes=119), None)]}, "away"),
    ],
)
def test_each_hard_rule_that_breaks_is_said(change: dict[str, Any], words: str) -> None:
    reason = why_wrong(replace(EXPERT, **change), VISIT)
    assert reason is not None
    assert words in reason


def test_hours_and_certificates_are_those_of_the_experts_own_place() -> None:
    """The same moment is the next day in Tokyo."""
    assert why_wrong(replace(EXPERT, time_zone="Asia/Tokyo"), VISIT) is not None


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert distance_km(30, -97, 31, -97) == pytest.approx(111.195, abs=0.001)
