"""The life of an article: one table of transitions, and who may do what. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from api.kernel.errors import TransitionRefused

Status = Literal["draft", "in_review", "published", "archived"]
Audience = Literal["internal", "customers"]
Action = Literal["submit", "send_back", "publish", "archive", "restore"]
STATUSES: tuple[Status, ...] = ("draft", "in_review", "published", "archived")
AUDIENCES: tuple[Audience, ...] = ("internal", "customers")
SEARCHES_KEPT = timedelta(days=90)
"""How long the words of a search stay: people type names and numbers of things."""

WRITERS = ("expert", "helpdesk", "administrator")
PUBLISHERS = ("helpdesk", "administrator")
# The serial number of a thing has letters and digits that change places four times; the names of
# models change less often.
_SERIAL = r"\b[a-z]*(?:\d+[a-z]+){2,}\d\w*|\b[a-z]+(?:\d+[a-z]+){2,}\w*"
_ADDRESS = r"\S*@\S*"
_NUMBER = r"\+?\d[\d\s().-]{4,}\d|\S*\d{5,}\S*"
_PERSONAL = re.compile(rf"{_ADDRESS}|{_NUMBER}|{_SERIAL}", re.IGNORECASE)


@dataclass(frozen=True)
class Transition:
    """From any of `sources` to `target`; by publishers, or also by the article's author."""

    sources: frozenset[Status]
    target: Status
    by_author: bool = False


ACTIONS: dict[Action, Transition] = {
    "submit": Transition(frozenset({"draft"}), "in_review", by_author=True),
    "send_back": Transition(frozenset({"in_review"}), "draft", by_author=True),
    "publish": Transition(frozenset({"in_review"}), "published"),
    "archive": Transition(frozenset({"draft", "in_review", "published"}), "archived"),
    "restore": Transition(frozenset({"archived"}), "draft"),
}


def allowed_actions(status: Status, *, publishes: bool, wrote_it: bool) -> list[Action]:
    """What this person may do with an article now."""
    return [
        action
        for action, transition in ACTIONS.items()
        if status in transition.sources and (publishes or (wrote_it and transition.by_author))
    ]


def next_status(status: Status, action: Action) -> Status:
    """The status after `action`; raises TransitionRefused naming what is allowed instead."""
    if status in ACTIONS[action].sources:
        return ACTIONS[action].target
    words = f"An article that is {_plain(status)} cannot do this: {_plain(action)}."
    raise TransitionRefused(words, allowed_actions(status, publishes=True, wrote_it=True))


def publishes(roles: Collection[str]) -> bool:
    return not frozenset(PUBLISHERS).isdisjoint(roles)


def may_read(status: Status, *, publishes: bool, wrote_it: bool) -> bool:
    """Published articles are for all staff, all others for their author and for publishers."""
    return status == "published" or publishes or wrote_it


def may_save(status: Status, *, publishes: bool, wrote_it: bool) -> bool:
    """A draft is its author's and the publishers', what is read or reviewed the publishers'."""
    return status != "archived" and (publishes or (wrote_it and status == "draft"))


def kept_words(typed: str) -> str:
    """What is kept of a search: not what looks like somebody's address or number, or like the
    serial number of a thing.
    """
    words = " ".join(_PERSONAL.sub(" ", typed).casefold().split())
    return words or "(a number or an address)"


def _plain(name: str) -> str:
    return name.replace("_", " ")
