"""What belongs to whom in a demo world: ids for the paths of routes, the caller's and others'."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from tests.databases import Databases

COLLEAGUE = "helpdesk.2@squad.example"
"""Whom administrators change: somebody who does nothing in these tests."""
# Every customer who is taken has all of it.
_OF_CUSTOMER = {
    "address_id": "SELECT id FROM address WHERE account_id = %s",
    "attachment_id": "SELECT id FROM attachment WHERE account_id = %s",
    "card_id": "SELECT id FROM card WHERE account_id = %s",
    "contract_id": "SELECT id FROM contract WHERE account_id = %s",
    "identity_id": "SELECT id FROM identity WHERE account_id = %s",
    "statement_id": "SELECT id FROM statement WHERE account_id = %s",
    "request_id": "SELECT id FROM data_request WHERE account_id = %s",
    "ticket_id": "SELECT id FROM ticket WHERE account_id = %s",
}
_IDENTITY = """
INSERT INTO identity (issuer, subject, linked_at, account_id)
SELECT 'https://id.example', email, now(), id FROM account WHERE id = %s
"""
_PHOTO = """
WITH photo AS (
    INSERT INTO attachment (account_id, version, file_name, media_type, size_bytes, width, height,
        uploaded_at, updated_at)
    VALUES (%s, 0, 'photo', 'image/png', 1, 1, 1, now(), now()) RETURNING id
)
INSERT INTO attachment_content SELECT id, ' ' FROM photo
"""
_EXPORT = """
WITH request AS (
    INSERT INTO data_request (
        account_id, kind, status, asked_at, due_at, done_at, expires_at, parts
    )
    VALUES (%s, 'export', 'done', now(), now(), now(), now() + interval '1 day', 1) RETURNING id
)
INSERT INTO export_part (request_id, number, content) SELECT id, 1, ' ' FROM request
"""
_REQUEST = """
INSERT INTO data_request (account_id, kind, status, asked_at, due_at)
VALUES (%s, 'erasure', 'requested', now(), now() + interval '7 days')
"""
_COMPANY_ACCOUNT = """
INSERT INTO identity (issuer, subject, linked_at, staff_id)
SELECT 'https://id.example', email, now(), id FROM staff WHERE email = %s
"""
_DISPUTE = """
INSERT INTO chargeback (provider_reference, payment_id, invoice_id, customer_id, amount_cents,
    currency, reason, status, answer_by, opened_at)
SELECT 'dp_1', id, invoice_id, customer_id, amount_cents, currency, 'fraudulent', 'lost', now(),
    now()
