"""A card is replaced in one act of the vault, and the customer chooses which one is charged."""

from uuid import UUID

import pytest

from api.kernel.sealing import BoxKeypair, open_box
from api.messages import CardChosen, CardOutcome, CardRemoved, CardSealed
from tests.api.customer.conftest import Customer, counts, sent
from tests.api.customer.test_cards import CARD, NUMBER
from tests.databases import Databases
from tests.messaging import deliver, send

NEW = CARD | {"number": "5555 5555 5555 4444"}


async def stored(ada: Customer, databases: Databases) -> str:
    card: str = (await ada.post("/cards", CARD)).json()["id"]
    databases.execute("customer", "UPDATE card SET status = 'stored' WHERE id = %s", UUID(card))
    return card


async def outcome(databases: Databases, ada: Customer, card: str, status: str) -> None:
    said = CardOutcome(card_id=UUID(card), customer_id=UUID(ada.id), status=status)  # type: ignore[arg-type]
    await send(databases, said, role="billing_intake")
    await deliver(databases, "billing", "customer")


async def test_the_old_card_stays_until_the_new_one_is_stored_and_then_is_gone(
    ada: Customer, databases: Databases, vault: BoxKeypair
) -> None:
    old = await stored(ada, databases)
    assert (await ada.post(f"/cards/{old}/default")).json()["charged"]
    new = (await ada.post(f"/cards/{old}/replacement", NEW)).json()
    assert (new["last4"], new["status"], new["replaces_id"]) == ("4444", "sent", old)
    message = sent(databases, CardSealed)[-1]
    assert str(message.replaces) == old
    assert open_box(vault.private_key, message.sealed)["number"] == "5555555555554444"
    shown = {it["id"]: it for it in (await ada.get("/cards")).json()}
    assert (shown[old]["status"], shown[old]["charged"]) == ("stored", True)
    await outcome(databases, ada, new["id"], "stored")
    (only,) = (await ada.get("/cards")).json()
    assert (only["id"], only["status"], only["charged"]) == (new["id"], "stored", True)
    # The vault gives the old one up itself.
    assert sent(databases, CardRemoved) == []


@pytest.mark.parametrize("status", ["refused", "duplicate"])
async def test_a_replacement_that_the_vault_does_not_take_leaves_the_old_card(
    ada: Customer, databases: Databases, status: str
) -> None:
    old = await stored(ada, databases)
    new = (await ada.post(f"/cards/{old}/replacement", NEW)).json()["id"]
    await outcome(databases, ada, new, status)
    assert (await ada.get(f"/cards/{old}")).json()["status"] == "stored"
    assert (await ada.get(f"/cards/{new}")).json()["status"] == "refused"
    assert (await ada.post(f"/cards/{old}/replacement", NEW)).status_code == 201


async def test_a_card_is_replaced_by_one_at_a_time_and_by_its_owner_alone(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    old = await stored(ada, databases)
    wrong = await ada.post(f"/cards/{old}/replacement", CARD | {"number": "4242", "cvc": "1"})
    assert wrong.status_code == 400
    assert NUMBER not in wrong.text
    assert (await ada.post(f"/cards/{old}/replacement", NEW)).status_code == 201
    before = counts(databases)
    assert (await ada.post(f"/cards/{old}/replacement", NEW)).status_code == 409
    assert (await bob.post(f"/cards/{old}/replacement", NEW)).status_code == 404
    assert (await bob.post(f"/cards/{old}/default")).status_code == 404
    assert (await bob.get(f"/cards/{old}")).status_code == 404
    assert counts(databases) == before


async def test_the_newest_card_is_charged_until_another_is_chosen(
    ada: Customer, databases: Databases
) -> None:
    first, second = await stored(ada, databases), await stored(ada, databases)
    charged = {it["id"]: it["charged"] for it in (await ada.get("/cards")).json()}
    assert charged == {first: False, second: True}
    for _ in range(2):
        assert (await ada.post(f"/cards/{first}/default")).json()["charged"]
    await ada.post(f"/cards/{second}/default")
    said = [(str(it.card_id), it.version) for it in sent(databases, CardChosen)]
    assert said == [(first, 1), (second, 2)]
    waiting = (await ada.post("/cards", NEW)).json()["id"]
    assert (await ada.post(f"/cards/{waiting}/default")).status_code == 409
    assert (await ada.delete(f"/cards/{second}")).status_code == 204
    (left,) = [it for it in (await ada.get("/cards")).json() if it["status"] == "stored"]
    assert (left["id"], left["charged"]) == (first, True)
