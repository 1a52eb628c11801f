"""A small customer world for tests: two plans, a few kinds of trouble, customers in Austin."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from tests.databases import Databases

CATALOGUE = """
INSERT INTO support_plan
    (code, version, name, price_cents, currency, interval, sla_hours, device_types, active)
VALUES
    ('plus', 1, 'Plus', 2499, 'USD', 'month', 96, '{laptop,tv}', true),
    ('basic', 1, 'Basic', 1499, 'USD', 'month', 120, '{laptop}', true),
    ('gone', 3, 'Gone', 999, 'USD', 'month', 120, '{laptop}', false);
INSERT INTO ticket_type (code, version, name, device_type, device_name, active)
VALUES
    ('tv-picture', 1, 'No picture', 'tv', 'Television', true),
    ('laptop-repair', 1, 'Laptop does not start', 'laptop', 'Laptop', true),
    ('stereo-sound', 1, 'No sound', 'stereo', 'Stereo', true),
    ('fax', 2, 'Fax', 'laptop', 'Laptop', false);
"""

SETTLE = """
WITH new AS (
    INSERT INTO account (email, full_name, phone, created_at, updated_at)
    VALUES (%s, 'Ada Example', '+15125550123', now(), now()) RETURNING id
), preference AS (
    INSERT INTO notification_preference SELECT id, 'sms' FROM new
), home AS (
    INSERT INTO address (account_id, line1, city, state, zip, latitude, longitude, time_zone,
                         created_at)
    SELECT id, '1 Congress Ave', 'Austin', 'TX', '78701', 30.27, -97.74, 'America/Chicago', now()
    FROM new
)
SELECT id FROM new
"""


@dataclass(frozen=True)
class Household:
    """A customer with an address, a contract on `plus`, and a submitted ticket."""

    account_id: UUID
    address_id: UUID
    contract_id: UUID
    ticket_id: UUID


def furnish(databases: Databases) -> None:
    """Put the catalogue into the customer database."""
    databases.execute("customer", CATALOGUE)


def add_account(databases: Databases, email: str) -> UUID:
    """A customer in Austin who wants to be told by SMS."""
    return UUID(str(databases.rows("customer", SETTLE, email)[0][0]))


def add_household(databases: Databases, email: str = "ada@example.com") -> Household:
    """A customer whose television shows no picture; no message is sent."""
    account_id = add_account(databases, email)
    address_id = databases.rows(
        "customer", "SELECT id FROM address WHERE account_id = %s", account_id
    )[0][0]
    contract_id, ticket_id = uuid4(), uuid4()
    databases.execute(
        "customer",
        "INSERT INTO contract (id, account_id, address_id, plan_code, status, starts_on,"
        " created_at, updated_at)"
        " VALUES (%s, %s, %s, 'plus', 'active', '2026-01-01', now(), now())",
        contract_id,
        account_id,
        address_id,
    )
    databases.execute(
        "customer",
        "INSERT INTO ticket (id, account_id, contract_id, address_id, ticket_type, description,"
        " priority, channel, status, version, preferred_windows, submitted_at, updated_at)"
        " VALUES (%s, %s, %s, %s, 'tv-picture', 'No picture.', 'normal', 'web', 'submitted', 0,"
        " '[]', now(), now())",
        ticket_id,
        account_id,
        contract_id,
        address_id,
    )
    return Household(account_id, address_id, contract_id, ticket_id)
