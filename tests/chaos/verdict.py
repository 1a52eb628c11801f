"""What was promised beside what is there: the ledger against four databases and the provider."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx
import psycopg

from api.kernel import clock
from api.kernel.database import database
from api.sysops.tickets.rules import ACTIONS
from orchestration.assignment import referee
from orchestration.local.databases import admin_url
from orchestration.local.instance import Instance
from orchestration.local.wiring import SANDBOX_PORT
from orchestration.reconciliation.check import examine_all
from orchestration.reconciliation.promises import QUEUES
from orchestration.reconciliation.reading import Reader
from tests.chaos.ledger import Ledger

SETTLING_SECONDS = 300.0
ASYNC_SCHEME = "postgresql+asyncpg"
SOURCES = ("customer", "sysops", "billing")
ACTS = ("accept", "reject", "start", "complete")


@dataclass(frozen=True)
class Scene:
    """What is looked at: each database's address of its superuser, and the provider's books."""

    databases: Mapping[str, str]
    charges_url: str

    @classmethod
    def of(cls, instance: Instance) -> Self:
        urls = {name: admin_url(instance, name) for name in (*SOURCES, "analytics")}
        books = f"http://127.0.0.1:{instance.port(SANDBOX_PORT)}/api/charges"
        return cls(urls, books)

    def rows(self, database_name: str, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.databases[database_name]) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def sessions(self, name: str) -> str:
        """The address as asyncpg takes it."""
        return self.databases[name].replace("postgresql", ASYNC_SCHEME, 1)


def settle(scene: Scene, since: float, say: Callable[[str], None]) -> float:
    """Waits until nothing is on its way any more; the seconds it took, at most SETTLING_SECONDS."""
    began = time.monotonic()
    while (left := _on_its_way(scene, since)) and time.monotonic() - began < SETTLING_SECONDS:
        say(f"on its way: {left}")
        time.sleep(5)
    return time.monotonic() - began


def verdict(scene: Scene, ledger: Ledger, since: float) -> dict[str, int]:
    """What went wrong, by kind; all zero when every promise was kept. `since`: epoch seconds."""
    found: dict[str, int] = {}
    for told in (_tickets, _histories, _acts, _surveys):
        found |= told(scene, ledger)
    for kept in (_charges, _messages):
        found |= kept(scene, since)
    return found | asyncio.run(_promises(scene))


def wrong_experts(scene: Scene) -> dict[str, int]:
    """Live assignments that break a hard rule, by rule, as the independent referee has them."""

    async def look() -> dict[str, int]:
        async with (
            database(scene.sessions("sysops"), name="chaos") as sessions,
            sessions() as session,
        ):
            return await referee.verify(session)

    return asyncio.run(look())


def _tickets(scene: Scene, ledger: Ledger) -> dict[str, int]:
    """Each acknowledged ticket is there once, on both sides."""
    acknowledged = {fact["mark"]: fact["id"] for fact in ledger.of("ticket")}
    lost: set[str] = set()
    doubled: set[str] = set()
    for name in ("customer", "sysops"):
        rows = scene.rows(
            name,
            "SELECT substring(description FROM '[0-9a-f]{32}'), id::text FROM ticket"
            " WHERE description ~ '[0-9a-f]{32}'",
        )
        ids: defaultdict[str, set[str]] = defaultdict(set)
        for mark, ticket in rows:
            ids[mark].add(ticket)
        lost |= {mark for mark, ticket in acknowledged.items() if ticket not in ids[mark]}
        doubled |= {mark for mark, tickets in ids.items() if len(tickets) > 1}
    stuck = scene.rows("customer", "SELECT count(*) FROM ticket WHERE status = 'submitted'")
    return {
        "tickets_lost": len(lost),
        "tickets_doubled": len(doubled),
        "tickets_stuck": stuck[0][0],
    }


def _histories(scene: Scene, ledger: Ledger) -> dict[str, int]:
    """Versions follow one another, each from where the last one led, by an action that may."""
    ids = [fact["id"] for fact in ledger.of("ticket")]
    events = scene.rows(
        "sysops",
        "SELECT ticket_id, version, action, from_status, to_status FROM ticket_event"
        " WHERE ticket_id = ANY(%s::uuid[]) ORDER BY ticket_id, version",
        ids,
    )
    illegal = set()
    last: dict[Any, tuple[int, str]] = {}
    for ticket, version, action, before, after in events:
        transition = ACTIONS.get(action)
        if ticket in last and last[ticket] != (version - 1, before):
            illegal.add(ticket)
        if transition is not None and (
            before not in transition.sources or after != (transition.target or before)
        ):
            illegal.add(ticket)
        last[ticket] = version, after
    return {"illegal_histories": len(illegal)}


def _acts(scene: Scene, ledger: Ledger) -> dict[str, int]:
    """What experts were told was done has happened, and once."""
    told = Counter((fact["ticket_id"], act) for act in ACTS for fact in ledger.of(act))
    ids = sorted({ticket for ticket, _ in told})
    rows = scene.rows(
        "sysops",
        "SELECT ticket_id::text, action, count(*) FROM ticket_event"
        " WHERE ticket_id = ANY(%s::uuid[]) GROUP BY 1, 2",
        ids,
    )
    there = {(ticket, action): count for ticket, action, count in rows}
    return {
        "acts_lost": sum(there.get(key, 0) < count for key, count in told.items()),
        "acts_doubled": sum(there.get(key, 0) > count for key, count in told.items()),
    }


def _surveys(scene: Scene, ledger: Ledger) -> dict[str, int]:
    """Each acknowledged answer is with the customer's ticket, and once in the warehouse."""
    told = Counter((fact["ticket_id"], fact["score"]) for fact in ledger.of("survey"))
    kept = scene.rows(
        "customer",
        "SELECT id::text, ticket_id::text, score FROM survey WHERE ticket_id = ANY(%s::uuid[])"
        " AND score IS NOT NULL",
        sorted({ticket for ticket, _ in told}),
    )
    copies = Counter(scene.rows("analytics", "SELECT survey_id::text, score FROM survey_response"))
    there = Counter((ticket, score) for survey, ticket, score in kept if copies[survey, score])
    return {
        "surveys_lost": (told - there).total(),
        "surveys_doubled": sum(copies[survey, score] > 1 for survey, _, score in kept),
    }


