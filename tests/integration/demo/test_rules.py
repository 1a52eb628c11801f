"""The demo world keeps every rule of the live system."""

import asyncio
from datetime import UTC, datetime

import pytest

from api.billing.vault.crypto import Encrypted
from api.customer.attachments.images import clean
from api.kernel.sign_in.passwords import password_matches
from orchestration.assignment.referee import verify as referee
from orchestration.card_scan.tables import Login, scan_database
from orchestration.local.demo.arrivals import FRESH
from orchestration.local.demo.cards import NUMBERS
from orchestration.local.demo.checks import verify
from orchestration.local.demo.logins import LOGINS, PASSWORD
from orchestration.local.demo.size import DemoSize
from orchestration.reconciliation.check import examine_all
from orchestration.reconciliation.promises import Database
from orchestration.reconciliation.reading import Reader
from tests.databases import Databases
from tests.integration.assignment.test_run import run
from tests.integration.demo.support import NOON, SMALL_WORLD, load_world, owners, vault_keys

# One worker loads the world that most of these only read.

TINY = DemoSize(customers=90, experts=8, months=3, seed=5)
MOMENTS = {
    "a Sunday night": datetime(2026, 11, 22, 7, 12, 3, 123_456, tzinfo=UTC),
    "a month that has just begun": datetime(2026, 3, 1, 5, 30, tzinfo=UTC),
    "the night before a month ends in New York": datetime(2026, 8, 1, 2, tzinfo=UTC),
    "the day after clocks changed": datetime(2026, 3, 9, 19, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 22, tzinfo=UTC),
    "the middle of reminders": datetime(2026, 6, 9, 14, tzinfo=UTC),
}


def broken(databases: Databases, now: datetime = NOON) -> dict[str, int]:
    return {rule: count for rule, count in verify(owners(databases), now).items() if count}


def test_no_rule_is_broken(world: Databases) -> None:
    assert broken(world) == {}


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_rule_is_broken_whenever_it_is(databases: Databases, moment: str) -> None:
    load_world(databases, TINY, MOMENTS[moment])
    assert broken(databases, MOMENTS[moment]) == {}


def test_no_rule_is_broken_in_the_world_of_squad_up(databases: Databases) -> None:
    counts = load_world(databases, DemoSize()).counts
    assert broken(databases) == {}
    assert 28_000 < counts["sysops"]["ticket"] < 33_000
    assert counts["customer"]["account"] == 5_000
    by_hand = "SELECT pinned, count(*) > 20 FROM assignment WHERE source = 'manual' GROUP BY 1"
    assert sorted(databases.rows("sysops", by_hand)) == [(False, True), (True, True)]


def test_a_broken_rule_is_found(databases: Databases) -> None:
    """The examination is examined: one wrong row for each of some rules."""
    load_world(databases, TINY)
    wrong = {
        "sysops": "UPDATE ticket SET version = version + 1 WHERE number = 100001",
        "billing": "UPDATE invoice SET tax_cents = tax_cents + 1, total_cents = total_cents + 1"
        " WHERE number = 1",
        "customer": "WITH attempts AS (DELETE FROM notification_attempt)"
        " DELETE FROM notification WHERE kind IN ('survey_invitation', 'survey_reminder')",
        "analytics": "TRUNCATE survey_response, survey_choice",
    }
    for database, statement in wrong.items():
        databases.execute(database, statement)
    found = set(broken(databases))
    assert found >= {
        "sysops: a ticket is what its last event made of it",
        "customer and sysops: tickets are the same on both sides",
        "billing: lines sum to the invoice",
        "billing: tax is the state's",
        "billing: row hashes are those of the rows",
        "customer and billing: statements are billing's invoices",
        "customer: customers are told what cannot wait, once, the way they prefer",
        "customer: who does not answer in five days is reminded once",
        "customer and analytics: every answer reached analytics",
        "customer and analytics: every choice reached analytics",
    }


async def test_the_referee_of_assignments_finds_no_wrong_expert(world: Databases) -> None:
    async with world.sessions("sysops", "assigner") as sessions, sessions() as session:
        assert {rule: count for rule, count in (await referee(session)).items() if count} == {}


async def test_nothing_is_lost_between_the_databases(world: Databases) -> None:
    names: tuple[Database, ...] = ("customer", "sysops", "billing")
    urls = {name: world.url(name, "reconciler") for name in names}
    async with Reader.open(urls) as reader:
        findings = await examine_all(reader, NOON, everything=True)
    assert {name: finding.gaps for name, finding in findings.items() if not finding.kept} == {}
    assert sum(finding.checked for finding in findings.values()) > 1_000


async def test_the_assignment_job_serves_the_tickets_that_wait(databases: Databases) -> None:
    await asyncio.to_thread(load_world, databases, SMALL_WORLD)
    outcome = await run(databases, NOON)
    assert outcome.assigned >= FRESH


async def test_everybody_who_is_documented_can_sign_in(world: Databases) -> None:
    hashes = dict(
        world.rows("sysops", "SELECT email, password_hash FROM staff")
        + world.rows("customer", "SELECT email, password_hash FROM account")
    )
    for login in LOGINS:
        assert await password_matches(PASSWORD, hashes[login.email])


def test_ada_is_covered_and_sam_is_suspended(world: Databases) -> None:
    contracts = world.rows(
        "customer",
        "SELECT a.email, c.plan_code, c.status, c.standing FROM account a"
        " JOIN contract c ON c.account_id = a.id"
        " WHERE a.email IN ('ada@example.com', 'sam@example.com') ORDER BY c.created_at",
    )
    assert ("ada@example.com", "premium-month", "active", "good") in contracts
    assert ("sam@example.com", "basic-month", "active", "suspended") in contracts


def test_ada_has_shown_what_is_broken_and_finds_articles_that_are_for_her(
    world: Databases,
) -> None:
    photos = world.rows(
        "customer",
        "SELECT content FROM attachment_content JOIN attachment a ON a.id = attachment_id"
        " JOIN account ON account.id = account_id WHERE email = 'ada@example.com'",
    )
    assert photos
    assert clean(photos[0][0]).media_type == "image/png"
    for_customers = world.rows(
        "sysops", "SELECT count(*) FROM article_index WHERE facets @> '{for:customers}'"
    )
    assert for_customers == [(3,)]


def test_the_cards_of_the_vault_open_to_test_numbers(world: Databases) -> None:
    keys = vault_keys(world)
    rows = world.rows(
        "billing", "SELECT customer_id, card_id, key_version, nonce, ciphertext FROM vault_card"
    )
    opened = {
        keys.version(version)
        .decrypt(Encrypted(version, bytes(nonce), bytes(text)), customer, card)
        .reveal()
        for customer, card, version, nonce, text in rows
    }
    assert len(rows) == SMALL_WORLD.customers
    assert opened <= set(NUMBERS)


@pytest.mark.parametrize("name", ["customer", "sysops", "billing"])
def test_no_card_number_can_be_read_anywhere_in_the_demo_world(world: Databases, name: str) -> None:
    done = scan_database(name, [Login(world.url(name, f"{name}_scanner"))])
    assert (done.findings, done.closed) == ([], [])