FROM payment WHERE status = 'approved' LIMIT 1
"""
# One that waits for its answer: the demo world has some at any hour, and each of its routes can be
# gone through, while an accepted one may be over, by the hour at which the tests are run.
_OF_EXPERT = {
    "visit_id": "SELECT id FROM assignment WHERE expert_id = %s AND status = 'proposed'",
}
_STANDING = "SELECT ticket_id FROM assignment WHERE status IN ('proposed', 'accepted')"
_OF_AUTHOR = {"article_id": "SELECT id FROM article WHERE author_id = %s AND status = 'draft'"}
_OF_NOBODY = {
    "customer": {
        "ticket_id": "SELECT ticket_id FROM survey",
        "code": "SELECT 'default'",
        "request_id": "SELECT id FROM data_request",
    },
    "sysops": {
        "article_id": "SELECT id FROM article"
        " WHERE status = 'published' AND audience <> 'internal'",
        "customer_id": "SELECT id FROM customer",
        "day": "SELECT day FROM holiday",
        "name": "SELECT name FROM assignment_policy",
        "run_id": "SELECT id FROM assignment_run",
        "expert_id": "SELECT expert_id FROM time_off"
        " WHERE id = (SELECT id FROM time_off ORDER BY 1 LIMIT 1)",
        "time_off_id": "SELECT id FROM time_off",
        "staff_id": f"SELECT id FROM staff WHERE email = '{COLLEAGUE}'",
        "ticket_id": "SELECT id FROM ticket WHERE status = 'open'",
    },
    "billing": {
        "alert_id": "SELECT id FROM alert",
        "chargeback_id": "SELECT id FROM chargeback",
        "contract_id": "SELECT id FROM contract",
        "customer_id": "SELECT customer_id FROM contract",
        "invoice_id": "SELECT id FROM invoice WHERE status = 'paid'",
        "one_off_id": "SELECT id FROM one_off",
        "period": "SELECT to_char(period, 'YYYY-MM') FROM billing_run",
    },
}
_CODES = {
    "device-types": "SELECT code FROM device_type",
    "plans": "SELECT code FROM support_plan",
    "skills": "SELECT code FROM skill",
    "survey-templates": "SELECT code FROM survey_template",
    "ticket-types": "SELECT code FROM ticket_type",
}


@dataclass(frozen=True)
class Belongings:
    """Somebody, and one id of each kind of thing that is theirs, by the name of the parameter."""

    who: UUID
    ids: dict[str, str]


def of_customers(databases: Databases, most: int = 2) -> list[Belongings]:
    """Customers of the demo world with one of everything."""
    found = databases.rows(
        "customer",
        "SELECT account_id FROM ticket JOIN statement USING (account_id)"
        " JOIN card USING (account_id) GROUP BY 1 ORDER BY 1 LIMIT %s",
        most,
    )
    return [_customer(databases, row[0]) for row in found]


def _customer(databases: Databases, who: UUID) -> Belongings:
    for statement in (_IDENTITY, _PHOTO, _EXPORT):
        databases.execute("customer", statement, who)
    return _belongings(databases, "customer", who, _OF_CUSTOMER)


def of_experts(databases: Databases, most: int = 2) -> list[Belongings]:
    """Experts with a proposed visit and a draft each."""
    found = databases.rows(
        "sysops",
        "SELECT DISTINCT expert_id FROM assignment WHERE status = 'proposed' ORDER BY 1 LIMIT %s",
        most,
    )
    return [_expert(databases, row[0]) for row in found]


def _expert(databases: Databases, who: UUID) -> Belongings:
    databases.execute(
        "sysops",
        "INSERT INTO article (title, body, status, author_id, created_at, updated_at)"
        " VALUES ('A draft', %s, 'draft', %s, now(), now())",
        f"Words of {uuid4()}.",
        who,
    )
    return _belongings(databases, "sysops", who, _OF_EXPERT | _OF_AUTHOR)


def add_what_staff_end(databases: Databases) -> None:
    """A colleague's account at a provider, a customer's request and a dispute, which the demo world
    lacks."""
    databases.execute("sysops", _COMPANY_ACCOUNT, COLLEAGUE)
    (who,) = databases.rows("customer", "SELECT id FROM account LIMIT 1")[0]
    databases.execute("customer", _REQUEST, who)
    databases.execute("billing", _DISPUTE)


def everybodys(databases: Databases, quantum: str, path: str) -> dict[str, str]:
    """Ids that whoever may call the route may name, whosever they are."""
    ids = {
        name: str(databases.rows(quantum, f"{query} ORDER BY 1 LIMIT 1")[0][0])
        for name, query in _OF_NOBODY.get(quantum, {}).items()
    }
    for kind, query in _CODES.items():
        if f"/catalogue/{kind}/" in path:
            ids["code"] = databases.rows("sysops", f"{query} ORDER BY 1 LIMIT 1")[0][0]
    if "/assignment" in path:
        ids["ticket_id"] = str(databases.rows("sysops", f"{_STANDING} ORDER BY 1 LIMIT 1")[0][0])
    return ids


def _belongings(
    databases: Databases, database: str, who: UUID, queries: dict[str, str]
) -> Belongings:
    ids = {}
    for name, query in queries.items():
        rows = databases.rows(database, f"{query} ORDER BY 1 DESC LIMIT 1", who)
        assert rows, f"{who} has no {name}"
        ids[name] = str(rows[0][0])
    return Belongings(UUID(str(who)), ids)


def contents(databases: Databases, database: str) -> dict[str, Any]:
    """A digest of every table, without what only counts requests."""
    tables = databases.rows(
        database,
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND relkind = 'r' AND relname <> 'idempotency_key' ORDER BY 1",
    )
    return {
        name: databases.rows(
            database, f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" t'
        )[0][0]
        for (name,) in tables
    }
