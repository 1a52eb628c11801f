"""The three sources and the warehouse of one test: rows go in here and come out there."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql

from orchestration.replication.landing import Landed
from orchestration.replication.mirror import Mirrored, mirror
from tests.databases import Databases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

ACCOUNT: Mapping[str, Any] = {
    "full_name": "Ada Brown",
    "phone": "+12125550123",
    "created_at": NOON,
    "updated_at": NOON,
}


class Sources:
    def __init__(self, databases: Databases) -> None:
        self.databases = databases

    def insert(self, database: str, table: str, **values: Any) -> None:
        """Insert one row as the superuser."""
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        )
        with self.databases.connect(database) as connection:
            connection.execute(statement, list(values.values()))

    def account(self, number: int = 1) -> UUID:
        """A new customer."""
        identity = uuid4()
        self.insert("customer", "account", id=identity, email=f"{number}@example.com", **ACCOUNT)
        return identity

    def expert(self) -> UUID:
        """A new expert, with the staff account."""
        identity = uuid4()
        self.insert(
            "sysops", "staff", id=identity, email="e@example.com", full_name="E",
            phone="+12125550100", roles=["expert"], created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        self.insert(
            "sysops", "expert", id=identity, zip="10001", state="NY", latitude=40.7,
            longitude=-74.0, time_zone="America/New_York", radius_km=50, updated_at=NOON,
        )  # fmt: skip
        return identity

    def plan(self, code: str, name: str) -> None:
        """A new plan in billing."""
        self.insert(
            "billing", "plan", code=code, version=1, name=name, price_cents=1999,
            currency="USD", interval="month", active=True,
        )  # fmt: skip

    def mirror(self, source: str = "customer") -> Mirrored:
        return mirror(
            source,
            self.databases.url(source, "replicator"),
            self.databases.url("analytics", "warehouse_loader"),
        )

    def landed(self, table: str, source: str = "customer") -> Landed:
        """Mirror the source, and what that did to one table."""
        return next(done for done in self.mirror(source).tables if done.table == table)

    def raw(self, columns: str, table: str) -> list[tuple[Any, ...]]:
        return self.databases.rows(
            "analytics", f"SELECT {columns} FROM raw.{table} ORDER BY {columns}"
        )

    def raw_quarantine(self) -> list[tuple[Any, ...]]:
        return self.databases.rows(
            "analytics", "SELECT table_name, key, looks_like FROM landing.quarantine"
        )
