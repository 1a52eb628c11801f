"""A small business in motion: rows for the three sources that agree with one another.

Lives of tickets are walked through the real statuses by a seeded draw, so that every mart has
something of each kind: rejections, unfinished visits, reopened tickets, unpaid invoices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from psycopg import sql

from tests.databases import Databases
from tests.warehouse.lives import Life, live
from tests.warehouse.money import bills
from tests.warehouse.reading import articles

Row = dict[str, Any]
PLACES = (
    ("NY", "10001", "America/New_York"),
    ("IL", "60602", "America/Chicago"),
    ("CA", "90012", "America/Los_Angeles"),
)
PLANS = (("basic-month", 1499, "month", 120), ("plus-year", 26500, "year", 48))


@dataclass
class World:
    """Rows by database and table; `now` is the moment at which the business is seen."""

    customers: int
    tickets: int
    seed: int = 1
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.rows: dict[tuple[str, str], list[Row]] = {}

    def uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def add(self, database: str, table: str, **row: Any) -> Row:
        self.rows.setdefault((database, table), []).append(row)
        return row

    def build(self) -> "World":
        self._catalogue()
        experts = [self._expert(number) for number in range(max(3, self.customers // 25))]
        accounts = [self._customer(number) for number in range(self.customers)]
        run = self._run()
        for _ in range(self.tickets):
            contract = self.random.choice(accounts)
            self._ticket(live(self, contract, experts, run))
        bills(self, accounts)
        articles(self, experts[0])
        return self

    def load(self, databases: Databases) -> None:
        """COPY every row into its source, in the order in which they refer to one another."""
        for (database, table), rows in self.rows.items():
            with databases.connect(database) as connection, connection.transaction():
                columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
                statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
                    sql.Identifier(table), columns
                )
                with connection.cursor().copy(statement) as copy:
                    for row in rows:
                        copy.write_row(list(row.values()))

    def _catalogue(self) -> None:
        self.add("sysops", "skill", code="computers", name="Computers")
        self.add("sysops", "skill", code="audio", name="Audio equipment")
        for code, name in (("laptop", "Laptop"), ("stereo", "Stereo")):
            self.add("sysops", "device_type", code=code, name=name)
            self.add(
                "sysops", "ticket_type", code=f"{code}-repair", name=f"{name} repair",
                device_type=code, duration_minutes=60,
            )  # fmt: skip
        for code, price, interval, hours in PLANS:
            plan = {
                "code": code, "version": 2, "name": code.title(), "price_cents": price,
                "currency": "USD", "interval": interval, "active": True,
            }  # fmt: skip
            self.add("billing", "plan", **plan)
            for database in ("sysops", "customer"):
                self.add(database, "support_plan", **plan, sla_hours=hours, device_types=["laptop"])
            former = plan | {"version": 1, "price_cents": price - 100, "sla_hours": hours + 24}
            self.add(
                "sysops", "former_plan", **former, device_types=["laptop"],
                until=self.now - timedelta(days=200),
            )  # fmt: skip
        for code, name in (("laptop", "Laptop"), ("stereo", "Stereo")):
            self.add(
                "customer", "ticket_type", code=f"{code}-repair", version=1,
                name=f"{name} repair", device_type=code, device_name=name, active=True,
            )  # fmt: skip

    def _expert(self, number: int) -> UUID:
        identity = self.uuid()
        state, code, zone = PLACES[number % len(PLACES)]
        begun = self.now - timedelta(days=900)
        self.add(
            "sysops", "staff", id=identity, email=f"expert{number}@squad.example",
            full_name=f"Expert {number}", phone="+12125550100", roles=["expert"],
            created_at=begun, updated_at=begun,
        )  # fmt: skip
        self.add(
            "sysops", "expert", id=identity, zip=code, state=state, latitude=40.0,
            longitude=-80.0, time_zone=zone, radius_km=60, updated_at=begun,
        )  # fmt: skip
        for skill in ("computers", "audio")[: 1 + number % 2]:
            self.add(
                "sysops", "expert_skill", expert_id=identity, skill=skill, level=4,
                certified_until=date(2099, 1, 1),
            )  # fmt: skip
        self.add(
            "sysops", "shift", expert_id=identity, weekday=1 + number % 5, starts_at=time(8),
            ends_at=time(17),
        )  # fmt: skip
        return identity

    def _customer(self, number: int) -> Row:
        identity, address = self.uuid(), self.uuid()
        created = self.now - timedelta(days=self.random.randint(40, 700))
        state, code, zone = self.random.choice(PLACES)
        self.add(
            "customer", "account", id=identity, email=f"customer{number}@example.com",
            full_name=f"Customer {number}", phone="+12125550123", created_at=created,
            updated_at=created,
        )  # fmt: skip
        self.add(
            "customer", "address", id=address, account_id=identity, line1="1 Main St", city="X",
            state=state, zip=code, latitude=40.0, longitude=-80.0, time_zone=zone,
            created_at=created,
        )  # fmt: skip
        if number % 3:
            self.add(
                "customer", "notification_preference", account_id=identity,
                arrival_channel="email",
            )  # fmt: skip
            self.add(
                "customer", "card", id=self.uuid(), account_id=identity, brand="visa",
                last4="1111", exp_month=12, exp_year=2030, status="stored", created_at=created,
                updated_at=created,
            )  # fmt: skip
        return self._contract(identity, address, created, (state, code, zone))

    def _contract(
        self, customer: UUID, address: UUID, created: datetime, place: tuple[str, str, str]
    ) -> Row:
        plan, price, interval, hours = self.random.choice(PLANS)
        starts = created.date()
        ends = starts + timedelta(days=200) if self.random.random() < 0.2 else None
        over = ends is not None and ends < self.now.date()
        contract = self.add(
            "customer", "contract", id=self.uuid(), account_id=customer, address_id=address,
            plan_code=plan, status="cancelled" if over else "active", starts_on=starts,
            ends_on=ends if over else None, created_at=created, updated_at=created,
        )  # fmt: skip
        self.add(
            "billing", "contract", id=contract["id"], customer_id=customer, plan_code=plan,
            status=contract["status"], version=1, state=place[0], zip=place[1],
            starts_on=starts, ends_on=contract["ends_on"], updated_at=created,
        )  # fmt: skip
        return contract | {"place": place, "price": price, "interval": interval, "hours": hours}

    def _run(self) -> UUID:
        run = self.add(
            "sysops", "assignment_run", id=self.uuid(), started_at=self.now, as_of=self.now,
            finished_at=self.now + timedelta(seconds=2), status="finished", policy="1",
        )  # fmt: skip
        identity: UUID = run["id"]
        return identity

    def _ticket(self, life: Life) -> None:
        for database, table, rows in life.rows():
            for row in rows:
                self.add(database, table, **row)


def values(rows: Iterable[Sequence[Any]]) -> list[Any]:
    """The single column of a result."""
    return [row[0] for row in rows]
