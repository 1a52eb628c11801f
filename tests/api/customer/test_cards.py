"""Customers add and remove cards; the number reaches the vault alone."""

from typing import Any

import pytest

from api.kernel.sealing import BoxKeypair, open_box
from api.messages import CardRemoved, CardSealed
from tests.api.customer.conftest import Customer, counts, sent
from tests.api.support import pointers
from tests.databases import Databases

NUMBER = "4242424242424242"
CARD = {"number": "4242 4242 4242 4242", "exp_month": 12, "exp_year": 2040}


async def test_a_card_is_kept_without_its_number(ada: Customer) -> None:
    answer = await ada.post("/cards", CARD)
    assert answer.status_code == 201
    card = answer.json()
    assert (card["brand"], card["last4"], card["status"]) == ("visa", "4242", "sent")
    assert (await ada.get("/cards")).json() == [card]
    assert NUMBER not in answer.text


async def test_the_vault_can_open_what_was_sealed_and_finds_the_same_ids_inside(
    ada: Customer, databases: Databases, vault: BoxKeypair
) -> None:
    card = (await ada.post("/cards", CARD)).json()
    (message,) = sent(databases, CardSealed)
    assert (str(message.card_id), str(message.customer_id)) == (card["id"], ada.id)
    assert (message.brand, message.last4) == ("visa", "4242")
    assert (message.exp_month, message.exp_year) == (12, 2040)
    assert open_box(vault.private_key, message.sealed) == {
        "number": NUMBER,
        "customer_id": ada.id,
        "card_id": card["id"],
        "key_id": vault.key_id,
    }


async def test_no_table_holds_the_number(
    ada: Customer, databases: Databases, capfd: pytest.CaptureFixture[str]
) -> None:
    await ada.post("/cards", CARD)
    tables = databases.rows(
        "customer",
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    for (table,) in tables:
        found = databases.rows("customer", f"SELECT t::text FROM {table} t")
        texts = [row[0].replace(" ", "") for row in found]
        # bytea shows as hex
        assert not [text for text in texts if NUMBER in text or NUMBER.encode().hex() in text]
    printed = capfd.readouterr()
    assert NUMBER not in printed.out + printed.err


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "4242424242424241"},
        {"number": "1234"},
        {"number": "4242x4242y4242z4242"},
        {"number": 4242424242424242},
        {"number": None},
        {"number": ["4242424242424242"]},
    ],
)
async def test_a_wrong_number_is_refused_and_never_repeated(
    ada: Customer, databases: Databases, wrong: dict[str, Any]
) -> None:
    before = counts(databases)
    answer = await ada.post("/cards", CARD | wrong)
    assert answer.status_code == 400
    assert pointers(answer) == {"/number"}
    typed = str(wrong["number"]).strip("[]'")
    assert typed not in answer.text or typed == "None"
    assert counts(databases) == before


@pytest.mark.parametrize("name", ["cvc", "cardVerificationValue"])
async def test_a_security_code_is_refused(ada: Customer, databases: Databases, name: str) -> None:
    before = counts(databases)
    answer = await ada.post("/cards", CARD | {name: "123"})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["pointer"] == f"/{name}"
    assert "security code is not accepted" in error["detail"]
    in_address = await ada.post(f"/cards?{name}=123", CARD)
    assert (in_address.status_code, pointers(in_address)) == (422, {f"/query/{name}"})
    nested = await ada.post("/cards", {"card": CARD | {name: "123"}})
    assert nested.status_code == 400
    assert counts(databases) == before


async def test_a_bad_card_lists_every_error(ada: Customer, databases: Databases) -> None:
    before = counts(databases)
    answer = await ada.post("/cards", {"exp_month": 13, "exp_year": "soon", "cvc": "1", "x": 1})
    assert answer.status_code == 400
    assert pointers(answer) == {"/number", "/exp_month", "/exp_year", "/cvc", "/x"}
    assert counts(databases) == before


@pytest.mark.parametrize("month", [(1, 2024), (12, 2199)])
async def test_a_card_that_expired_or_never_expires_is_refused(
    ada: Customer, databases: Databases, month: tuple[int, int]
) -> None:
    before = counts(databases)
    answer = await ada.post("/cards", CARD | {"exp_month": month[0], "exp_year": month[1]})
    assert answer.status_code == 422
    assert pointers(answer) == {"/exp_year"}
    assert counts(databases) == before


async def test_a_removed_card_is_gone_here_and_the_vault_is_told(
    ada: Customer, databases: Databases
) -> None:
    card_id = (await ada.post("/cards", CARD)).json()["id"]
    assert (await ada.delete(f"/cards/{card_id}")).status_code == 204
    assert (await ada.get("/cards")).json() == []
    (message,) = sent(databases, CardRemoved)
    assert str(message.card_id) == card_id
    assert (await ada.delete(f"/cards/{card_id}")).status_code == 404


async def test_another_customers_card_is_not_found(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    card_id = (await bob.post("/cards", CARD)).json()["id"]
    assert (await ada.delete(f"/cards/{card_id}")).status_code == 404
    assert (await ada.get("/cards")).json() == []
    assert sent(databases, CardRemoved) == []


async def test_an_account_has_at_most_ten_cards(ada: Customer) -> None:
    answers = [(await ada.post("/cards", CARD)).status_code for _ in range(11)]
    assert answers == [201] * 10 + [409]
