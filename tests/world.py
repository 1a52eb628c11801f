"""A small sysops world for tests: one plan, one kind of work, an expert, a customer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from api.messages import (
    CustomerChanged,
    EntitlementChanged,
    ServiceAddress,
    TicketCreated,
    Window,
)
from tests.databases import Databases

AUSTIN = ServiceAddress(
    line1="1 Congress Ave",
    city="Austin",
    state="TX",
    zip="78701",
    latitude=30.2713,
    longitude=-97.7426,
    time_zone="America/Chicago",
)
CATALOGUE = """
INSERT INTO skill VALUES ('laptop', 'Laptop repair'), ('tv', 'Television repair');
INSERT INTO device_type VALUES ('laptop', 'Laptop'), ('tv', 'Television');
INSERT INTO ticket_type (code, name, device_type, duration_minutes)
VALUES ('laptop-repair', 'Laptop repair', 'laptop', 90), ('tv-repair', 'TV repair', 'tv', 60);
INSERT INTO required_skill VALUES ('laptop-repair', 'laptop', 2), ('tv-repair', 'tv', 2);
INSERT INTO support_plan (code, name, price_cents, interval, sla_hours, device_types)
VALUES ('basic', 'Basic', 1500, 'month', 48, '{laptop}');
"""


@dataclass(frozen=True)
class Household:
    """A customer with a contract."""

    customer_id: UUID
    contract_id: UUID

    def directory(self, version: int = 1) -> CustomerChanged:
        return CustomerChanged(
            customer_id=self.customer_id,
            version=version,
            full_name="Ada Example",
            email="ada@example.com",
            phone="+12125550123",
            addresses=[AUSTIN],
        )

    def entitlement(self, version: int = 1) -> EntitlementChanged:
        return EntitlementChanged(
            contract_id=self.contract_id,
            customer_id=self.customer_id,
            plan_code="basic",
            status="active",
            version=version,
        )

    def ticket(self, *windows: Window) -> TicketCreated:
        return TicketCreated(
            ticket_id=uuid4(),
            customer_id=self.customer_id,
            contract_id=self.contract_id,
            contact_name="Ada Example",
            contact_phone="+12125550123",
            address=AUSTIN,
            ticket_type="laptop-repair",
            description="It does not start.",
            priority="normal",
            preferred_windows=list(windows),
            submitted_at=datetime.now(UTC),
        )


def household() -> Household:
    return Household(uuid4(), uuid4())


def furnish(databases: Databases) -> None:
    """Put the catalogue into the sysops database."""
    databases.execute("sysops", CATALOGUE)


def add_expert(
    databases: Databases,
    name: str = "eve",
    *,
    skill: str = "laptop",
    level: int = 3,
    latitude: float = 30.30,
    longitude: float = -97.74,
    radius_km: int = 60,
) -> UUID:
    """An expert in Austin who works every day, 8 to 17 local time."""
    expert_id = uuid4()
    databases.execute(
        "sysops",
        "INSERT INTO staff (id, email, full_name, phone, roles, created_at, updated_at)"
        " VALUES (%s, %s, %s, '+12125550142', '{expert}', now(), now())",
        expert_id,
        f"{name}@squad.example",
        name.title(),
    )
    databases.execute(
        "sysops",
        "INSERT INTO expert (id, zip, state, latitude, longitude, time_zone, radius_km, updated_at)"
        " VALUES (%s, '78701', 'TX', %s, %s, 'America/Chicago', %s, now())",
        expert_id,
        latitude,
        longitude,
        radius_km,
    )
    databases.execute(
        "sysops",
        "INSERT INTO expert_skill VALUES (%s, %s, %s, current_date + 365)",
        expert_id,
        skill,
        level,
    )
    databases.execute(
        "sysops",
        "INSERT INTO shift SELECT %s, weekday, '08:00', '17:00' FROM generate_series(1, 7) weekday",
        expert_id,
    )
    return expert_id


def tomorrow_at(hour_utc: int) -> datetime:
    day = datetime.now(UTC) + timedelta(days=1)
    return day.replace(hour=hour_utc, minute=0, second=0, microsecond=0)
