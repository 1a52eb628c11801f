"""`squad bench submit`: tickets submitted over HTTP, beside pgbench and a reference API.

The yardsticks are pgbench with a transaction that inserts the same rows into bare tables of the
same database, and the reference of `reference.py`, the same client asking it. Each API is one
process. A submission without its ticket, event and message ends the run.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import jwt
import msgspec

from api.kernel.auth import CUSTOMER_ISSUER
from orchestration.local.ports import free_port
from orchestration.local.postgres import EmbeddedPostgres, throw_away_postgres
from tests.api.customer import world
from tests.api.served import token
from tests.benchmarks.api_process import customer_api, started
from tests.benchmarks.http_load import EACH_ITS_OWN, REFUSED, Answers, asked, request
from tests.benchmarks.pgbench import same_rows, transactions_a_second
from tests.benchmarks.report import Report, Wrong
from tests.benchmarks.server import DURABLE, ON_DISK
from tests.databases import Databases, Templates

CUSTOMERS: Final = 1_000
"""More than a round asks of one person within the limit of requests."""
ROUNDS: Final = 3
MOST_REFUSED: Final = 0.01
"""While the disk does not answer a queue stands, and who waits for longer than a quarter of a
second is told to come again (0067): a small share, and not counted as submissions."""
CONNECTIONS: Final = (16, 32)
KEY: Final = "a key of the reference, which no other program has"
TABLES: Final = ("ticket", "ticket_timeline", "to_sysops.pgqueuer", "to_sysops.pgqueuer_log")
DESCRIPTION: Final = (
    "Since this morning there is sound but no picture, whatever the input. The light at the front"
    " blinks twice, and then nothing happens."
)
_SETTLE: Final = """
WITH new AS (
    INSERT INTO account (email, full_name, phone, created_at, updated_at)
    SELECT n || '@example.com', 'Ada Example', '+15125550123', now(), now()
    FROM generate_series(1, %s) AS n RETURNING id
), home AS (
    INSERT INTO address (account_id, line1, city, state, zip, latitude, longitude, time_zone,
                         created_at)
    SELECT id, '1 Congress Ave', 'Austin', 'TX', '78701', 30.27, -97.74, 'America/Chicago', now()
    FROM new RETURNING id, account_id
), contract AS (
    INSERT INTO contract (account_id, address_id, plan_code, status, starts_on, created_at,
                          updated_at)
    SELECT account_id, id, 'plus', 'active', '2026-01-01', now(), now() FROM home
    RETURNING id, account_id, address_id
)
SELECT account_id, id, address_id FROM contract
"""
_REFERENCE: Final = """
CREATE TABLE reference_customer (id uuid PRIMARY KEY);
CREATE TABLE reference_ticket (
    id uuid PRIMARY KEY, customer_id uuid NOT NULL REFERENCES reference_customer,
    contract_id uuid NOT NULL, address_id uuid NOT NULL, ticket_type text NOT NULL,
    description text NOT NULL, status text NOT NULL, preferred_windows jsonb NOT NULL,
    submitted_at timestamptz NOT NULL
);
CREATE INDEX ON reference_ticket (customer_id);
CREATE TABLE reference_event (
    id uuid PRIMARY KEY, ticket_id uuid NOT NULL REFERENCES reference_ticket,
    status text NOT NULL, at timestamptz NOT NULL
);
CREATE INDEX ON reference_event (ticket_id);
INSERT INTO reference_customer SELECT id FROM account;
"""
_WHOLE: Final = """
SELECT (SELECT count(*) FROM ticket),
    (SELECT count(*) FROM ticket t JOIN ticket_timeline e ON e.ticket_id = t.id
        AND e.version = 0 AND e.status = 'submitted'
     JOIN to_sysops.pgqueuer m ON m.headers ->> 'subject' = t.id::text
        AND convert_from(m.payload, 'utf8')::jsonb -> 'body' ->> 'description' = t.description
     JOIN contract c ON c.id = t.contract_id AND c.account_id = t.account_id)
