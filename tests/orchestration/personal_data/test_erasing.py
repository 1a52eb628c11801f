"""An erasure waits until nothing binds us, ends everywhere, and leaves the books as they are."""

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from orchestration.personal_data import erasing, rows
from tests.messaging import deliver, send
from tests.orchestration.personal_data.history import (
    CANARY,
    EMAIL,
    History,
    begin,
    finish,
    run,
)
from tests.orchestration.reconciliation.world import broken
from tests.world import household


async def test_a_customer_with_a_whole_history_is_erased_and_the_books_stay(
    history: History, sandbox: httpx.AsyncClient
) -> None:
    history.mark()
    books = history.books()
    assert len(history.traces(CANARY)) > 8
    request_id = await history.file()
    await deliver(history.databases, "customer", "customer")

    assert (await run(history))["waits_for"] == [erasing.SIGNED_IN]
    assert (await run(history, 16))["waits_for"] == [erasing.ON_THEIR_WAY]
    await history.carry()
    assert (await run(history, 17))["waits_for"] == [erasing.LAST_MAIL]
    await deliver(history.databases, "customer", "customer")
    done = await run(history, 18)

    assert (done["status"], done["waits_for"]) == ("done", [])
    assert history.traces(CANARY, EMAIL, "+12125550123", "Ada Example", "Congress") == set()
    assert history.books() == books
    assert history.databases.rows("billing", "SELECT status, last4 FROM vault_card") == [
        ("destroyed", "")
    ]
    assert history.databases.rows("customer", "SELECT 1 FROM attachment_content") == []
    mails = (await sandbox.get("/api/messages")).json()["messages"]
    (last,) = [it for it in mails if it["subject"] == "Your data is erased"]
    assert last["to"] == EMAIL
    assert str(request_id) in last["text"]
    report = await history.world.reconcile(everything=True)
    assert (broken(report), report.dead_letters) == ({}, 0)
    assert await run(history, 19) == done


async def test_the_receipt_says_what_was_done_in_each_table_and_nothing_of_the_person(
    history: History,
) -> None:
    await begin(history)
    receipt = (await finish(history))["receipt"]
    told = receipt["databases"]
    assert told["customer"]["account"]["rows"] == 1
    assert set(told["customer"]["account"]["blanked"]) >= {"email", "full_name", "phone"}
    assert told["customer"]["ticket"]["rows"] == told["sysops"]["ticket"]["rows"] == 2
    assert told["billing"]["invoice"] | {"kept": None} == {
        "rows": 1, "done": "kept", "kept": None,
    }  # fmt: skip
    assert told["billing"]["vault_card"] == {"rows": 1, "done": "destroyed"}
    assert told["analytics"]["survey_response"]["done"] == "kept"
    seal = receipt.pop("sha256")
    written = msgspec.json.encode(receipt, order="sorted")
    assert hashlib.sha256(written).hexdigest() == seal
    assert CANARY not in str(receipt)
    assert EMAIL not in str(receipt)


class Died(Exception):
    """Stands for a process that is killed."""


