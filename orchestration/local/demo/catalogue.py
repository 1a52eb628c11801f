"""What is sold and repaired: read from `catalogue.toml` and `words.toml`."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from api.messages import Question
from orchestration.local.demo.draws import Floats, Ints

_HERE: Final = Path(__file__).parent
SEASON_FACTOR: Final = 1.5


class Profile(msgspec.Struct, frozen=True):
    """Skills and levels (1 to 5) that a kind of expert has at least."""

    name: str
    skills: dict[str, int]


class Plan(msgspec.Struct, frozen=True):
    """A support plan; `share` is its part of the new contracts."""

    code: str
    name: str
    price_cents: int
    interval: Literal["month", "year"]
    sla_hours: int
    share: int
    device_types: list[str]


class SparePart(msgspec.Struct, frozen=True):
    name: str
    part_number: str


class SurveyTemplate(msgspec.Struct, frozen=True):
    """What customers are asked after some kinds of work."""

    code: str
    name: str
    heading: str
    questions: list[Question]


class TicketType(msgspec.Struct, frozen=True):
    """A kind of work: its usual length, needed skills and levels, months with more of it.

    `part` is what its first resolution replaces; `survey` the template that asks after it, None
    for the default one.
    """

    code: str
    name: str
    device_type: str
    minutes: int
    skills: dict[str, int]
    weight: int
    season: list[int]
    descriptions: list[str]
    resolutions: list[str]
    part: SparePart | None = None
    survey: str | None = None


class HelpText(msgspec.Struct, frozen=True):
    """An article for customers."""

    title: str
    body: str
    device_type: str
    ticket_types: list[str]
    keywords: list[str]


class _Listed(msgspec.Struct, frozen=True):
    skills: dict[str, str]
    device_types: dict[str, str]
    profiles: list[Profile]
    plans: list[Plan]
    ticket_types: list[TicketType]
    help_articles: list[HelpText]
    survey_templates: list[SurveyTemplate]


class Words(msgspec.Struct, frozen=True):
    first_names: list[str]
    last_names: list[str]
    streets: list[str]
    good_comments: list[str]
    fair_comments: list[str]
    bad_comments: list[str]


@dataclass(frozen=True)
class Catalogue:
    """The lists, and the same in numbers: skills, plans and ticket types by their place."""

    skills: dict[str, str]
    device_types: dict[str, str]
    profiles: list[Profile]
    plans: list[Plan]
    ticket_types: list[TicketType]
    help_articles: list[HelpText]
    survey_templates: list[SurveyTemplate]
    needed: Ints = field(repr=False)
    """Least level of each skill, a row a ticket type; 0 where it is not needed."""

    def levels(self, skills: dict[str, int]) -> Ints:
        return np.array([skills.get(code, 0) for code in self.skills])

    def type_weights(self, plan: int, month: int) -> Floats:
        """How often each ticket type is opened under a plan in a month (1 to 12)."""
        covered = self.plans[plan].device_types
        return np.array(
            [
                kind.weight * (SEASON_FACTOR if month in kind.season else 1.0)
                if kind.device_type in covered
                else 0.0
                for kind in self.ticket_types
            ]
        )


@cache
def load_catalogue() -> Catalogue:
    listed = msgspec.convert(_toml("catalogue.toml"), _Listed)
    needed = [[kind.skills.get(code, 0) for code in listed.skills] for kind in listed.ticket_types]
    return Catalogue(
        listed.skills,
        listed.device_types,
        listed.profiles,
        listed.plans,
        listed.ticket_types,
        listed.help_articles,
        listed.survey_templates,
        np.array(needed),
    )


@cache
def load_words() -> Words:
    return msgspec.convert(_toml("words.toml"), Words)


def _toml(name: str) -> dict[str, object]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))
