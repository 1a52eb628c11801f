"""The helpdesk finds the customer who calls by whatever the caller says."""

from uuid import uuid4

import pytest

from tests.api.sysops.searching import (
    NOON,
    Desk,
    People,
    add_customer,
    add_people,
    add_ticket,
    index_all,
)
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import household

ADA, JOSE, WILL = "Ada Lovelace", "José Muñoz-Hernández", "Will An"


@pytest.fixture
async def people(databases: Databases) -> People:
    found = add_people(databases)
    await index_all(databases)
    return found


@pytest.mark.usefixtures("people")
async def test_customers_are_found_by_whatever_the_caller_says(desk: Desk) -> None:
    heard = {
        # names: any order, beginnings, accents, typos, stop words
        "Lovelace Ada": [ADA],
        "lovel": [ADA],
        "ada lo": [ADA],
        "Lovlace": [ADA],
        "ada lovelcae": [ADA],
        "munoz": [JOSE],
        "Muñoz": [JOSE],
        "jose hernandes": [JOSE],
        "will": [WILL],
        "an": [WILL],
        # telephone numbers: any notation, last digits, another part
        "(512) 555-0123": [ADA],
        "+1 512 555 0123": [ADA],
        "512.555": [ADA],
        "0123": [ADA],
        "555-0199": [JOSE],
        "+44 20 7946 0018": [WILL],
        # e-mail and parts of it
        "ADA.LOVELACE@example.com": [ADA],
        "lovelace@exam": [ADA],
        "garage-munoz.example": [JOSE],
        "w.an+home@example.org": [WILL],
        # addresses
        "congress ave austin": [ADA],
        "78701": [ADA],
        "78701-4321": [ADA],
        "37-12 82nd street": [JOSE],
        # together, and not
        "ada 78701 0123": [ADA],
        "ada 11372": [],
        "zzyzx": [],
    }
    assert {text: await desk.names(text) for text in heard} == heard


async def test_the_likeliest_comes_first_and_more_than_twenty_are_told(
    databases: Databases, desk: Desk, people: People
) -> None:
    for number in range(22):
        name = "Jon Austin" if number == 9 else f"Jonas Nr{number:02}"
        place = ("1 Main St", "Austin", "TX", "73301")
        add_customer(databases, name, f"j{number}@x.example", f"+1787{number:07}", *place)
    await index_all(databases)
    found = await desk.names("jon")
    assert (len(found), found[:3]) == (20, ["Jon Austin", "Jonas Nr00", "Jonas Nr01"])
    assert (await desk.names("austin"))[0] == "Jon Austin"
    for text, more in (("jon", "true"), ("lovelace", "false")):
        answer = await desk.client.get(
            "/sysops/customers", params={"text": text}, headers=desk.headers
        )
        assert answer.headers["X-More"] == more
    del people


async def test_among_many_numbers_that_end_alike_and_addresses_of_one_provider_a_name_decides(
    databases: Databases, desk: Desk
) -> None:
    for number in range(40):
        phone, email = f"+1787{number:03}4321", f"{number}@mail.example"
        add_customer(databases, f"Jo N{number:02}x", email, phone, "1 A", "Austin", "TX", "73301")
    await index_all(databases)
    assert await desk.names("4321 n39x") == ["Jo N39x"]
    assert await desk.names("n38x mail.example") == ["Jo N38x"]
    assert await desk.names("787-037 n37x") == ["Jo N37x"]


async def test_a_customer_is_found_before_the_first_ticket_and_by_the_name_of_today(
    databases: Databases, desk: Desk
) -> None:
    home = household()
    await send(databases, home.directory(), home.entitlement())
    await deliver(databases, "customer", "sysops")
    await index_all(databases)
    (found,) = await desk.get("customers", text="ada example")
    assert found["entitlements"] == [
        {
            "contract_id": str(home.contract_id),
            "plan_code": "basic",
            "status": "active",
            "standing": "good",
        }
    ]
    assert found["addresses"][0]["city"] == "Austin"
    databases.execute(
        "sysops", "UPDATE customer SET full_name = 'Ada Byron', phone = '+12065550100'"
    )
    await index_all(databases)
    assert await desk.names("byron 0100") == ["Ada Byron"]
    assert await desk.names("0123") == []


async def test_one_customer_is_seen_with_what_is_open_and_all_there_was(
    databases: Databases, desk: Desk, people: People
) -> None:
    numbers = [
        add_ticket(
            databases,
            people.ada,
            f"Case {day}.",
            submitted_at=NOON.replace(day=day),
            status="open" if day == 7 else "closed",
        ).number
        for day in range(5, 10)
    ]
    add_ticket(databases, people.jose, "Another one's.")
    first = await desk.get(f"customers/{people.ada}", limit=3)
    assert first["customer"]["full_name"] == ADA
    assert [one["number"] for one in first["open_tickets"]] == [numbers[2]]
    assert [one["number"] for one in first["tickets"]] == numbers[:1:-1]
    second = await desk.get(f"customers/{people.ada}", limit=3, cursor=first["next_cursor"])
    assert [one["number"] for one in second["tickets"]] == numbers[1::-1]
    assert second["next_cursor"] is None
    other = await desk.client.get(f"/sysops/customers/{uuid4()}", headers=desk.headers)
    assert other.status_code == 404