def _charges(scene: Scene, since: float) -> dict[str, int]:
    """The provider's books beside ours: the same charges, and no invoice charged twice."""
    answer = httpx.get(scene.charges_url, params={"limit": 1000}, timeout=30, trust_env=False)
    there = [one for one in answer.json()["charges"] if one["status"] == "approved"]
    ours = scene.rows(
        "billing",
        "SELECT idempotency_key, invoice_id::text FROM payment"
        " WHERE status = 'approved' AND created_at >= to_timestamp(%s)",
        since,
    )
    keys = {one["idempotency_key"] for one in there}
    known = {
        key
        for (key,) in scene.rows(
            "billing", "SELECT idempotency_key FROM payment WHERE status = 'approved'"
        )
    }
    by_invoice = Counter(one["reference"] for one in there if one["refunded"] < one["amount"])
    return {
        "charges_made": len(ours),
        "charges_missing": sum(key not in keys for key, _ in ours),
        "charges_unknown_to_us": len(keys - known),
        "charges_doubled": sum(count > 1 for count in by_invoice.values()),
        "charges_undecided": scene.rows(
            "billing",
            "SELECT count(*) FROM payment WHERE status IN ('intent', 'unknown')",
        )[0][0],
    }


def _messages(scene: Scene, since: float) -> dict[str, int]:
    """Nothing waits that is due, nothing is held, and no notification reached nobody."""
    waiting = held = failed = 0
    for source, targets in QUEUES.items():
        for target in targets:
            rows = scene.rows(
                source,
                f"SELECT count(*) FILTER (WHERE status <> 'failed' AND created <= now()),"
                f" count(*) FILTER (WHERE status = 'failed') FROM to_{target}.pgqueuer",
            )
            waiting, held = waiting + rows[0][0], held + rows[0][1]
    for name in ("customer", "sysops"):
        failed += scene.rows(
            name,
            "SELECT count(*) FROM notification WHERE status IN ('failed', 'queued')"
            " AND created_at >= to_timestamp(%s)",
            since,
        )[0][0]
    return {
        "messages_waiting": waiting,
        "messages_held": held,
        "notifications_missing": failed,
    }


async def _promises(scene: Scene) -> dict[str, int]:
    """What the platform's own proof of conservation finds, over the whole history."""
    urls = {name: scene.sessions(name) for name in SOURCES}
    async with Reader.open(urls) as reader:  # type: ignore[arg-type]
        findings = await examine_all(reader, clock.now(), everything=True)
    return {"promises_broken": sum(len(one.gaps) for one in findings.values())}


def _on_its_way(scene: Scene, since: float) -> Mapping[str, int]:
    """What is not decided yet, if anything."""
    counts = _messages(scene, since) | _charges(scene, since)
    wanted = ("messages_waiting", "charges_undecided")
    submitted = scene.rows("customer", "SELECT count(*) FROM ticket WHERE status = 'submitted'")
    left = {name: counts[name] for name in wanted} | {"tickets_submitted": submitted[0][0]}
    return {name: count for name, count in left.items() if count}
