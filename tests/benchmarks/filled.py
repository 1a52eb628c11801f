"""A sysops database with a made-up country in it, as the snapshot of a run finds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import polars as pl
import psycopg
from psycopg.types.json import Jsonb

from api.sysops.assignment.policy import Policy
from orchestration.assignment.snapshot import Snapshot
from orchestration.local.postgres import throw_away_postgres
from tests.databases import Databases, Templates


@contextmanager
def filled(snapshot: Snapshot, policy: Policy) -> Iterator[Databases]:
    """A server of its own, gone afterwards; it syncs to disk, as one in use does."""
    with throw_away_postgres({"fsync": "on", "synchronous_commit": "on"}) as server:
        templates = Templates(server)
        databases = Databases(templates)
        with databases.connect("sysops") as connection, connection.transaction():
            _fill(connection, snapshot)
            _use(connection, policy)
        with databases.connect("sysops") as connection:
            connection.execute("VACUUM ANALYZE")
        yield databases
        databases.drop()
        templates.close()


def _fill(connection: psycopg.Connection[Any], snapshot: Snapshot) -> None:
    contract, customer, now = uuid4(), uuid4(), snapshot.as_of
    people = snapshot.experts["id"].to_list()
    _copy(connection, "device_type (code, name)", [("thing", "Thing")])
    skills = sorted(snapshot.required["skill"].unique())
    _copy(connection, "skill (code, name)", [(it, it) for it in skills])
    _copy_types(connection, snapshot)
    _copy(
        connection,
        "staff (id, email, phone, full_name, roles, active, created_at, updated_at)",
        [
            (it, f"{it}@squad.example", "+12025550100", "An Expert", ["expert"], True, now, now)
            for it in people
        ],
    )
    _copy(
        connection,
        "expert (id, zip, state, latitude, longitude, time_zone, radius_km, most_visits_a_day,"
        " updated_at)",
        [
            (it["id"], "00000", "XX", it["latitude"], it["longitude"], it["time_zone"],
             it["radius_km"], it["most_visits_a_day"], now)
            for it in snapshot.experts.iter_rows(named=True)
        ],
    )  # fmt: skip
    _copy(connection, "expert_skill (expert_id, skill, level, certified_until)", snapshot.skills)
    shifts = [
        (who, day, f"{starts // 60:02}:{starts % 60:02}", f"{ends // 60:02}:{ends % 60:02}")
        for who, day, starts, ends in snapshot.shifts.iter_rows()
    ]
    _copy(connection, "shift (expert_id, weekday, starts_at, ends_at)", shifts)
    absences = [
        (who, f"[{since.isoformat()},{until.isoformat()})", "away")
        for who, since, until in snapshot.absences.iter_rows()
    ]
    _copy(connection, "time_off (expert_id, during, reason)", absences)
    _copy(
        connection,
        "entitlement (contract_id, customer_id, plan_code, status, version, standing)",
        [(contract, customer, "plan", "active", 1, "good")],
    )
    _copy_tickets(connection, snapshot, contract, customer)


def _use(connection: psycopg.Connection[Any], policy: Policy) -> None:
    connection.execute(
        "WITH kept AS (INSERT INTO assignment_policy (name, version, settings, note, created_at)"
        " VALUES ('bench', 1, %s, 'Of this size', now()) RETURNING id)"
        " INSERT INTO assignment_policy_use (policy_id, since) SELECT id, now() FROM kept",
        (Jsonb(msgspec.to_builtins(policy)),),
    )


def _copy_types(connection: psycopg.Connection[Any], snapshot: Snapshot) -> None:
    minutes = dict(
        snapshot.tickets.group_by("ticket_type").agg(pl.col("work_minutes").max()).iter_rows()
    )
    _copy(
        connection,
        "ticket_type (code, name, device_type, duration_minutes, active, version)",
        [
            (code, code, "thing", minutes.get(code, 60), True, 1)
            for code in sorted(snapshot.required["ticket_type"].unique())
        ],
    )
    _copy(connection, "required_skill (ticket_type, skill, level)", snapshot.required)


def _copy_tickets(
    connection: psycopg.Connection[Any], snapshot: Snapshot, contract: UUID, customer: UUID
) -> None:
    wishes: dict[str, list[str]] = {}
    for ticket, since, until in snapshot.preferred.iter_rows():
        one = f'{{"start": "{since.isoformat()}", "end": "{until.isoformat()}"}}'
        wishes.setdefault(ticket, []).append(one)
    rows = [
        (it["id"], customer, contract, "N", "+12025550100", "1 Main Street", "Town", "XX", "00000",
         it["latitude"], it["longitude"], "UTC", it["ticket_type"], "Broken", it["priority"],
         "web", "open", it["version"], f"[{','.join(wishes.get(it['id'], []))}]",
         snapshot.as_of - timedelta(hours=2), it["due"], snapshot.as_of)
        for it in snapshot.tickets.iter_rows(named=True)
    ]  # fmt: skip
    _copy(
        connection,
        "ticket (id, customer_id, contract_id, contact_name, contact_phone, line1, city, state,"
        " zip, latitude, longitude, time_zone, ticket_type, description, priority, channel,"
        " status, version, preferred_windows, submitted_at, sla_due_at, updated_at)",
        rows,
    )


def _copy(connection: psycopg.Connection[Any], into: str, rows: Any) -> None:
    given = rows.iter_rows() if isinstance(rows, pl.DataFrame) else rows
    with connection.cursor().copy(f"COPY {into} FROM STDIN".encode()) as copy:
        for row in given:
            copy.write_row(row)
