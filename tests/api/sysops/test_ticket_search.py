"""The helpdesk finds any ticket by one field and filters."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.sysops.search.tickets import MOST_RANKED
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.searching import (
    NOON,
    Desk,
    People,
    Ticket,
    add_people,
    add_ticket,
    index_all,
)
from tests.databases import Databases
from tests.world import add_expert, furnish

Tickets = dict[str, Ticket]
MADE_UP = [
    urlsafe_b64encode(place.encode()).decode()
    for place in (
        "[]",
        "[[]]",
        '[[["ada"]]]',
        '[[["ada",["a\\u0000"]]]]',
        f'[[["ada",["ada"]]],[{10**18},"{UUID(int=7)}"]]',
        f'[[["ada",["ada"]]],[{-(10**17)},"{UUID(int=7)}"]]',
        f'[[["ada",["ada"]]],null,-1,[0,"{UUID(int=7)}"]]',
    )
]


@pytest.fixture
async def people(databases: Databases) -> People:
    return add_people(databases)


@pytest.fixture
async def tickets(databases: Databases, people: People) -> Tickets:
    """Tickets by a word for each; they were submitted in this order, a day apart."""
    cases: list[tuple[str, UUID, str, dict[str, Any]]] = [
        ("swollen", people.ada, "The batteries swell; serial SN-48213-X.", {"status": "closed"}),
        ("flicker", people.ada, "The screen flickers since the update.", {"priority": "urgent"}),
        ("sound", people.jose, "No sound, and the café hears it.", {"ticket_type": "tv-repair"}),
        ("reception", people.jose, "Black screen.", {
            "contact_name": "Reception desk", "contact_phone": "+13055550777",
            "status": "cancelled", "channel": "phone",
        }),
        ("fixed", people.will, "It is slow.", {
            "status": "resolved", "resolution": "Replaced the fan under Lovelace's warranty.",
        }),
    ]  # fmt: skip
    made = {
        name: add_ticket(databases, whose, words, submitted_at=NOON + timedelta(days=day), **values)
        for day, (name, whose, words, values) in enumerate(cases)
    }
    databases.execute(
        "sysops",
        "INSERT INTO ticket_note (ticket_id, at, author_id, text)"
        " VALUES (%s, now(), %s, 'Ring at the green gate.')",
        made["sound"].id,
        add_staff(databases, "finance"),
    )
    await index_all(databases)
    return made


async def test_one_field_understands_what_is_typed_into_it(desk: Desk, tickets: Tickets) -> None:
    found = {
        # numbers of tickets, of telephones, of houses, of things
        "#{sound}": ["sound"],
        "{sound} laptop": ["sound"],
        "(512) 555-0123": ["flicker", "swollen"],
        "0777": ["reception"],
        "(305) 555": ["reception", "sound"],
        "37-12 82nd street": ["reception", "sound"],
        "sn-48213-x": ["swollen"],
        "98101": ["fixed"],
        # people: the contact and the customer, also by e-mail or a part of it
        "reception": ["reception"],
        "hernandez black": ["reception"],
        "ada.lovelace@example.com": ["flicker", "swollen"],
        "garage-munoz.example screen": ["reception"],
        # places and what was written: accents, endings, typos, beginnings
        "austin flickering": ["flicker"],
        "CAFE": ["sound"],
        "battery swelling": ["swollen"],
        "baterry": ["swollen"],
        "flicer": ["flicker"],
        "flick": ["flicker"],
        "green gate": ["sound"],
        "tv sound": ["sound"],
        # who is named so comes before who is only mentioned
        "lovelace": ["flicker", "swollen", "fixed"],
        "lovelace warranty": ["fixed"],
        "will": ["fixed"],
        # all words must be there
        "lovelace sound": [],
        "zzyzx": [],
    }
    numbers = {name: ticket.number for name, ticket in tickets.items()}
    named = {number: name for name, number in numbers.items()}
    answers = {
        text: [named[one] for one in await desk.numbers(text.format(**numbers))] for text in found
    }
    assert answers == found


async def test_without_a_text_the_newest_come_first_and_filters_narrow(
    databases: Databases, desk: Desk, people: People, tickets: Tickets
) -> None:
    async def names(**query: Any) -> list[str]:
        named = {ticket.number: name for name, ticket in tickets.items()}
        return [named[one] for one in await desk.numbers(**query)]

    expert = add_expert(databases)
    for name, status in (("flicker", "accepted"), ("sound", "rejected"), ("fixed", "completed")):
        databases.execute(
            "sysops",
            "INSERT INTO assignment (ticket_id, expert_id, during, status, travel_km, cost,"
            " proposed_at, answer_by) VALUES (%s, %s, '[2026-04-02 15:00,2026-04-02 17:00)', %s,"
            " 1, 1, now(), now())",
            tickets[name].id, expert, status,
        )  # fmt: skip
    assert await names() == ["fixed", "reception", "sound", "flicker", "swollen"]
    filtered: list[tuple[dict[str, Any], list[str]]] = [
        ({"status": "open"}, ["sound", "flicker"]),
        ({"status": ["closed", "cancelled"]}, ["reception", "swollen"]),
        ({"status": ["open", "resolved"]}, ["fixed", "sound", "flicker"]),
        ({"priority": ["urgent", "high"]}, ["flicker"]),
        ({"channel": "phone"}, ["reception"]),
        ({"ticket_type": "tv-repair"}, ["sound"]),
        ({"device_type": ["tv", "stereo"]}, ["sound"]),
        ({"device_type": "tv", "ticket_type": "laptop-repair"}, []),
        ({"state": ["tx", "WA"]}, ["fixed", "flicker", "swollen"]),
        ({"region": "Northeast"}, ["reception", "sound"]),
        ({"region": ["South", "West"], "state": "TX"}, ["flicker", "swollen"]),
        ({"expert_id": expert}, ["fixed", "flicker"]),
        ({"customer_id": people.jose}, ["reception", "sound"]),
        ({"overdue": True}, ["sound", "flicker"]),
        ({"overdue": False}, ["fixed", "reception", "swollen"]),
        ({"submitted_from": "2026-04-01T12:00:00Z"}, ["fixed", "reception", "sound", "flicker"]),
        ({"submitted_to": "2026-04-01T12:00:00"}, ["swollen"]),
        ({"submitted_to": "0001-01-01T00:00:00+14:00"}, []),
        ({"text": "lovelace", "status": "resolved"}, ["fixed"]),
        ({"text": "screen", "overdue": True}, ["flicker"]),
        ({"text": "screen", "status": "open", "region": "West"}, []),
        ({"text": f"#{tickets['sound'].number}", "status": "closed"}, []),
    ]
    assert [await names(**query) for query, _ in filtered] == [found for _, found in filtered]
    row = (await desk.get("tickets", text="flickers"))["items"][0]
    snippet = row["snippet"]
    assert [snippet["text"][it["start"] : it["end"]] for it in snippet["matches"]] == ["flickers"]
    assert (row["overdue"], row["customer_name"], row["device_type"]) == (
        True, "Ada Lovelace", "laptop",
    )  # fmt: skip
    assert (row["expert"]["expert_name"], row["expert"]["status"]) == ("Eve", "accepted")


@pytest.mark.parametrize("text", [None, "screen"])
async def test_pages_follow_one_another_while_tickets_are_added(
    databases: Databases, desk: Desk, people: People, text: str | None
) -> None:
    made = [
        add_ticket(databases, people.ada, f"A screen, case {number}.", submitted_at=NOON).number
        for number in range(7)
    ]
    await index_all(databases)
    query: dict[str, Any] = {"limit": 3} | ({"text": text} if text else {})
    seen: list[int] = []
    cursor = None
    for _ in range(3):
        page = await desk.get("tickets", **query, **({"cursor": cursor} if cursor else {}))
        seen += [one["number"] for one in page["items"]]
        cursor = page["next_cursor"]
        add_ticket(databases, people.jose, "A newer screen.", submitted_at=NOON + timedelta(days=1))
        await index_all(databases)
    assert cursor is None
    assert sorted(seen) == made


async def test_a_list_goes_on_after_the_matches_that_are_ranked_together(
    databases: Databases, desk: Desk
) -> None:
    furnish(databases)
    databases.execute(
        "sysops",
        "WITH one AS (INSERT INTO customer (id, version, full_name, email, phone, addresses,"
        " updated_at) VALUES (uuidv7(), 1, 'Ada', 'a@b.example', '+15125550123', '[]', now())"
        " RETURNING id) INSERT INTO ticket (customer_id, contract_id, contact_name, contact_phone,"
        " line1, city, state, zip, latitude, longitude, time_zone, ticket_type, description,"
        " priority, channel, status, version, preferred_windows, submitted_at, sla_due_at,"
        " updated_at) SELECT id, id, 'Ada', '+15125550123', '1', 'Austin', 'TX', '78701', 30, -97,"
        " 'America/Chicago', 'laptop-repair', 'Gasket.', 'low', 'web', CASE WHEN n <= 20 THEN"
        " 'cancelled' ELSE 'closed' END, 1, '[]', now() - n * interval '1 hour', now(), now()"
        " FROM one, generate_series(%s, 1, -1) AS n",
        MOST_RANKED + 20,
    )  # fmt: skip
    await index_all(databases)
    seen: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(MOST_RANKED // 100 + 1):
        page = await desk.get("tickets", text="gasket", limit=100, **cursor)
        seen += [one["number"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert page["next_cursor"] is None
    assert len(seen) == MOST_RANKED + 20
    assert seen == sorted(seen, reverse=True)
    oldest = await desk.get("tickets", text="gasket", status="closed", limit=10)
    assert len(oldest["items"]) == 10


async def test_what_cannot_be_meant_is_refused_by_its_name(desk: Desk) -> None:
    wrong: list[dict[str, Any]] = [
        {"cursor": "xyz"},
        *({"text": "ada", "cursor": cursor} for cursor in MADE_UP),
        {"text": "a"},
        {"text": "ab\0c"},
        {"text": " "},
        {"ticket_type": "a\0"},
        {"state": "Texas"},
        {"status": "lost"},
        {"limit": 101},
        {"submitted_from": "soon"},
    ]
    for query in wrong:
        answer = await desk.client.get("/sysops/tickets", params=query, headers=desk.headers)
        assert answer.status_code == 400, query
        named = {error.get("parameter") for error in answer.json()["errors"]}
        assert named == {list(query)[-1]}, query
    answer = await desk.client.get("/sysops/tickets?status=lost", headers=desk.headers)
    assert "Expected one of submitted, open" in answer.json()["errors"][0]["detail"]


async def test_nothing_of_billing_is_shown_and_experts_do_not_search(
    databases: Databases, desk: Desk, tickets: Tickets, sign_in: SignIn
) -> None:
    assert tickets
    row = (await desk.get("tickets", text="lovelace"))["items"][0]
    assert not any(
        word in name for name in row for word in ("contract", "card", "plan", "invoice", "standing")
    )
    add_staff(databases, "expert")
    theirs = await sign_in("expert@squad.example")
    for path in ("tickets?text=ada", "customers?text=ada"):
        assert (await desk.client.get(f"/sysops/{path}", headers=theirs)).status_code == 403
