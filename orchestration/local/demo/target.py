"""A database that is to hold its part of the demo world: looked at, opened, filled, closed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg

from api.sysops.search import bulk
from orchestration.local.demo.constraints import Constraints, find_constraints
from orchestration.local.demo.copying import Writer
from orchestration.local.demo.marker import Marker, read_marker, write_marker
from orchestration.local.demo.size import SCALE_CUSTOMERS
from orchestration.local.errors import LocalError

TABLES: Final[dict[str, Sequence[str]]] = {
    "customer": (
        "account", "address", "notification_preference", "support_plan", "ticket_type", "contract",
        "card", "ticket", "ticket_timeline", "attachment", "attachment_content", "survey",
        "survey_reminder", "statement", "notification", "notification_attempt",
    ),
    "sysops": (
        "staff", "expert", "expert_skill", "shift", "time_off", "holiday", "skill", "device_type",
        "ticket_type", "required_skill", "support_plan", "customer", "entitlement", "ticket",
        "ticket_event", "ticket_attachment", "assignment_run", "assignment_decision",
        "assignment", "visit_part", "booking", "exclusion", "article", "article_version",
        "article_link", "article_query", "article_solution", "notification", "notification_attempt",
    ),
    "billing": (
        "plan", "contract", "vault_card", "billing_run", "run_event", "invoice", "invoice_line",
        "invoice_series", "ledger_entry", "payment", "alert", "dunning", "one_off",
    ),
    "analytics": ("survey_response", "survey_choice"),
}  # fmt: skip
"""The tables that the demo world fills; all must be empty before."""
ADDED_TO: Final[dict[str, Sequence[str]]] = {
    "customer": ("survey_template",),
    "sysops": ("survey_template",),
}
"""Tables that have rows from the beginning, beside which the demo world has its own."""

# ANALYZE of a small world takes as long as its rows. A sample of 9,000 rows a table instead of
# 30,000 is enough for it, and a third of the time.
_QUICK_STATISTICS: Final = "SET LOCAL default_statistics_target = 30"
# After the lock nobody else can add rows; whoever was quicker is noticed here.
_REFUSE_ROWS: Final = """
DO $$ BEGIN
    IF {conditions} THEN
        RAISE EXCEPTION 'There are rows already.';
    END IF;
END $$
"""
_SET_NUMBERS: Final = """
SELECT format(
    'DO $do$ BEGIN PERFORM setval(%%L, (SELECT max(%%I) FROM %%s)); END $do$',
    pg_get_serial_sequence(attrelid::regclass::text, attname), attname, attrelid::regclass
)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE attidentity <> '' AND relnamespace = 'public'::regnamespace AND relname = ANY(%s)
"""


@dataclass(frozen=True)
class Derived:
    """Tables that are made from the loaded ones, and how: `after` runs when all rows are there."""

    tables: Sequence[str] = ()
    before: Sequence[str] = ()
    after: Sequence[str] = ()


_NOTHING: Final = Derived()
DERIVED: Final[dict[str, Derived]] = {
    "sysops": Derived(bulk.DERIVED, bulk.BEFORE, bulk.AFTER),
}


class DemoRefused(LocalError):
    """The demo world is not loaded into these databases, and nothing was changed."""


@dataclass(frozen=True)
class Target:
    """One database as it was found.

    `marker` is the world that it holds already, `occupied` a table that has rows although it
    holds none.
    """

    name: str
    url: str
    marker: Marker | None
    occupied: str | None
    constraints: Constraints
    numbers: Sequence[str]

    def open(self, marker: Marker) -> Writer:
        """Begin to fill it, in one transaction that ends with `marker`."""
        derived = DERIVED.get(self.name, _NOTHING)
        tables = ", ".join([*TABLES[self.name], *derived.tables])
        conditions = " OR ".join(f"EXISTS (SELECT FROM {table})" for table in TABLES[self.name])
        before = [
            f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE",
            _REFUSE_ROWS.format(conditions=conditions),
            "SET LOCAL maintenance_work_mem = '128MB'",
            *([_QUICK_STATISTICS] if marker.demo.customers < SCALE_CUSTOMERS else []),
            *self.constraints.off,
            *derived.before,
        ]
        with psycopg.connect(self.url) as connection:
            mark = write_marker(connection, marker)
        rest = [*self.constraints.on, *self.numbers, f"ANALYZE {tables}", mark]
        return Writer(self.url, before, [*derived.after, *rest])


def look_at(name: str, url: str) -> Target:
    """`url` may name any driver."""
    tables = list(TABLES[name])
    plain = re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", url)
    with psycopg.connect(plain, autocommit=True) as connection:
        marker = read_marker(connection)
        occupied = _first_with_rows(connection, tables) if marker is None else None
        numbers = [row[0] for row in connection.execute(_SET_NUMBERS, [tables])]
        made = DERIVED.get(name, _NOTHING).tables
        constraints = find_constraints(connection, [*tables, *made])
    return Target(name, plain, marker, occupied, constraints, numbers)


def _first_with_rows(
    connection: psycopg.Connection[tuple[object, ...]], tables: Sequence[str]
) -> str | None:
    for table in tables:
        query = psycopg.sql.SQL("SELECT FROM {} LIMIT 1").format(psycopg.sql.Identifier(table))
        if connection.execute(query).fetchone() is not None:
            return table
    return None
