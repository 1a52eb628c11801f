"""`squad bench read`: a customer's tickets over HTTP, beside the bare queries on asyncpg.

The yardstick is one process that asks the database the same for the same customers and does
nothing with the rows. An answer with other tickets than the customer's ends the run.
"""

from collections.abc import Callable
from typing import Any, Final
from urllib.request import Request, urlopen
from uuid import UUID

import msgspec

from api.kernel.auth import CUSTOMER_ISSUER
from orchestration.local.postgres import throw_away_postgres
from tests.api.customer import world
from tests.api.served import token
from tests.benchmarks.api_process import customer_api
from tests.benchmarks.bare_reads import Readers, asked_bare
from tests.benchmarks.http_load import Answers, asked, request
from tests.benchmarks.report import Report, Wrong
from tests.benchmarks.server import SERVER
from tests.databases import Databases, Templates

TICKETS_EACH: Final = 100
READERS: Final = 500
"""Customers who read, spread over all; each has TICKETS_EACH tickets with five entries each."""
CONNECTIONS: Final = 16
ROUNDS: Final = 3
PAGE: Final = 20
BYTES_A_TICKET: Final = 3_000
_FILL: Final = """
SET session_replication_role = replica;
INSERT INTO account (id, email, full_name, phone, created_at, updated_at)
SELECT uuidv7(), n || '@example.com', 'Ada Example', '+15125550123', now(), now()
FROM generate_series(1, {customers}) AS n;
INSERT INTO address (account_id, line1, city, state, zip, latitude, longitude, time_zone,
                     created_at)
SELECT id, '1 Congress Ave', 'Austin', 'TX', '78701', 30.27, -97.74, 'America/Chicago', now()
FROM account;
INSERT INTO contract (account_id, address_id, plan_code, status, starts_on, created_at, updated_at)
SELECT account_id, id, 'plus', 'active', '2026-01-01', now(), now() FROM address;
INSERT INTO ticket (number, account_id, contract_id, address_id, ticket_type, description, priority,
    channel, status, version, preferred_windows, submitted_at, resolved_at, updated_at)
SELECT n * {customers} + row_number() OVER (), account_id, id, address_id, 'tv-picture',
    'There is sound but no picture, whatever the input. The light at the front blinks twice.',
    'normal', 'web', CASE WHEN n > 97 THEN 'open' ELSE 'closed' END, 5,
    '[{{"start": "2026-01-01T10:00:00Z", "end": "2026-01-01T14:00:00Z"}}]',
    at, CASE WHEN n > 97 THEN NULL ELSE at + interval '2 days' END, at + interval '3 days'
FROM generate_series(1, {each}) AS n, contract,
    LATERAL (SELECT timestamptz '2026-01-01' + n * interval '3 days') AS moment(at);
INSERT INTO ticket_timeline (ticket_id, version, status, at)
SELECT id, entry.version,
    (ARRAY['submitted', 'open', 'assigned', 'accepted', 'open'])[entry.version + 1],
    submitted_at + entry.version * interval '1 hour'
FROM ticket, generate_series(0, 4) AS entry(version)
"""
_READERS: Final = """
SELECT account_id, (array_agg(id ORDER BY submitted_at DESC))[1:5] FROM ticket
WHERE account_id IN (SELECT id FROM account ORDER BY md5(id::text) LIMIT %s) GROUP BY account_id
"""


def run(tickets: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures among so many tickets; raises Wrong when a customer sees what is another's."""
    report = Report({"name": "read", "tickets": tickets, "seconds_a_round": seconds}, say)
    with throw_away_postgres(SERVER, room=tickets * BYTES_A_TICKET) as server:
        templates = Templates(server)
        databases = Databases(templates)
        world.furnish(databases)
        fill(databases, tickets)
        readers: Readers = databases.rows("customer", _READERS, READERS)
        with customer_api(databases) as port:
            _check(port, readers[0])
            for name, make in (("list", _lists), ("detail", _details)):
                _measure(report, name, databases, port, make(readers), readers, seconds)
        databases.drop()
        templates.close()
    return report.figures


def fill(databases: Databases, tickets: int) -> None:
    """So many tickets, TICKETS_EACH a customer."""
    customers = max(tickets // TICKETS_EACH, 1)
    for statement in _FILL.format(customers=customers, each=TICKETS_EACH).split(";"):
        databases.execute("customer", statement)
    databases.execute("customer", "SET session_replication_role = DEFAULT")
    databases.execute("customer", "VACUUM ANALYZE")


def _measure(
    report: Report,
    name: str,
    databases: Databases,
    port: int,
    requests: list[bytes],
    readers: Readers,
    seconds: float,
) -> None:
    ours: list[Answers] = []
    bare: list[float] = []
    url = databases.url("customer", "customer_api")
    for _ in range(ROUNDS):
        bare.append(asked_bare(url, CONNECTIONS, name, readers, seconds))
        ours.append(asked(port, CONNECTIONS, requests, seconds))
        if set(ours[-1].statuses) != {200}:
            raise Wrong(f"Not every ticket was shown: {ours[-1].statuses}")
    p99s = sorted(it.percentile(0.99) for it in ours)
    report.add(f"p99_ms_of_{name}", round(1000 * p99s[ROUNDS // 2], 1))
    rates = [it.rate for it in ours]
    report.compare(f"{name}_to_bare", ours=rates, yardstick=bare, at_least=0.25)


def _lists(readers: Readers) -> list[bytes]:
    return [request("GET", "/customer/tickets", headers=[_bearer(it)]) for it, _ in readers]


def _details(readers: Readers) -> list[bytes]:
    return [
        request("GET", f"/customer/tickets/{ticket}", headers=[_bearer(account)])
        for account, tickets in readers
        for ticket in tickets
    ]


def _bearer(account: UUID) -> tuple[str, str]:
    return "Authorization", f"Bearer {token(CUSTOMER_ISSUER, account, 'customer')}"


def _check(port: int, reader: tuple[UUID, list[UUID]]) -> None:
    account, tickets = reader
    page = _json(port, "/customer/tickets", account)["items"]
    if len(page) != PAGE or [it["id"] for it in page[:5]] != [str(it) for it in tickets]:
        raise Wrong("The page does not begin with the customer's newest tickets.")
    shown = _json(port, f"/customer/tickets/{tickets[0]}", account)
    if shown["id"] != str(tickets[0]) or len(shown["timeline"]) != 5:
        raise Wrong("A ticket is not shown with its timeline.")


def _json(port: int, path: str, account: UUID) -> Any:
    asking = Request(f"http://127.0.0.1:{port}{path}", headers=dict([_bearer(account)]))
    with urlopen(asking, timeout=30) as answer:  # noqa: S310 - an address of this machine
        return msgspec.json.decode(answer.read())
