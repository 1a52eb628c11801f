"""Whatever can happen to rows of the sources, drawn at random: sense is not needed, an
incremental build must follow all the same."""

from contextlib import suppress
from dataclasses import dataclass
from random import Random

import psycopg

from orchestration.replication.mirror import SOURCES, mirror
from tests.databases import Databases

_NO_FOREIGN_KEYS = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS place, conname FROM pg_constraint WHERE contype = 'f'
    LOOP EXECUTE format('ALTER TABLE %%s DROP CONSTRAINT %%I', one.place, one.conname); END LOOP;
END $$
"""


def _any(table: str) -> str:
    """The id of one row by chance."""
    return f"(SELECT id FROM {table} ORDER BY md5(id::text || '{{salt}}') LIMIT 1)"


_ONE, _TICKET = _any("{table}"), _any("ticket")
_COPY = (
    "INSERT INTO {table} SELECT (jsonb_populate_record(it, jsonb_build_object("
    "'id', gen_random_uuid(), {fresh}))).* FROM {table} AS it WHERE id = " + _ONE
)
_DELETE = "DELETE FROM {table} WHERE id = " + _ONE
_SET = "UPDATE {table} SET {set} WHERE id = " + _ONE


def _on(table: str, *statements: str, **parts: str) -> list[str]:
    return [
        one.replace("{table}", table)
        .replace("{set}", parts.get("set", ""))
        .replace("{fresh}", parts.get("fresh", ""))
        for one in statements
    ]


CHANGES: dict[str, list[str]] = {
    "sysops": [
        *_on("ticket", _DELETE),
        *_on("ticket", _SET, set="status = 'open', version = version + 1, resolved_at = NULL"),
        *_on("ticket", _SET, set="customer_id = (SELECT customer_id FROM ticket LIMIT 1)"),
        *_on("ticket", _SET, set="state = 'TX', zip = '73301', priority = 'urgent'"),
        *_on("ticket", _SET, set="contract_id = gen_random_uuid()"),
        *_on("ticket_event", _DELETE),
        *_on("ticket_event", _SET, set=f"ticket_id = {_TICKET}, version = version + 1000"),
        *_on("ticket_event", _SET, set="at = at - interval '7 minutes'"),
        *_on("ticket_event", _COPY, fresh="'version', version + 500, 'to_status', 'resolved'"),
        *_on("assignment", _DELETE),
        *_on("assignment", _SET, set=f"ticket_id = {_TICKET}"),
        *_on("assignment", _SET, set="status = 'withdrawn', started_at = NULL, outcome = NULL"),
        *_on("assignment", _SET, set="outcome = 'follow_up', decided_at = NULL"),
        *_on("assignment_run", _COPY, fresh="'started_at', started_at - interval '1 day'"),
        *_on("assignment_run", _SET, set="started_at = started_at - interval '3 days'"),
        *_on("assignment_run", _DELETE),
        ("INSERT INTO assignment_decision (run_id, ticket_id, outcome, candidates, reason) "
        "SELECT run.id, ticket.id, 'unserved', 0, 'no_skill' FROM assignment_run AS run, ticket "
        "WHERE ticket.status = 'open' ON CONFLICT DO NOTHING"),
        f"DELETE FROM assignment_decision WHERE ticket_id = {_TICKET}",
        *_on("article_query", _DELETE),
        *_on("article_query", _SET, set="results = 0"),
        *_on("article_solution", _SET, set="query_id = (SELECT id FROM article_query LIMIT 1)"),
        *_on("article_solution", _DELETE),
        *_on("article_link", _DELETE),
    ],
    "customer": [
        *_on("ticket", _DELETE),
        *_on("ticket", _SET, set="status = 'cancelled', version = version + 1"),
        *_on("ticket", _SET, set="address_id = (SELECT id FROM address LIMIT 1)"),
        *_on("contract", _SET, set="ends_on = starts_on + 45, status = 'cancelled'"),
        *_on("contract", _SET, set="ends_on = NULL, status = 'active'"),
        *_on("contract", _SET, set="plan_code = 'plus-year'"),
        *_on("contract", _SET, set="account_id = (SELECT id FROM account LIMIT 1)"),
        *_on("contract", _COPY, fresh="'starts_on', starts_on + 60"),
        *_on("contract", _DELETE),
        *_on("address", _SET, set="state = 'FL', zip = '33101'"),
        *_on("address", _COPY, fresh="'created_at', created_at + interval '1 day'"),
        *_on("account", _COPY, fresh="'email', gen_random_uuid() || '@example.com'"),
        *_on("account", _DELETE),
        *_on("card", _SET, set="status = 'removed'"),
        *_on("card", _DELETE),
        "UPDATE notification_preference SET arrival_channel = 'sms' WHERE account_id = "
        + _any("account"),
        *_on("survey", _SET, set="score = 2, answered_at = sent_at + interval '1 hour'"),
        *_on("survey", _SET, set="ticket_version = ticket_version - 1"),
        *_on("survey", _SET, set=f"ticket_id = {_TICKET}, ticket_version = 77"),
        *_on("survey", _DELETE),
    ],
    "billing": [
        *_on("invoice", _SET, set="status = 'void', total_cents = 0"),
        *_on("invoice", _SET, set="contract_id = (SELECT contract_id FROM invoice LIMIT 1)"
             ", period_start = period_start - 400"),
        *_on("invoice", _DELETE),
        "UPDATE invoice_line SET amount_cents = amount_cents + 1 WHERE invoice_id = "
        + _any("invoice"),
        # Looks like a person's: it goes into quarantine, and comes back.
        "UPDATE invoice_line SET description = 'for jo@example.com' WHERE invoice_id = "
        + _any("invoice"),
        "UPDATE invoice_line SET description = 'plan' WHERE description LIKE 'for %%'",
        "DELETE FROM invoice_line WHERE invoice_id = " + _any("invoice"),
        *_on("payment", _SET, set="status = 'approved', decline_code = NULL"),
        *_on("payment", _SET, set="invoice_id = (SELECT id FROM invoice LIMIT 1), attempt = 99"),
        *_on("payment", _DELETE),
        *_on("refund", _SET, set="amount_cents = 1"),
        *_on("refund", _DELETE),
        *_on("chargeback", _SET, set="status = 'lost'"),
        *_on("ledger_entry", _SET, set="amount_cents = 5"),
        *_on("ledger_entry", _DELETE),
        *_on("credit_note", _DELETE),
        "INSERT INTO dunning (invoice_id, step, status, updated_at) SELECT id, 1, 'active', now() "
        "FROM invoice WHERE id = " + _any("invoice") + " ON CONFLICT DO NOTHING",
    ],
    "analytics": [
        ("DELETE FROM survey_choice WHERE survey_id = "
        "(SELECT survey_id FROM survey_response ORDER BY md5(survey_id || '{salt}') LIMIT 1)"),
        ("UPDATE survey_response SET score = 1, template_version = 3 WHERE survey_id = "
        "(SELECT survey_id FROM survey_response ORDER BY md5(survey_id || '{salt}') LIMIT 1)"),
        # Not in digits, which look like a card's number.
        ("INSERT INTO survey_choice SELECT survey_id, 'liked', "
        "translate('{salt}', '0123456789.', 'abcdefghijk') FROM survey_response "
        "ORDER BY md5(survey_id || '{salt}') LIMIT 2"),
    ],
}  # fmt: skip

WIDE = {
    "sysops": [
        (
            "UPDATE ticket_type SET device_type = CASE device_type WHEN 'laptop' THEN 'stereo' "
            "ELSE 'laptop' END WHERE code = 'laptop-repair'"
        ),
        (
            "INSERT INTO former_plan SELECT code, version, name, price_cents, currency, interval, "
            "sla_hours, device_types, active, now() FROM support_plan"
        ),
        "UPDATE support_plan SET price_cents = price_cents + 100, version = version + 1",
        "UPDATE support_plan SET interval = CASE interval WHEN 'year' THEN 'month' ELSE 'year' END",
        "TRUNCATE assignment_decision",
    ],
    # How far the sources have landed moves the present: to another month, and back.
    "analytics": ["UPDATE landing.watermark SET as_of = as_of + interval '40 days'"],
}
"""Changes of what every row of some mart depends on."""


@dataclass
class Turmoil:
    databases: Databases
    random: Random

    def begin(self) -> None:
        """Let rows go whatever refers to them, as a mirror may see it."""
        for source in SOURCES:
            self.databases.execute(source, _NO_FOREIGN_KEYS)

    def happen(self, times: int) -> None:
        """Some changes in the sources, some landings between, and all landed at the end."""
        for _ in range(times):
            database = self.random.choice(SOURCES)
            self._change(database, self.random.choice(CHANGES[database]))
            if self.random.random() < 0.2:
                self._land(database)
        self._land_all()
        for change in CHANGES["analytics"]:
            if self.random.random() < 0.5:
                self._change("analytics", change)

    def happen_everywhere(self) -> None:
        """Each kind of change once, also those that concern every row."""
        for changes in (CHANGES, WIDE):
            for database in SOURCES:
                for change in changes.get(database, ()):
                    self._change(database, change)
        self._land_all()
        for changes in (CHANGES, WIDE):
            for change in changes["analytics"]:
                self._change("analytics", change)

    def _land_all(self) -> None:
        for source in SOURCES:
            self._land(source)

    def _change(self, database: str, statement: str) -> None:
        # What the source itself does not allow does not happen.
        with suppress(psycopg.IntegrityError):
            salted = statement.replace("{salt}", str(self.random.random()))
            self.databases.execute(database, salted)

    def _land(self, source: str) -> None:
        mirror(
            source,
            self.databases.url(source, "replicator"),
            self.databases.url("analytics", "warehouse_loader"),
            full=self.random.random() < 0.1,
        )
