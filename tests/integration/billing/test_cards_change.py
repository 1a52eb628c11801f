"""A replacement takes the old card's place in one act, and the chosen card is kept."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from api.messages import CardChosen
from tests.databases import Databases
from tests.integration.billing.support import deliver, sealed

CUSTOMER = UUID(int=5)
OTHER = "5555555555554444"


def cards(databases: Databases) -> dict[UUID, str]:
    return dict(databases.rows("billing", "SELECT card_id, status FROM vault_card"))


def chosen(card_id: UUID, version: int) -> CardChosen:
    return CardChosen(customer_id=CUSTOMER, card_id=card_id, version=version)


def default(databases: Databases) -> list[tuple[UUID, int]]:
    rows = databases.rows("billing", "SELECT card_id, version FROM default_card")
    return [(row[0], row[1]) for row in rows]


async def test_the_old_card_is_given_up_in_the_act_that_stores_the_new_one(
    vault: Databases,
) -> None:
    old = sealed(customer_id=CUSTOMER)
    new = sealed(OTHER, customer_id=CUSTOMER, replaces=old.card_id)
    await deliver(vault, old, chosen(old.card_id, 1))
    await deliver(vault, new)
    assert cards(vault) == {old.card_id: "removed", new.card_id: "active"}
    assert default(vault) == [(new.card_id, 1)]


@pytest.mark.parametrize(
    ("number", "more"),
    [("4242424242424241", {}), (OTHER, {"exp_year": 2020}), ("4242424242424242", {})],
    ids=["no card number", "expired", "the same card"],
)
async def test_a_replacement_that_is_not_stored_destroys_nothing(
    vault: Databases, number: str, more: dict[str, Any]
) -> None:
    old = sealed(customer_id=CUSTOMER)
    await deliver(vault, old)
    await deliver(vault, sealed(number, customer_id=CUSTOMER, replaces=old.card_id, **more))
    assert cards(vault) == {old.card_id: "active"}


async def test_nobody_can_replace_a_strangers_card(vault: Databases) -> None:
    stranger = sealed(customer_id=uuid4())
    new = sealed(OTHER, customer_id=CUSTOMER, replaces=stranger.card_id)
    await deliver(vault, stranger, new)
    assert cards(vault) == {stranger.card_id: "active", new.card_id: "active"}


async def test_the_newest_choice_stays_in_whatever_order_they_come(vault: Databases) -> None:
    first, second = uuid4(), uuid4()
    await deliver(vault, chosen(second, 2), chosen(first, 1))
    assert default(vault) == [(second, 2)]
