"""The vault itself: keys, the chain of openings, who may reach what."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from api.billing.vault import access_log
from api.billing.vault.crypto import Kek, WrongKey, generate_kek
from api.billing.vault.keys import NoKeys, ensure_keys
from api.billing.vault.service import NewCard, destroy_removed, encrypt_many, open_cards
from api.kernel.outside.payments import CardNumber
from api.messages import CardRemoved
from tests.databases import Databases
from tests.integration.billing.support import (
    GOOD_NUMBER,
    KEK,
    NOW,
    deliver,
    make_keys,
    sealed,
)


async def test_the_log_of_openings_is_one_chain_whoever_writes_at_once(vault: Databases) -> None:
    async def write(number: int) -> None:
        async with sessions.begin() as session:
            await access_log.append(
                session, actor=f"writer {number}", purpose="test", card_ids=[uuid4()], now=NOW
            )

    async with vault.sessions("billing", "card_charge") as sessions:
        await asyncio.gather(*(write(number) for number in range(20)))
        async with sessions() as session:
            assert await access_log.first_break(session) is None
    assert vault.rows("billing", "SELECT count(*) FROM vault_access") == [(20,)]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE vault_access SET actor = 'nobody' WHERE id = 2",
        "UPDATE vault_access SET at = at + interval '1 second' WHERE id = 2",
        "UPDATE vault_access SET card_ids = '{}' WHERE id = 2",
        "DELETE FROM vault_access WHERE id = 2",
    ],
)
async def test_a_link_that_is_changed_or_removed_breaks_the_chain(
    vault: Databases, tampering: str
) -> None:
    await deliver(vault, sealed(), sealed(), sealed())
    vault.execute("billing", tampering)
    async with vault.sessions("billing", "card_charge") as sessions, sessions() as session:
        assert await access_log.first_break(session) in {2, 3}


async def test_a_ciphertext_moved_to_another_card_does_not_open(vault: Databases) -> None:
    mine, yours = sealed(), sealed("5555555555554444")
    await deliver(vault, mine, yours)
    vault.execute(
        "billing",
        "UPDATE vault_card SET nonce = other.nonce, ciphertext = other.ciphertext "
        "FROM vault_card other WHERE vault_card.card_id = %s AND other.card_id = %s",
        mine.card_id,
        yours.card_id,
    )
    async with vault.sessions("billing", "card_charge") as sessions:
        opened = await open_cards(
            sessions, KEK, [mine.card_id, yours.card_id], actor="a", purpose="b", now=NOW
        )
    assert opened.unreadable == [mine.card_id]
    assert list(opened.cards) == [yours.card_id]


async def test_another_key_encryption_key_opens_nothing(vault: Databases) -> None:
    async with vault.sessions("billing", "card_rotate") as sessions, sessions() as session:
        with pytest.raises(WrongKey, match="vault key 0"):
            await ensure_keys(session, Kek(generate_kek()), NOW)


async def test_keys_are_made_once_however_often_they_are_asked_for(databases: Databases) -> None:
    await asyncio.gather(*(make_keys(databases) for _ in range(3)))
    found = databases.rows("billing", "SELECT version, purpose FROM vault_key ORDER BY version")
    assert found == [(0, "fingerprint"), (1, "card")]


async def test_a_vault_without_keys_keeps_the_message_waiting(databases: Databases) -> None:
    (error,) = await deliver(databases, sealed())
    assert isinstance(error, NoKeys)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("billing_api", "SELECT card_id FROM vault_card"),
        ("biller", "SELECT card_id FROM vault_card"),
        ("biller", "SELECT wrapped_key FROM vault_key"),
        ("replicator", "SELECT last4 FROM vault_card"),
        ("billing_from_sysops", "SELECT card_id FROM vault_card"),
        ("billing_intake", "SELECT ciphertext FROM vault_card"),
        ("card_charge", "UPDATE vault_card SET status = 'removed'"),
        ("card_charge", "UPDATE vault_access SET actor = ''"),
        ("card_rotate", "DELETE FROM vault_access"),
        ("card_destroy", "SELECT ciphertext FROM vault_card"),
    ],
)
def test_nobody_reaches_further_into_the_vault_than_its_work_needs(
    databases: Databases, role: str, statement: str
) -> None:
    with (
        databases.connect("billing", role) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


async def test_cards_encrypted_in_bulk_open_like_any_other(vault: Databases) -> None:
    keys = await make_keys(vault)
    card = NewCard(
        card_id=uuid4(),
        customer_id=uuid4(),
        number=CardNumber(GOOD_NUMBER),
        brand="visa",
        exp_month=1,
        exp_year=2030,
    )
    (row,) = encrypt_many(keys, [card])
    vault.execute(
        "billing",
        "INSERT INTO vault_card VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'active', %s, %s)",
        *(getattr(row, name) for name in row.__slots__),
        NOW,
        NOW + timedelta(days=1),
    )
    async with vault.sessions("billing", "card_charge") as sessions:
        opened = await open_cards(sessions, KEK, [card.card_id], actor="a", purpose="b", now=NOW)
    assert opened.cards[card.card_id].number.reveal() == GOOD_NUMBER


async def test_a_removed_card_is_destroyed_and_one_that_a_charge_may_need_is_not(
    vault: Databases,
) -> None:
    kept, gone, charged = sealed(), sealed(), sealed()
    await deliver(vault, kept, gone, charged)
    await deliver(
        vault,
        *(CardRemoved(card_id=it.card_id, customer_id=it.customer_id) for it in (gone, charged)),
    )
    # An invoice needs a whole run; what the vault looks at is the payment.
    ((key,),) = vault.rows(
        "billing",
        "SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND conrelid ="
        " 'payment'::regclass",
    )
    vault.execute("billing", f"ALTER TABLE payment DROP CONSTRAINT {key}")
    vault.execute(
        "billing",
        "INSERT INTO payment (invoice_id, attempt, customer_id, card_id, idempotency_key,"
        " amount_cents, currency, status, created_at)"
        " VALUES (uuidv7(), 1, %s, %s, 'key', 1, 'USD', 'unknown', now())",
        charged.customer_id,
        charged.card_id,
    )
    async with vault.sessions("billing", "card_destroy") as sessions, sessions.begin() as session:
        assert await destroy_removed(session, NOW) == [gone.card_id]
    left = vault.rows(
        "billing",
        "SELECT card_id, status FROM vault_card"
        " WHERE ciphertext IS NOT NULL OR last4 <> '' OR fingerprint <> '' ORDER BY card_id",
    )
    assert dict(left) == {kept.card_id: "active", charged.card_id: "removed"}
    told = vault.rows("billing", "SELECT card_ids FROM vault_access WHERE purpose = 'destroy'")
    assert told == [([gone.card_id],)]