async def test_whatever_dies_the_next_run_comes_to_the_same_end(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(history)
    real = rows.erase
    for dies_in in ("sysops", "billing", "analytics", "customer"):

        async def dying(*values: Any, where: str = dies_in) -> Any:
            done = await real(*values)
            if values[2] == where:
                raise Died
            return done

        monkeypatch.setattr(erasing, "erase", dying)
        history.mailed()
        if dies_in == "customer":
            assert (await run(history, 17))["waits_for"] == [erasing.LAST_MAIL]
            history.mailed()
        for _ in range(2):
            with pytest.raises(Died):
                await run(history, 17)
        assert history.request()["status"] == "under_way"
    monkeypatch.setattr(erasing, "erase", real)
    done = await run(history, 19)
    assert done["status"] == "done"
    assert done["receipt"]["databases"]["sysops"]["ticket"]["rows"] == 2
    assert history.traces(CANARY, EMAIL) == set()


CHARGE = """
INSERT INTO payment (invoice_id, attempt, customer_id, card_id, idempotency_key, amount_cents,
                     currency, status, created_at)
SELECT id, 1, customer_id, id, 'key', 1, 'USD', 'unknown', now() FROM invoice
"""
ONE_OFF = """
INSERT INTO one_off (contract_id, customer_id, kind, amount_cents, currency, description,
                     product_class, from_period, created_at)
SELECT id, customer_id, 'credit', 1, 'USD', 'Goodwill', 'untaxed', '2026-01-01', now() FROM contract
LIMIT 1
"""
BINDING = (
    ("customer", "contract", "active", "cancelled", "contract on the plan basic is running"),
    ("customer", "statement", "declined", "paid", "is not paid yet"),
    ("sysops", "ticket", "open", "closed", "Ticket 100001 is open"),
    ("sysops", "entitlement", "active", "cancelled", "service organisation"),
    ("billing", "contract", "active", "cancelled", "has not reached billing"),
    ("billing", "billing_run", "approved", "finished", "The last bill of your contract"),
    ("billing", "invoice", "declined", "paid", "An invoice is not settled"),
)


async def test_nothing_is_begun_while_something_binds(history: History) -> None:
    await history.file()
    for database, table, binding, free, words in BINDING:
        history.databases.execute(database, f"UPDATE {table} SET status = %s", binding)
        waiting = await run(history)
        assert waiting["status"] == "requested"
        assert words in " ".join(waiting["waits_for"])
        history.databases.execute(database, f"UPDATE {table} SET status = %s", free)
    history.databases.execute("billing", CHARGE)
    assert (await run(history))["waits_for"] == ["A payment or refund is under way."]
    history.databases.execute("billing", "UPDATE payment SET status = 'declined'")
    history.databases.execute("billing", ONE_OFF)
    assert (await run(history))["waits_for"] == ["A one-off charge or credit is not billed yet."]
    history.databases.execute("billing", "UPDATE one_off SET withdrawn_at = now()")
    assert history.databases.rows("customer", "SELECT closed_at FROM account") == [(None,)]
    assert (await run(history))["status"] == "under_way"


@pytest.mark.parametrize("database", ["sysops", "billing", "customer"])
async def test_who_comes_back_with_an_old_backup_is_erased_again(
    history: History, lived: History, database: str
) -> None:
    await begin(history)
    done = await finish(history)
    backup = lived.databases.fork(database)
    try:
        history.databases.put_back(database, backup)
        if database == "customer":
            assert history.traces(EMAIL) == {"customer.account"}
        await run(history, 30)
        assert history.traces("Ada Example", "Congress") == set()
        closed = history.databases.rows("customer", "SELECT closed_at IS NOT NULL FROM account")
        assert closed == [(True,)]
        if database != "customer":
            assert history.request() == done
    finally:
        backup.drop()


async def test_what_was_withdrawn_or_is_not_due_is_not_begun(history: History) -> None:
    await history.file()
    history.databases.execute("customer", "UPDATE data_request SET status = 'withdrawn'")
    assert (await run(history, 60))["status"] == "withdrawn"
    history.databases.execute("customer", "DELETE FROM data_request")
    await history.file(early=timedelta(0))
    assert (await run(history, 60 * 24 * 6))["status"] == "requested"


async def test_what_comes_while_the_last_token_is_good_goes_too(history: History) -> None:
    await begin(history)
    card_id = await history.add_card()
    await run(history, 16)
    await history.carry()
    assert (await finish(history))["status"] == "done"
    assert history.databases.rows(
        "billing", "SELECT status FROM vault_card WHERE card_id = %s", card_id
    ) == [("destroyed",)]


async def test_dead_letters_about_the_customer_are_removed_and_nobody_elses(
    history: History,
) -> None:
    await begin(history)
    somebody_else = household()
    await send(history.databases, history.world.home.directory(9), somebody_else.directory())
    history.databases.execute("customer", "UPDATE to_sysops.pgqueuer SET status = 'failed'")
    done = await finish(history)
    held = done["receipt"]["databases"]["customer"]["held_messages"]
    assert held == {"rows": 1, "done": "deleted"}
    left = history.databases.rows("customer", "SELECT headers FROM to_sysops.pgqueuer")
    assert left == [({"subject": str(somebody_else.customer_id)},)]
