"""Tickets and those they concern, played through the public API; what is answered is noted."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from orchestration.local.demo.logins import PASSWORD
from orchestration.local.demo.ticket import CARD, PLAN, TICKET_TYPE
from tests.chaos.ledger import Ledger
from tests.chaos.people import People, Person

LOOK_SECONDS = 2.0
SELDOM_SECONDS = 10.0
"""Between two looks at a ticket with which nothing happens: dozens wait for the next assignment."""
THANK_YOU = 303
"""A survey's answer leads to the page that says so."""
ELSEWHERE = 409
REJECTED = 0.1
"""The share of proposals that experts turn down."""


@dataclass(frozen=True)
class Customer:
    person: Person
    id: str
    contract: dict[str, Any]


@dataclass
class Lives:
    """Plays customers, experts, helpdesk and finance."""

    people: People
    ledger: Ledger
    dice: random.Random
    followed: set[str] = field(default_factory=set)

    async def become_customer(self, place: dict[str, str]) -> Customer:
        """Registers, stores a card and chooses a plan; `place` is an address (line1, city, zip)."""
        email = f"dana-{uuid4().hex[:12]}@example.com"
        caller, services = self.people.caller, self.people.services
        answer = await caller.ask(
            "POST",
            f"{services.customer}/customer/accounts",
            "POST /customer/accounts",
            headers={"Idempotency-Key": str(uuid4())},
            json={
                "email": email,
                "password": PASSWORD,
                "full_name": "Dana Reyes",
                "phone": f"+1212555{100 + self.dice.randrange(100):04d}",
                "address": place,
            },
        )
        answer.raise_for_status()
        person = self.people.customer(email)
        [address] = await self._until(person, "/customer/me/addresses", bool)
        await person.post("/customer/cards", "/customer/cards", _card())
        await self._until(
            person, "/customer/cards", lambda cards: any(c["status"] == "stored" for c in cards)
        )
        chosen = await person.post(
            "/customer/contracts",
            "/customer/contracts",
            {"plan_code": PLAN, "address_id": address["id"]},
        )
        chosen.raise_for_status()
        me = await person.get("/customer/me", "/customer/me")
        self.ledger.write("customer", id=me["id"], contract_id=chosen.json()["id"])
        return Customer(person, me["id"], chosen.json())

    async def submit(self, customer: Customer) -> str:
        """A ticket by web; its id."""
        mark = uuid4().hex
        answer = await customer.person.post(
            "/customer/tickets",
            "/customer/tickets",
            {
                "contract_id": customer.contract["id"],
                "address_id": customer.contract["address_id"],
                "ticket_type": TICKET_TYPE,
                "description": f"It does not start any more ({mark}).",
            },
        )
        answer.raise_for_status()
        ticket: str = answer.json()["id"]
        self.ledger.write("ticket", id=ticket, mark=mark, channel="web")
        return ticket

    async def call(self, customer: Customer, place: dict[str, str]) -> str:
        """A ticket by phone, taken by the helpdesk; its id."""
        mark = uuid4().hex
        answer = await self.people.office("helpdesk").post(
            "/sysops/tickets",
            "/sysops/tickets",
            {
                "customer_id": customer.id,
                "contract_id": customer.contract["id"],
                "contact_name": "Dana Reyes",
                "contact_phone": "+12125550100",
                "address": place,
                "ticket_type": TICKET_TYPE,
                "description": f"It does not start any more ({mark}).",
            },
        )
        answer.raise_for_status()
        ticket: str = answer.json()["id"]
        self.ledger.write("ticket", id=ticket, mark=mark, channel="phone")
        return ticket

    async def read(self, customer: Customer) -> None:
        """What customers do most: they look."""
        page = await customer.person.get("/customer/tickets", "/customer/tickets")
        for item in (page or {}).get("items", [])[:1]:
            await customer.person.get(f"/customer/tickets/{item['id']}", "/customer/tickets/{id}")

    async def follow(self, ticket: str, customer: Customer) -> None:
        """Plays whoever has to act on a ticket until it is closed."""
        since = time.time()
        self.followed.add(ticket)
        before, pause = "", LOOK_SECONDS
        while True:
            seen = await self.people.office("helpdesk").get(
                f"/sysops/tickets/{ticket}", "/sysops/tickets/{id}"
            )
            status = seen["ticket"]["status"] if seen else "submitted"
            if status in {"closed", "cancelled"}:
                return
            if status == "resolved":
                await self._answer(seen["ticket"], customer, since)
            elif status in {"assigned", "accepted", "in_progress"}:
                await self._visit(ticket, status, seen["assignments"])
            pause = min(1.5 * pause, SELDOM_SECONDS) if status == before else LOOK_SECONDS
            before = status
            await asyncio.sleep(pause)

    async def _visit(self, ticket: str, status: str, assignments: list[dict[str, Any]]) -> None:
        live = [one for one in assignments if one["status"] in {"proposed", "accepted"}]
        if not live:
            return
        act, body = {
            "assigned": self._response(),
            "accepted": ("start", {"agreed_with_customer": True}),
            "in_progress": ("complete", {"resolution": "A new battery; it works again."}),
        }[status]
        visit = live[-1]
        expert = self.people.staff(visit["expert_email"])
        answer = await expert.post(
            f"/sysops/visits/{visit['id']}/{act}", f"/sysops/visits/{{id}}/{act}", body
        )
        if answer.is_success:
            self.ledger.write(act, visit_id=visit["id"], ticket_id=ticket)
        elif act == "start" and answer.status_code == ELSEWHERE:
            await self._end_work_of_the_demo(expert)

    async def _end_work_of_the_demo(self, expert: Person) -> None:
        """In the hours of work the demo world's experts are at somebody's, and nobody is at two."""
        for other in await expert.get("/sysops/visits", "/sysops/visits") or []:
            if other["ticket_status"] == "in_progress" and other["ticket_id"] not in self.followed:
                await expert.post(
                    f"/sysops/visits/{other['id']}/complete",
                    "/sysops/visits/{id}/complete",
                    {"resolution": "It works again."},
                )

    def _response(self) -> tuple[str, dict[str, str] | None]:
        if self.dice.random() < REJECTED:
            return "reject", {"reason": "I am needed elsewhere."}
        return "accept", None

    async def _answer(self, ticket: dict[str, Any], customer: Customer, since: float) -> None:
        """By the link of this ticket's mail: the customer may have others waiting."""
        services, caller = self.people.services, self.people.caller
        found = await caller.ask(
            "GET",
            f"{services.sandbox}/api/messages",
            "GET /api/messages (sandbox)",
            params={"to": customer.person.email, "kind": "mail", "since": _iso(since)},
        )
        links = [
            link
            for mail in found.json()["messages"]
            if f"ticket {ticket['number']} (" in mail["text"]
            for link in mail["links"]
            if "/surveys/" in link
        ]
        for link in links:
            score = self.dice.randint(1, 5)
            answer = await caller.ask(
                "POST",
                f"{services.customer}{urlsplit(link).path}",
                "POST /customer/surveys/{token}",
                data={"score": str(score), "would_recommend": "9"},
            )
            if answer.status_code == THANK_YOU:
                self.ledger.write("survey", ticket_id=ticket["id"], score=score)

    async def approve_billing(self) -> None:
        """Finance approves every run that waits for it."""
        finance = self.people.office("finance")
        for run in await finance.get("/billing/runs", "/billing/runs") or []:
            if "approve" not in run["allowed"]:
                continue
            path = f"/billing/runs/{run['period']}"
            seen = await finance.get(path, "/billing/runs/{period}")
            answer = await finance.post(
                f"{path}/approval",
                "/billing/runs/{period}/approval",
                {"rows_hash": seen["rows_hash"], "reason": "As last month."},
            )
            answer.raise_for_status()
            self.ledger.write("approval", period=run["period"])

    async def _until(self, person: Person, path: str, good: Any) -> Any:
        while True:
            found = await person.get(path, path)
            if found is not None and good(found):
                return found
            await asyncio.sleep(0.5)


def _card() -> dict[str, Any]:
    return {"number": CARD, "exp_month": 12, "exp_year": time.gmtime().tm_year + 3}


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
