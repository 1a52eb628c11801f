"""What the platform promises to carry, as data: where each fact is, and where it must arrive.

Two scopes: the live and the recent (the cost follows open work), or the whole history. The SQL
is run by the role `reconciler`, which sees ids, versions and states, and of queues no payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Database = Literal["customer", "sysops", "billing"]

QUEUES: Mapping[Database, tuple[str, ...]] = {
    "customer": ("sysops", "billing", "analytics", "customer"),
    "sysops": ("customer", "billing", "sysops"),
    "billing": ("customer", "sysops"),
}


@dataclass(frozen=True)
class Root:
    """The ids that a promise is about; `:since` is where the recent begins."""

    database: Database
    recent: str
    everything: str


@dataclass(frozen=True)
class Queue:
    """Where word of it travels; with `channels`, only in these messages."""

    target: str
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """`items` are the facts of some roots (`:ids`, `:since`), `arrived` what is there of them.

    Both answer id, version, status. With `each_version` every version must arrive by itself,
    otherwise the latest one is enough. Facts of which `moves` is true change their version: they
    are read once more, last.
    """

    name: str
    says: str
    root: Root
    items: str
    target: Database
    arrived: str
    queue: Queue | None = None
    each_version: bool = False
    moves: bool = False


SUBMITTED = Root(
    "customer",
    recent="SELECT id FROM ticket WHERE status = 'submitted'",
    everything="SELECT id FROM ticket WHERE channel = 'web'",
)
TICKETS = Root(
    "sysops",
    recent="""
    SELECT id FROM ticket
    WHERE status NOT IN ('closed', 'cancelled') AND (status <> 'resolved' OR updated_at >= :since)
    UNION ALL
    SELECT id FROM ticket WHERE status IN ('closed', 'cancelled') AND updated_at >= :since
    """,
    everything="SELECT id FROM ticket",
)
PHOTOS = Root(
    "customer",
    recent="SELECT id FROM attachment WHERE ticket_id IS NOT NULL AND updated_at >= :since",
    everything="SELECT id FROM attachment WHERE ticket_id IS NOT NULL",
)
# An old invoice changes through a payment, while its dunning runs, or by an act of finance.
INVOICES = Root(
    "billing",
    recent="""
    SELECT i.id FROM billing_run r JOIN invoice i ON i.run_id = r.id WHERE r.updated_at >= :since
    UNION
    SELECT id FROM invoice WHERE status = 'issued'
    UNION
    SELECT invoice_id FROM payment WHERE created_at >= :since
    UNION
    SELECT invoice_id FROM finance_act WHERE at >= :since AND invoice_id IS NOT NULL
    UNION
    SELECT invoice_id FROM refund WHERE decided_at >= :since
    UNION
    SELECT invoice_id FROM dunning WHERE status = 'running'
    """,
    everything="SELECT id FROM invoice WHERE number IS NOT NULL",
)
CREDIT = Root(
    "billing",
    recent="SELECT customer_id FROM credit_balance WHERE updated_at >= :since",
    everything="SELECT customer_id FROM credit_balance",
)
# Billing's word on a contract goes out when it first hears of it, and with every hold.
BILLED = Root(
    "billing",
    recent="SELECT id FROM contract WHERE updated_at >= :since AND billing_version > 0",
    everything="SELECT id FROM contract WHERE billing_version > 0",
)


def _unsent(database: Database) -> Root:
    unsent = "SELECT id FROM notification WHERE status = 'queued'"
    return Root(database, recent=unsent, everything=unsent)


def _leaves(database: Literal["customer", "sysops"], whom: str, channel: str) -> Promise:
    return Promise(
        name=f"notifications_to_{whom}_leave",
        says=f"Every notification to {whom} that is not sent yet is on its way out.",
        root=_unsent(database),
        items="SELECT id, 0, 'told' FROM notification WHERE id = ANY(:ids)",
        target=database,
        arrived="SELECT id, 0, 'told' FROM notification WHERE id = ANY(:ids)"
        " AND status <> 'queued'",
        queue=Queue(database, (channel,)),
    )


PROMISES = (
    Promise(
        name="submitted_tickets_arrive",
        says="Every ticket that a customer submitted is in sysops or on its way there.",
        root=SUBMITTED,
        items="SELECT id, 0, 'there' FROM ticket WHERE id = ANY(:ids)",
        target="sysops",
        arrived="SELECT id, 0, 'there' FROM ticket WHERE id = ANY(:ids)",
        queue=Queue("sysops", ("ticket_created",)),
    ),
    Promise(
        name="customers_see_the_state_of_tickets",
        says="Every ticket, by web or by phone, has the same state in the customer database as in"
        " sysops, or word of it is on its way.",
        root=TICKETS,
        items="SELECT id, version, status FROM ticket WHERE id = ANY(:ids)",
        target="customer",
        arrived="SELECT id, version, status FROM ticket WHERE id = ANY(:ids)",
        queue=Queue("customer", ("ticket_progress", "phone_ticket_created")),
        moves=True,
    ),
    Promise(
        name="photos_reach_who_solves_the_ticket",
        says="Every photo of a ticket is shown in sysops, or removed there too, or word of it is on"
        " its way.",
        root=PHOTOS,
        items="SELECT id, version, 'told' FROM attachment WHERE id = ANY(:ids)",
        target="sysops",
        arrived="SELECT id, version, 'told' FROM ticket_attachment WHERE id = ANY(:ids)",
        queue=Queue("sysops", ("ticket_attachment_changed",)),
        moves=True,
    ),
    Promise(
        name="proposed_experts_are_told",
        says="Every proposal of a visit has told its expert.",
        root=TICKETS,
        items="SELECT id, 0, 'told' FROM assignment"
        " WHERE ticket_id = ANY(:ids) AND proposed_at >= :since",
        target="sysops",
        arrived="""
        SELECT a.id, 0, 'told'
        FROM assignment a
        JOIN notification n ON n.staff_id = a.expert_id
            AND n.kind = 'visit_proposed' AND n.cause = a.id::text
        WHERE a.id = ANY(:ids)
        """,
    ),
    Promise(
        name="customers_are_told_who_comes",
        says="Every customer whose visit is accepted was told who comes and when, or word of it is"
        " on its way.",
        root=TICKETS,
        # The version that accepted the visit names it; other words may follow meanwhile.
        items="""
        SELECT t.id, max(e.version), t.status
        FROM ticket t
        JOIN ticket_event e ON e.ticket_id = t.id
            AND e.from_status = 'assigned' AND e.to_status = 'accepted'
        WHERE t.id = ANY(:ids) AND t.status = 'accepted'
        GROUP BY t.id
        """,
        target="customer",
        arrived="""
        SELECT t.id, split_part(n.cause, '/', 2)::int, 'accepted'
        FROM ticket t
        JOIN notification n ON n.account_id = t.account_id
            AND n.kind IN ('expert_arriving', 'expert_on_the_way') AND n.ticket_id = t.id
        WHERE t.id = ANY(:ids)
        """,
        queue=Queue("customer", ("ticket_progress",)),
        each_version=True,
        moves=True,
    ),
    Promise(
        name="resolutions_are_surveyed",
        says="Every resolution of a ticket has made a survey, or word of it is on its way.",
        root=TICKETS,
        items="SELECT ticket_id, version, to_status FROM ticket_event"
        " WHERE ticket_id = ANY(:ids) AND to_status = 'resolved' AND at >= :since",
        target="customer",
        arrived="SELECT ticket_id, ticket_version, 'resolved' FROM survey"
        " WHERE ticket_id = ANY(:ids)",
        queue=Queue("customer", ("ticket_progress",)),
        each_version=True,
    ),
    Promise(
        name="invoices_reach_customers",
        says="Every invoice has the same state at its customer as in billing, to the cent that is"
        " still to pay, or is on its way.",
        root=INVOICES,
        items="""
        SELECT id, version, status || '/' || CASE
            WHEN status IN ('issued', 'declined') THEN total_cents - credited_cents ELSE 0 END
        FROM invoice WHERE id = ANY(:ids) AND number IS NOT NULL
        """,
        target="customer",
        arrived="SELECT id, version, status || '/' || due_cents FROM statement"
        " WHERE id = ANY(:ids)",
        queue=Queue("customer", ("invoice_issued",)),
        moves=True,
    ),
    Promise(
        name="credit_reaches_customers",
        says="Every customer's credit is the same at the customer as in billing, or on its way.",
        root=CREDIT,
        items="SELECT customer_id, version, cents::text FROM credit_balance"
        " WHERE customer_id = ANY(:ids)",
        target="customer",
        arrived="SELECT account_id, version, cents::text FROM credit WHERE account_id = ANY(:ids)",
        queue=Queue("customer", ("credit_changed",)),
        moves=True,
    ),
    Promise(
        name="customers_know_how_they_are_billed",
        says="Every contract that billing holds is held at its customer too, or word of it is on"
        " its way.",
        root=BILLED,
        items="SELECT id, billing_version, (held_since IS NOT NULL)::text FROM contract"
        " WHERE id = ANY(:ids)",
        target="customer",
        arrived="SELECT id, billing_version, billing_held::text FROM contract WHERE id = ANY(:ids)",
        queue=Queue("customer", ("contract_billing",)),
        moves=True,
    ),
    _leaves("customer", "customers", "customer_notification"),
    _leaves("sysops", "staff", "staff_notification"),
)
