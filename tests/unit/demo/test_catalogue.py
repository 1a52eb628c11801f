"""What the demo world sells and says, held against the rules of the live system."""

import json

import pytest

from api.customer.tickets.rules import priority_for
from api.sysops.catalogue.rules import question_errors
from api.sysops.experts.days import ARRIVAL_WINDOWS, ROAD_FACTOR
from api.sysops.tickets.rules import ACTIONS, ANSWER_WITHIN
from orchestration.local.demo import places
from orchestration.local.demo.cards import APPROVED, BRANDS, DECLINED, NUMBERS
from orchestration.local.demo.catalogue import load_catalogue, load_words
from orchestration.local.demo.clocks import WINDOW_HOURS
from orchestration.local.demo.life import LEAD_HOURS
from orchestration.local.demo.outcomes import OUTCOMES, Outcome
from orchestration.local.demo.surveys import comment_pool
from orchestration.local.sandbox.cards import SPECIAL_CARDS, brand_of
from tests.unit.demo.support import small_setting

CATALOGUE = load_catalogue()


@pytest.mark.parametrize("kind", CATALOGUE.ticket_types, ids=lambda kind: kind.code)
def test_every_ticket_type_is_within_two_profiles_of_experts(kind: object) -> None:
    needed = CATALOGUE.needed[CATALOGUE.ticket_types.index(kind)]  # type: ignore[arg-type]
    able = [
        one.name for one in CATALOGUE.profiles if (CATALOGUE.levels(one.skills) >= needed).all()
    ]
    assert len(able) >= 2


def test_ticket_types_and_plans_name_known_devices_and_skills() -> None:
    for kind in CATALOGUE.ticket_types:
        assert kind.device_type in CATALOGUE.device_types
        assert set(kind.skills) <= set(CATALOGUE.skills)
        assert 15 <= kind.minutes <= 120
    for plan in CATALOGUE.plans:
        assert set(plan.device_types) <= set(CATALOGUE.device_types)


def test_what_customers_are_asked_is_what_the_catalogue_would_take() -> None:
    asked = {one.code: one for one in CATALOGUE.survey_templates}
    assert set(asked) == {kind.survey for kind in CATALOGUE.ticket_types} - {None}
    for template in asked.values():
        assert question_errors(template.questions) == []


def test_plans_give_every_priority() -> None:
    given = {priority_for(plan.sla_hours) for plan in CATALOGUE.plans}
    assert given == set(ANSWER_WITHIN) == set(LEAD_HOURS)


def test_nothing_that_is_said_needs_escaping_in_json() -> None:
    words, setting = load_words(), small_setting()
    said = [
        *words.first_names,
        *words.last_names,
        *words.streets,
        *comment_pool(setting),
        *(reason for one in OUTCOMES for reason in one.reasons if reason),
        *(text for one in CATALOGUE.ticket_types for text in (one.name, *one.resolutions)),
        *setting.places.city,
    ]
    assert all(json.dumps(text, ensure_ascii=False) == f'"{text}"' for text in said)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.name)
def test_outcomes_lead_where_the_live_rules_do(outcome: Outcome) -> None:
    assert outcome.to == ACTIONS[outcome.action].target
    # Who is not proposed again leaves the ticket to somebody else.
    assert outcome.other_expert or outcome.excludes is None


def test_windows_and_roads_are_those_of_the_assignment_job() -> None:
    assert tuple(start.hour for start, _ in ARRIVAL_WINDOWS) == WINDOW_HOURS
    assert places.ROAD_FACTOR == ROAD_FACTOR


def test_cards_are_known_test_numbers_that_the_sandbox_answers_as_meant() -> None:
    declined = {card.number: card.decline is not None for card in SPECIAL_CARDS}
    assert [declined[number] for number in APPROVED] == [False, False]
    assert declined[DECLINED]
    assert tuple(brand_of(number) for number in NUMBERS) == BRANDS
