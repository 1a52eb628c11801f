"""A sealed card arrives once, is locked away, and never shows again."""

import logging
from typing import Any
from uuid import uuid4

import pytest

from api.billing.inbound import inbound
from api.billing.vault.crypto import WrongKey, generate_kek
from api.billing.vault.handlers import UnknownBoxKey
from api.billing.vault.service import open_cards
from api.kernel.outside.payments import CardNumber
from api.kernel.sealing import generate_box_keypair
from api.messages import CardRemoved, CardSealed
from tests.databases import Databases
from tests.integration.billing.support import (
    BOX,
    GOOD_NUMBER,
    KEK,
    NOW,
    deliver,
    sealed,
    sent,
)


def outcomes(databases: Databases) -> list[tuple[str, str | None]]:
    return [(it["status"], it["reason"]) for it in sent(databases, "customer", "card_outcome")]


def cards(databases: Databases) -> list[tuple[Any, ...]]:
    return databases.rows("billing", "SELECT card_id, status FROM vault_card ORDER BY created_at")


async def test_a_sealed_card_is_stored_and_the_customer_quantum_told(vault: Databases) -> None:
    card = sealed()
    assert await deliver(vault, card) == [None]
    assert outcomes(vault) == [("stored", None)]
    assert cards(vault) == [(card.card_id, "active")]


async def test_the_charge_role_gets_the_number_back_and_the_opening_is_logged(
    vault: Databases,
) -> None:
    card = sealed()
    await deliver(vault, card)
    async with vault.sessions("billing", "card_charge") as sessions:
        opened = await open_cards(
            sessions, KEK, [card.card_id], actor="card_charge", purpose="charge", now=NOW
        )
    assert opened.cards[card.card_id].number.reveal() == GOOD_NUMBER
    assert vault.rows(
        "billing", "SELECT actor, purpose, card_ids FROM vault_access ORDER BY id"
    ) == [
        ("billing_intake", "store", [card.card_id]),
        ("card_charge", "charge", [card.card_id]),
    ]


async def test_no_table_holds_the_number_in_any_form_that_reads(vault: Databases) -> None:
    await deliver(vault, sealed())
    tables = vault.rows(
        "billing",
        "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables "
        "WHERE schemaname NOT LIKE 'pg\\_%%' AND schemaname <> 'information_schema'",
    )
    assert len(tables) > 10
    for (table,) in tables:
        text = str(vault.rows("billing", f"SELECT * FROM {table}"))
        assert GOOD_NUMBER not in text, table
        assert GOOD_NUMBER.encode().hex() not in text, table


async def test_nothing_that_is_logged_or_raised_holds_the_number(
    vault: Databases, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    card = sealed()
    stranger = sealed(key=generate_box_keypair().private_key)
    (_, unknown, _) = await deliver(vault, card, stranger, sealed(inside={"card_id": "other"}))
    said = caplog.text + "".join(capsys.readouterr()) + repr(unknown)
    assert GOOD_NUMBER not in said
    number = CardNumber(GOOD_NUMBER)
    assert GOOD_NUMBER not in f"{number!r} {number} {[number]}"


@pytest.mark.parametrize(
    "card",
    [
        sealed(inside={"card_id": str(uuid4())}),
        sealed(inside={"customer_id": str(uuid4())}),
        sealed(inside={"key_id": "0" * 16}),
        sealed(sealed="QUJD"),
        sealed(last4="0000"),
    ],
    ids=["another card", "another customer", "another key", "no box", "other last digits"],
)
async def test_a_box_that_does_not_belong_to_its_envelope_is_refused_with_an_alert(
    vault: Databases, card: CardSealed
) -> None:
    assert await deliver(vault, card) == [None]
    assert outcomes(vault) == [("refused", "The card could not be read. Please add it again.")]
    assert cards(vault) == []
    assert vault.rows("billing", "SELECT kind, subject_id FROM alert") == [
        ("suspicious_card", card.card_id)
    ]


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (sealed("4242424242424241"), "This is not a valid card number."),
        (sealed("42424242"), "This is not a valid card number."),
        (sealed(exp_year=2026, exp_month=10), "The card has expired."),
    ],
    ids=["fails Luhn", "too short", "expired last month"],
)
async def test_a_card_that_cannot_be_charged_is_refused_with_a_reason(
    vault: Databases, card: CardSealed, reason: str
) -> None:
    assert await deliver(vault, card) == [None]
    assert outcomes(vault) == [("refused", reason)]
    assert vault.rows("billing", "SELECT 1 FROM alert") == []


