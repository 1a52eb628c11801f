"""What still binds a customer and us in sysops and in billing: read before anything is erased.

The customer database is asked in `api.customer.data_requests.standing`. Its words are for what
it knows; here are those for what only its owners know.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from orchestration.personal_data.settings import Database, Sessions

# Each answers with one word or number a row, for the sentence beside it.
_QUESTIONS: Final[tuple[tuple[Database, str, str], ...]] = (
    (
        "sysops",
        (
            "SELECT number FROM ticket WHERE customer_id = :id"
            " AND status NOT IN ('resolved', 'closed', 'cancelled') ORDER BY number"
        ),
        "Ticket {} is open.",
    ),
    (
        "sysops",
        "SELECT 1 FROM entitlement WHERE customer_id = :id AND status = 'active' LIMIT 1",
        "The end of a contract has not reached the service organisation.",
    ),
    (
        "billing",
        "SELECT 1 FROM contract WHERE customer_id = :id AND status = 'active' LIMIT 1",
        "The end of a contract has not reached billing.",
    ),
    (
        # Bills are written in arrears: the last one comes when the month of the end is over.
        "billing",
        (
            "SELECT DISTINCT to_char(ends_on, 'FMMonth YYYY') FROM contract"
            " WHERE customer_id = :id AND status = 'cancelled' AND NOT EXISTS ("
            " SELECT FROM billing_run WHERE period >= date_trunc('month', ends_on)"
            " AND billing_run.status = 'finished')"
        ),
        "The last bill of your contract is written when {} is over.",
    ),
    (
        "billing",
        (
            "SELECT 1 FROM invoice WHERE customer_id = :id"
            " AND status IN ('draft', 'parked', 'issued', 'declined') LIMIT 1"
        ),
        "An invoice is not settled.",
    ),
    (
        "billing",
        (
            "SELECT 1 FROM one_off WHERE customer_id = :id AND withdrawn_at IS NULL AND NOT EXISTS"
            " (SELECT FROM invoice_line WHERE one_off_id = one_off.id) LIMIT 1"
        ),
        "A one-off charge or credit is not billed yet.",
    ),
    (
        "billing",
        (
            "SELECT 1 FROM payment WHERE customer_id = :id AND status IN ('intent', 'unknown')"
            " UNION"
            " SELECT 1 FROM refund WHERE customer_id = :id AND status IN ('intent', 'unknown')"
        ),
        "A payment or refund is under way.",
    ),
)


async def elsewhere(sessions: Sessions, customer_id: UUID) -> list[str]:
    """What stands in the way of an erasure in sysops and billing, in words."""
    found: list[str] = []
    for database, query, words in _QUESTIONS:
        async with sessions[database]() as session:
            answers = await session.scalars(text(query), {"id": customer_id})
            found += [words.format(it) for it in answers]
    return found