"""


def run(
    seconds: float, say: Callable[[str], None], connections: Sequence[int] = CONNECTIONS
) -> dict[str, Any]:
    """Rounds of so many seconds each; raises Wrong when a ticket is not whole."""
    report = Report({"name": "submit", "seconds_a_round": seconds}, say)
    with throw_away_postgres(DURABLE, room=ON_DISK) as server:
        templates = Templates(server)
        databases = Databases(templates)
        world.furnish(databases)
        requests = _requests(databases)
        with customer_api(databases) as ours, _reference(databases) as reference:
            _asked(ours, 1, requests["ours"][:1], 0)
            script = same_rows(databases, "customer", TABLES)
            ports = {"ours": ours, "keyed": ours, "reference": reference}
            for number in connections:
                _measure(report, server, databases, script, ports, requests, number, seconds)
        databases.drop()
        templates.close()
    return report.figures


def _measure(
    report: Report,
    server: EmbeddedPostgres,
    databases: Databases,
    script: str,
    ports: dict[str, int],
    requests: dict[str, list[bytes]],
    connections: int,
    seconds: float,
) -> None:
    rounds: dict[str, list[Answers]] = {name: [] for name in ports}
    bare: list[float] = []
    for _ in range(ROUNDS):
        bare.append(transactions_a_second(server, databases, script, connections, seconds))
        for name, port in ports.items():
            rounds[name].append(_asked(port, connections, requests[name], seconds))
        tickets, whole = databases.rows("customer", _WHOLE)[0]
        if tickets != whole:
            raise Wrong(f"Of {tickets} tickets {whole} have their event and their message.")
    rates = {name: [it.rate for it in answers] for name, answers in rounds.items()}
    of = f"of_{connections}_connections"
    p50s, p99s = ([it.percentile(share) for it in rounds["ours"]] for share in (0.5, 0.99))
    report.add(f"p50_ms_{of}", round(1000 * sorted(p50s)[ROUNDS // 2], 1))
    report.add(f"p99_ms_{of}", round(1000 * sorted(p99s)[ROUNDS // 2], 1))
    report.hold(f"refused_{of}", _refused(rounds["ours"] + rounds["keyed"]), at_most=MOST_REFUSED)
    report.compare(f"to_pgbench_{of}", ours=rates["ours"], yardstick=bare, at_least=0.15)
    report.compare(
        f"to_reference_{of}", ours=rates["ours"], yardstick=rates["reference"], at_least=3.5
    )
    report.compare(f"p99_to_p50_{of}", ours=p99s, yardstick=p50s, at_most=5)
    report.add(f"with_idempotency_key_a_second_{of}", round(sorted(rates["keyed"])[ROUNDS // 2]))


def _asked(port: int, connections: int, requests: list[bytes], seconds: float) -> Answers:
    answers = asked(port, connections, requests, seconds)
    if set(answers.statuses) - {201, REFUSED}:
        raise Wrong(f"Not every submission was taken, or refused: {answers.statuses}")
    return answers


def _refused(rounds: Sequence[Answers]) -> float:
    """The share that was told to come again."""
    statuses = sum((Counter(it.statuses) for it in rounds), Counter[int]())
    return statuses[REFUSED] / statuses.total()


def _requests(databases: Databases) -> dict[str, list[bytes]]:
    """A submission of each customer: to ours, the same with a key each, and to the reference."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    found: dict[str, list[bytes]] = {"ours": [], "keyed": [], "reference": []}
    for account, contract, address in databases.rows("customer", _SETTLE, CUSTOMERS):
        body = msgspec.json.encode(
            {
                "contract_id": contract,
                "address_id": address,
                "ticket_type": "tv-picture",
                "description": DESCRIPTION,
                "preferred_windows": [{"start": start, "end": start + timedelta(hours=4)}],
            }
        )
        bearer = ("Authorization", f"Bearer {token(CUSTOMER_ISSUER, account, 'customer')}")
        path = "/customer/tickets"
        found["ours"].append(request("POST", path, body, [bearer]))
        key = ("Idempotency-Key", EACH_ITS_OWN)
        found["keyed"].append(request("POST", path, body, [bearer, key]))
        found["reference"].append(request("POST", "/tickets", body, [_reference_bearer(account)]))
    return found


def _reference_bearer(account: UUID) -> tuple[str, str]:
    signed = jwt.encode({"sub": str(account)}, KEY, algorithm="HS256")
    return "Authorization", f"Bearer {signed}"


@contextmanager
def _reference(databases: Databases) -> Iterator[int]:
    databases.execute("customer", _REFERENCE)
    port = free_port()
    own = {
        "SQUAD_DATABASE_URL": databases.url("customer"),
        "SQUAD_KEY": KEY,
        "SQUAD_PORT": str(port),
    }
    with started(["tests.benchmarks.reference"], port, "/health", own) as ready:
        yield ready
