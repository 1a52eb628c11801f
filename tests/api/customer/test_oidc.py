"""Whose account an identity at an OpenID provider opens, and what a new customer has to tell."""

import asyncio
from typing import Any

import pytest

from api.messages import CustomerChanged
from tests.api.customer.conftest import counts, join, sent
from tests.api.customer.oidc import ADA, APP, Browser, browser, one_provider, provider
from tests.databases import Databases

__all__ = ["browser", "one_provider", "provider"]

WAITING = """
SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def confirm(databases: Databases) -> None:
    databases.execute("customer", "UPDATE account SET email_confirmed_at = now()")


def linked(databases: Databases) -> list[tuple[Any, ...]]:
    return databases.rows("customer", "SELECT subject, account_id::text FROM identity ORDER BY id")


async def test_a_new_customer_signs_in_and_tells_what_is_missing_before_the_first_ticket(
    browser: Browser, databases: Databases
) -> None:
    ada = await browser.customer()
    me = (await ada.get("/me")).json()
    assert (me["email"], me["full_name"], me["email_confirmed"]) == (ADA, "Ada Lovelace", True)
    assert (me["phone"], me["missing"]) == ("", ["phone", "address"])
    early = await ada.post("/contracts", {"plan_code": "plus", "address_id": ada.id})
    assert (early.status_code, early.json()["missing"]) == (409, ["phone", "address"])
    assert "PATCH /customer/me" in early.json()["detail"]
    ticket = {
        "contract_id": ada.id,
        "address_id": ada.id,
        "ticket_type": "tv-picture",
        "description": "There is sound, but no picture.",
    }
    assert (await ada.post("/tickets", ticket)).json()["missing"] == ["phone", "address"]
    assert sent(databases, CustomerChanged) == []
    told = await ada.patch("/me", {"phone": "(512) 555-0123"})
    assert (told.json()["phone"], told.json()["missing"]) == ("+15125550123", ["address"])
    await ada.post("/me/addresses", {"line1": "1 Congress Ave", "city": "Austin", "zip": "78701"})
    assert (await ada.get("/me")).json()["missing"] == []
    known = sent(databases, CustomerChanged)[-1]
    assert (known.phone, len(known.addresses)) == ("+15125550123", 1)
    assert await ada.ticket_id()


async def test_who_signs_in_again_has_the_same_account_and_stays_signed_in(
    browser: Browser, databases: Databases
) -> None:
    first = (await browser.sign_in()).json()
    # The provider's name for a person is what counts: an address can change.
    browser.provider.knows("ada-1", email="new@example.com", email_verified=True)
    second = (await browser.sign_in(redirect_url=APP)).json()
    assert second["account_id"] == first["account_id"]
    assert linked(databases) == [("ada-1", first["account_id"])]
    body = {"refresh_token": second["refresh_token"]}
    renewed = await browser.http.post("/customer/sessions/refresh", json=body)
    assert renewed.json().keys() == second.keys()


async def test_a_verified_address_opens_the_account_that_its_customer_has_confirmed(
    browser: Browser, databases: Databases
) -> None:
    registered = await join(browser.http)
    confirm(databases)
    ada = await browser.customer()
    assert ada.id == registered.id
    kinds = databases.rows("customer", "SELECT kind FROM notification ORDER BY id")
    assert kinds == [("confirm_email",), ("identity_linked",)]
    (identity,) = (await ada.get("/me/identities")).json()
    assert identity["issuer"] == browser.provider.issuer
    assert (await ada.delete(f"/me/identities/{identity['id']}")).status_code == 204
    assert (await ada.delete(f"/me/identities/{identity['id']}")).status_code == 404
    assert (await ada.get("/me/identities")).json() == []


async def test_an_account_that_nobody_has_confirmed_is_not_shared_with_its_maker(
    browser: Browser, databases: Databases
) -> None:
    await join(browser.http)
    refused = await browser.sign_in()
    assert refused.status_code == 409
    # A confirmation would leave its maker's password good.
    assert "Set a new password" in refused.json()["detail"]
    assert "onfirm it" not in refused.json()["detail"]
    assert linked(databases) == []


@pytest.mark.parametrize("verified", [{}, {"email_verified": False}, {"email_verified": "false"}])
@pytest.mark.parametrize("known", [True, False])
async def test_an_address_that_is_not_verified_opens_nothing(
    browser: Browser, databases: Databases, verified: dict[str, Any], known: bool
) -> None:
    if known:
        await join(browser.http)
        confirm(databases)
    before = counts(databases)
    browser.provider.knows("eve-1", email=ADA, **verified)
    refused = await browser.sign_in("eve-1")
    assert refused.status_code == 403
    assert "verified" in refused.json()["detail"]
    assert (counts(databases), linked(databases)) == (before, [])


async def test_another_person_who_got_the_address_is_not_let_in(
    browser: Browser, databases: Databases
) -> None:
    ada = await browser.customer()
    browser.provider.knows("heir-1", email=ADA, email_verified=True)
    assert (await browser.sign_in("heir-1")).status_code == 409
    assert linked(databases) == [("ada-1", ada.id)]


async def test_identities_are_their_own_customers(browser: Browser) -> None:
    browser.provider.knows("bob-1", email="bob@example.com", email_verified=True)
    ada, bob = await browser.customer(), await browser.customer("bob-1")
    (identity,) = (await ada.get("/me/identities")).json()
    assert (await bob.delete(f"/me/identities/{identity['id']}")).status_code == 404
    assert len((await ada.get("/me/identities")).json()) == 1
    assert (await bob.get("/me")).json()["full_name"] == "bob"


async def test_an_identity_that_is_removed_while_it_signs_in_opens_nothing(
    browser: Browser, databases: Databases
) -> None:
    await browser.customer()
    browser.provider.knows("ada-1", email=ADA)
    attempt = await browser.begun()
    with databases.connect("customer") as removing:
        with removing.transaction():
            removing.execute("SELECT FROM account FOR NO KEY UPDATE")
            removing.execute("DELETE FROM identity")
            signing_in = asyncio.create_task(browser.finish(attempt))
            while not signing_in.done() and not databases.rows("customer", WAITING):  # noqa: ASYNC110 - what waits is in PostgreSQL
                await asyncio.sleep(0.01)
        assert (await signing_in).status_code == 403


async def test_two_first_sign_ins_at_once_make_one_account(
    browser: Browser, databases: Databases
) -> None:
    attempts = [await browser.begun() for _ in range(3)]
    answers = await asyncio.gather(*(browser.finish(attempt) for attempt in attempts))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.json()["account_id"] for answer in answers}) == 1
    assert counts(databases)["account"] == len(linked(databases)) == 1


async def test_an_address_that_only_the_user_info_tells_counts_as_well(browser: Browser) -> None:
    browser.provider.knows("ida-1")
    browser.provider.behave(
        "tells at its user info",
        subject="ida-1",
        claims={"email": "ida@example.com", "email_verified": True, "given_name": "Ida"},
    )
    ida = await browser.customer("ida-1")
    me = (await ida.get("/me")).json()
    assert (me["email"], me["full_name"]) == ("ida@example.com", "Ida")
