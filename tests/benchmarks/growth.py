"""`squad bench growth`: what routes cost in a business that is ten times as large.

Two demo worlds of the same moment lie side by side in one server, with as many experts a customer.
The same number of customers and experts of each go through the routes that are theirs, and somebody
of staff looks at all that staff may look at, in turn; of a route the median over them counts. The
yardstick of the larger world is the smaller. A route that takes as long in both reads what it
shows, and not what there is. What staff write is not among it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any, Final

import httpx
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.kernel import clock
from api.kernel.quantum import Quantum
from orchestration.local.demo.size import EXPERTS_A_MARKET, DemoSize
from orchestration.local.postgres import MEMORY_BYTES, throw_away_postgres
from tests.api import served
from tests.api.belongings import (
    add_what_staff_end,
    everybodys,
    of_customers,
    of_experts,
)
from tests.api.test_ownership import DRAFTS, OWN, call, caller, looked, staff, walked
from tests.api.test_permissions import Row
from tests.benchmarks.report import Report, Wrong, timed
from tests.benchmarks.server import SERVER
from tests.databases import Databases, Templates
from tests.integration.demo.support import load_world

PEOPLE: Final = 8
"""Of each kind, in each world; few experts have a proposal to answer at any time."""
LEAST: Final = 2
OWNERS: Final = {
    "customer": ("customer", of_customers, {OWN}),
    "sysops": ("expert", of_experts, {OWN, DRAFTS}),
}
MONTHS: Final = 24
TIMES: Final = 10
FLAT: Final = 1.5
SHOWN: Final = 12
"""Routes that grow most."""
CUSTOMERS_AN_EXPERT: Final = 25
BYTES_A_CUSTOMER: Final = 200_000
"""Of the memory that a large world takes, with the log of its writing."""
LOOKS: Final = 3
"""What only looks is asked as often by each, and the shortest counts."""

Step = tuple[Row, dict[str, str], dict[str, str]]
"""A route, the caller's headers, and ids for its path."""


@dataclass
class World:
    """A business, and the seconds of each call of a route in it that was answered well."""

    databases: Databases
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    looks: set[str] = field(default_factory=set)
    """Routes that only look, whatever they answered."""


def run(
    customers: int, say: Callable[[str], None], *, times: int = TIMES, people: int = PEOPLE
) -> dict[str, Any]:
    """Measures among so many customers, and `times` as many; raises Wrong when a route fails."""
    report = Report({"name": "growth", "customers": customers, "times": times}, say)
    now = clock.now()
    room = MEMORY_BYTES + customers * (1 + times) * BYTES_A_CUSTOMER
    with throw_away_postgres(SERVER, room=room) as server:
        templates = Templates(server)
        worlds = []
        for number in (customers, customers * times):
            worlds.append(World(Databases(templates)))
            loading: list[float] = []
            with timed(loading):
                _fill(worlds[-1].databases, number, now)
            [[tickets]] = worlds[-1].databases.rows("sysops", "SELECT count(*) FROM ticket")
            report.add(f"tickets_of_{number}_customers", tickets)
            report.add(f"load_s_of_{number}_customers", round(loading[0], 1))
        for quantum in (served.customer_quantum, served.sysops_quantum, served.billing_quantum):
            asyncio.run(_walk(quantum, worlds, people))
        _compare(report, *worlds)
        for world in worlds:
            world.databases.drop()
        templates.close()
    return report.figures


def _fill(databases: Databases, customers: int, now: datetime) -> None:
    experts = max(customers // CUSTOMERS_AN_EXPERT, EXPERTS_A_MARKET)
    load_world(databases, DemoSize(customers, experts, MONTHS), now)
    add_what_staff_end(databases)
    for name in ("customer", "sysops", "billing"):
        databases.execute(name, "VACUUM ANALYZE")


async def _walk(make: Callable[[Databases], Quantum], worlds: Sequence[World], people: int) -> None:
    """Everybody's way through a quantum: a step of one world, the same of the other, and on."""
    async with AsyncExitStack() as open_:
        clients = []
        for world in worlds:
            quantum = make(world.databases)
            app = create_app([quantum])
            clients.append(await open_.enter_async_context(AsyncTestClient(app)))
            name = quantum.name
        # What belongs to whom is asked before anything is done, as some of it goes.
        for steps in [*_looks(name, worlds, people), *_own(name, worlds, people)]:
            for world, client, step in zip(worlds, clients, steps, strict=True):
                await _take(world, client, *step)


async def _take(
    world: World,
    client: httpx.AsyncClient,
    row: Row,
    headers: dict[str, str],
    ids: dict[str, str],
) -> None:
    if row.method == "GET":
        world.looks.add(str(row))
    taken: list[float] = []
    for _ in range(LOOKS if row.method == "GET" else 1):
        with timed(taken):
            answer = await call(client, row, headers, ids)
    status = answer.status_code
    if status in {401, 403, 404} or status >= 500 or (row.method == "GET" and status == 429):
        raise Wrong(f"{row}: {status} {answer.text}")
    # An example of the document need not suit what somebody has.
    if status < 400:
        world.seconds[str(row)].append(min(taken))


def _own(quantum: str, worlds: Sequence[World], most: int) -> Iterator[tuple[Step, ...]]:
    """The ways of those who have something, through what is theirs."""
    if quantum not in OWNERS:
        return
    role, of, whose = OWNERS[quantum]
    people = list(zip(*(of(world.databases, most) for world in worlds), strict=False))
    if len(people) < LEAST:
        raise Wrong(f"There are {len(people)} of role {role} with one of everything.")
    rows = walked(quantum, role, whose)
    for each in people:
        who = [caller(role, one, one) for one in each]
        for row in rows:
            yield tuple((row, it.headers, it.own.ids) for it in who)


def _looks(quantum: str, worlds: Sequence[World], often: int) -> Iterator[tuple[Step, ...]]:
    """What is everybody's, as somebody sees who may."""
    staffs = [staff(world.databases) for world in worlds]
    rows = [row for row in looked(quantum) if "refund_id" not in row.path]
    each = [
        [(row, people[min(row.roles)], everybodys(world.databases, quantum, row.path))
         for row in rows]
        for world, people in zip(worlds, staffs, strict=True)
    ]  # fmt: skip
    for _ in range(often):
        yield from zip(*each, strict=True)


def _compare(report: Report, small: World, large: World) -> None:
    ways = {
        route: (median(small.seconds[route]), median(taken))
        for route, taken in large.seconds.items()
        if small.seconds[route]
    }
    growth = {route: after / before for route, (before, after) in ways.items()}
    report.add("routes", len(ways))
    # Of these nobody knows whether they grow.
    report.add("looks_without_figure", sorted((small.looks | large.looks) - ways.keys()))
    report.add("answered_in_one_alone", sorted(small.seconds.keys() ^ large.seconds.keys()))
    report.add("growth_in_the_middle", round(median(growth.values()), 2))
    for route in sorted(growth, key=growth.__getitem__, reverse=True)[:SHOWN]:
        before, after = ways[route]
        words = f"{growth[route]:.2f} ({1000 * before:.1f} ms, then {1000 * after:.1f} ms)"
        report.add(route, words)
    report.hold("routes_that_grow", sum(it > FLAT for it in growth.values()), at_most=0)
