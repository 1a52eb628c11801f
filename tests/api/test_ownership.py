"""Whose things a route reaches: docs/permissions.md says it, and a walk over all routes shows it.

The walk goes over a demo world, as every role that may call a route at all: with what belongs to
the caller, and with what belongs to somebody else. Bodies are the examples of the OpenAPI document.
"""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.examples import EXAMPLES
from api.kernel import clock
from api.kernel.auth import CUSTOMER_ISSUER, STAFF_ISSUER
from api.kernel.examples import Examples
from api.kernel.quantum import Quantum
from orchestration.local.demo.size import DemoSize
from tests.api import served
from tests.api.belongings import (
    COLLEAGUE,
    Belongings,
    add_what_staff_end,
    contents,
    everybodys,
    of_customers,
    of_experts,
)
from tests.api.released import paths_of, schemas_of
from tests.api.support import bearer
from tests.api.test_permissions import EVERYBODY, Row, rows_of
from tests.databases import Databases
from tests.integration.demo.support import load_world

pytestmark = pytest.mark.timeout(180)
TINY = DemoSize(customers=90, experts=8, months=3, seed=5)
ORDER = ("GET", "PUT", "PATCH", "POST", "DELETE")
# What the column `whose` of docs/permissions.md says.
OWN, DRAFTS, ALL = "own", "own drafts", "all"


@pytest.fixture
def world(databases: Databases) -> Databases:
    """A whole demo world of this moment, to be changed."""
    load_world(databases, TINY, clock.now())
    return databases


@dataclass(frozen=True)
class Caller:
    """Somebody who is signed in, what is theirs, and what is somebody else's."""

    role: str
    headers: dict[str, str]
    own: Belongings
    other: Belongings


def caller(role: str, own: Belongings, other: Belongings) -> Caller:
    issuer = CUSTOMER_ISSUER if role == "customer" else STAFF_ISSUER
    return Caller(role, bearer(served.token(issuer, own.who, role)), own, other)


def walked(quantum: str, role: str, whose: set[str]) -> list[Row]:
    rows = [it for it in rows_of(quantum) if role in it.roles and it.whose in whose]
    assert rows
    return sorted(rows, key=order)


def looked(quantum: str) -> list[Row]:
    """The routes by which staff look at what is everybody's."""
    rows = [it for it in rows_of(quantum) if it.method == "GET" and it.whose == ALL]
    return sorted((it for it in rows if it.roles != EVERYBODY), key=order)


def order(row: Row) -> tuple[bool, int, str]:
    """What only looks comes first; whoever has signed out everywhere does nothing more."""
    return row.path.endswith("/sign-out-everywhere"), ORDER.index(row.method), row.path


async def call(
    client: httpx.AsyncClient, row: Row, headers: dict[str, str], ids: dict[str, str]
) -> httpx.Response:
    path = re.sub(r"\{([^}]*)\}", lambda found: ids[found[1]], row.path)
    operation = paths_of(row.quantum)[row.path][row.method.lower()]
    content = operation.get("requestBody", {}).get("content", {})
    return await client.request(
        row.method,
        path,
        headers=headers,
        params={
            it["name"]: Examples(schemas_of(row.quantum), EXAMPLES).of(it["schema"], it["name"])
            for it in operation.get("parameters", [])
            if it["in"] == "query" and it["required"]
        },
        json=content.get("application/json", {}).get("example"),
    )


async def walk(
    databases: Databases, quantum: Quantum, one: Caller, *, drafts: bool = False
) -> list[str]:
    """What went wrong: others' things that are reached, changed or shown, own ones that are not."""
    wrong: list[str] = []
    rows = walked(quantum.name, one.role, {DRAFTS} if drafts else {OWN})
    private = {str(one.other.who), *one.other.ids.values()}
    async with AsyncTestClient(create_app([quantum])) as client:
        before = contents(databases, quantum.name)
        for row in [it for it in rows if "{" in it.path]:
            answer = await call(client, row, one.headers, one.other.ids)
            if answer.status_code != 404:
                wrong.append(f"{row} reaches somebody else's: {answer.status_code} {answer.text}")
        after = contents(databases, quantum.name)
        changed = [name for name in before if before[name] != after[name]]
        wrong += [f"{one.role} changed {name} of somebody else's" for name in changed]
        for row in rows:
            answer = await call(client, row, one.headers, one.own.ids)
            if answer.status_code in {401, 403, 404} or answer.status_code >= 500:
                wrong.append(f"{row} does not reach the own: {answer.status_code} {answer.text}")
            wrong += [f"{row} shows {it}" for it in private if it in answer.text]
    return wrong


async def test_customers_reach_what_is_theirs_and_nothing_of_anybody_else(
    world: Databases,
) -> None:
    ada, other = of_customers(world)
    quantum = served.customer_quantum(world)
    wrong = await walk(world, quantum, caller("customer", ada, other))
    assert not wrong, "\n".join(wrong)


async def test_experts_reach_their_visits_and_drafts_and_nobody_elses(
    world: Databases,
) -> None:
    eve = caller("expert", *of_experts(world))
    quantum = served.sysops_quantum(world)
    wrong = await walk(world, quantum, eve, drafts=True) + await walk(world, quantum, eve)
    assert not wrong, "\n".join(wrong)


async def test_staff_reach_whatever_their_role_is_for_whosever_it_is(
    world: Databases,
) -> None:
    add_what_staff_end(world)
    wrong: list[str] = []
    for make in (served.customer_quantum, served.sysops_quantum, served.billing_quantum):
        quantum = make(world)
        async with AsyncTestClient(create_app([quantum])) as client:
            people = staff(world)
            for row in sorted(rows_of(quantum.name), key=order):
                if row.whose != ALL or "{" not in row.path or row.roles == EVERYBODY:
                    continue
                ids = everybodys(world, quantum.name, row.path)
                if "refund_id" in row.path:
                    ids["refund_id"] = await refunded(client, people["finance"], ids["invoice_id"])
                for role in sorted(row.roles):
                    answer = await call(client, row, people[role], ids)
                    if answer.status_code in {401, 403, 404} or answer.status_code >= 500:
                        wrong.append(f"{row} as {role}: {answer.status_code} {answer.text}")
    assert not wrong, "\n".join(wrong)


def staff(databases: Databases) -> dict[str, dict[str, str]]:
    """The headers of somebody of every role."""
    one_each = "SELECT DISTINCT ON (roles) roles[1], id FROM staff WHERE email <> %s ORDER BY roles"
    rows = databases.rows("sysops", one_each, COLLEAGUE)
    people = {role: bearer(served.token(STAFF_ISSUER, UUID(str(who)), role)) for role, who in rows}
    return people | {"customer": bearer(served.token(CUSTOMER_ISSUER, uuid4(), "customer"))}


async def refunded(client: httpx.AsyncClient, finance: dict[str, str], invoice_id: str) -> str:
    body = {"amount_cents": 1, "reason": "A walk over all routes."}
    answer = await client.post(
        f"/billing/invoices/{invoice_id}/refunds", headers=finance, json=body
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])