async def test_a_box_for_an_unknown_key_waits_until_the_key_is_given(vault: Databases) -> None:
    (error,) = await deliver(vault, sealed(key=generate_box_keypair().private_key))
    assert isinstance(error, UnknownBoxKey)
    assert vault.rows("billing", "SELECT 1 FROM inbox") == []
    assert outcomes(vault) == []


async def test_an_opening_stays_logged_when_what_came_after_it_is_rolled_back(
    vault: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUAD_VAULT_KEK", generate_kek())
    monkeypatch.setenv("SQUAD_VAULT_BOX_KEYS", BOX.private_key)
    card, unknown = sealed(), sealed(key=generate_box_keypair().private_key)
    async with inbound("customer") as handlers:
        (error, _) = await deliver(vault, card, unknown, inbound=handlers)
    assert isinstance(error, WrongKey)
    assert vault.rows("billing", "SELECT 1 FROM inbox") == cards(vault) == []
    assert vault.rows("billing", "SELECT purpose, card_ids FROM vault_access") == [
        ("store", [card.card_id])
    ]


async def test_the_same_message_twice_has_one_effect(vault: Databases) -> None:
    card, message_id = sealed(), uuid4()
    await deliver(vault, card, card, ids=[message_id, message_id])
    assert outcomes(vault) == [("stored", None)]


async def test_a_card_sent_again_in_a_new_message_is_told_to_be_stored_again(
    vault: Databases,
) -> None:
    card = sealed()
    await deliver(vault, card, card)
    assert outcomes(vault) == [("stored", None), ("stored", None)]
    assert len(cards(vault)) == 1


async def test_the_same_number_twice_for_one_customer_is_a_duplicate(vault: Databases) -> None:
    customer_id = uuid4()
    first, again = sealed(customer_id=customer_id), sealed(customer_id=customer_id)
    renewed = sealed(customer_id=customer_id, exp_year=2098)
    somebody_else = sealed()
    await deliver(vault, first, again, renewed, somebody_else)
    assert [status for status, _ in outcomes(vault)] == ["stored", "duplicate", "stored", "stored"]


async def test_another_customers_card_id_is_not_overwritten(vault: Databases) -> None:
    first = sealed()
    await deliver(vault, first, sealed("5555555555554444", card_id=first.card_id))
    assert [status for status, _ in outcomes(vault)] == ["stored", "refused"]
    assert len(cards(vault)) == 1


async def test_a_removed_card_is_charged_no_more_and_may_be_added_again(vault: Databases) -> None:
    card = sealed()
    gone = CardRemoved(card_id=card.card_id, customer_id=card.customer_id)
    again = sealed(customer_id=card.customer_id)
    await deliver(vault, card, gone, gone, again)
    assert cards(vault) == [(card.card_id, "removed"), (again.card_id, "active")]


async def test_a_removal_by_somebody_else_removes_nothing(vault: Databases) -> None:
    card = sealed()
    await deliver(vault, card, CardRemoved(card_id=card.card_id, customer_id=uuid4()))
    assert cards(vault) == [(card.card_id, "active")]


async def test_a_removal_that_overtakes_its_card_wins(vault: Databases) -> None:
    card = sealed()
    await deliver(vault, CardRemoved(card_id=card.card_id, customer_id=card.customer_id), card)
    assert cards(vault) == [(card.card_id, "destroyed")]
    assert outcomes(vault) == []


async def test_the_relay_process_reads_its_secrets_from_the_environment(
    vault: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUAD_VAULT_KEK", generate_kek())
    monkeypatch.setenv("SQUAD_VAULT_BOX_KEYS", BOX.private_key)
    async with inbound("customer") as handlers:
        (error,) = await deliver(vault, sealed(), inbound=handlers)
    assert isinstance(error, WrongKey)
    async with inbound("sysops") as handlers:
        assert set(handlers.by_channel) == {"plan_priced"}
