"""`squad notifications` on real databases: what reached nobody is counted, and sent again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from orchestration.local.cli import main
from orchestration.local.databases import admin_variable
from orchestration.local.failed_notifications import QUANTA
from orchestration.local.sandbox.server import serving
from orchestration.local.sandbox.settings import SandboxSettings
from orchestration.local.secrets import SecretStore
from tests.api.customer.conftest import SURVEY_KEY
from tests.api.customer.world import Household, add_household
from tests.api.customer.world import furnish as furnish_customers
from tests.databases import Databases, password_of
from tests.integration.customer.test_notifications import log, received, tell
from tests.messaging import deliver
from tests.outside import lead_to

Squad = Callable[..., Result]


@pytest.fixture
def home(databases: Databases) -> Household:
    furnish_customers(databases)
    databases.url("sysops")
    return add_household(databases)


@pytest.fixture
async def sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    settings = SandboxSettings(
        sandbox_port=0, sandbox_smtp_port=0, sandbox_data=tmp_path / "sandbox.sqlite3"
    )
    async with serving(settings) as running:
        lead_to(running, monkeypatch, SURVEY_KEY=SURVEY_KEY)
        async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
            yield client


@pytest.fixture
def squad(databases: Databases, tmp_path: Path) -> Squad:
    """The command, on a platform whose databases are this test's."""
    store = SecretStore(tmp_path / "secrets")
    for quantum in QUANTA:
        role = f"{quantum}_repairer"
        store.secret(f"role-{role}", partial(password_of, role))
    environment = {admin_variable(name): databases.url(name) for name in QUANTA}

    def run(*words: str) -> Result:
        return CliRunner().invoke(
            main,
            ["notifications", *words],
            env={**environment, "SQUAD_VAR": str(tmp_path), "SQUAD_PORT_OFFSET": "0"},
        )

    return run


async def say(squad: Squad, *words: str) -> tuple[int, Any]:
    result = await asyncio.to_thread(squad, *words, "--json")
    return result.exit_code, json.loads(result.stdout)


async def test_what_failed_is_counted_by_its_code_and_resent_once_its_cause_is_mended(
    squad: Squad, databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    assert await say(squad, "failed") == (0, {"ok": True, "failed": []})
    databases.execute("customer", "UPDATE account SET email = 'no-such-user@example.com'")
    await tell(databases, home, "invoice_paid", "email")
    await tell(databases, home, "reset_password", "email", mailed_token_id=str(home.ticket_id))
    await deliver(databases, "customer", "customer")
    status, told = await say(squad, "failed")
    assert (status, told["ok"]) == (1, False)
    assert sorted((it["kind"], it["code"]) for it in told["failed"]) == [
        ("invoice_paid", "550"),
        ("reset_password", "550"),
    ]
    assert "no-such-user" not in str(told)
    assert (await say(squad, "failed", "--code", "421"))[1]["failed"] == []
    table = await asyncio.to_thread(squad, "failed")
    assert "invoice_paid" in table.output

    databases.execute("customer", "UPDATE account SET email = 'ada@example.com'")
    # By now one of them is good for nothing.
    databases.execute(
        "customer",
        "UPDATE notification SET created_at = now() - interval '2 hours'"
        " WHERE kind = 'reset_password'",
    )
    assert await say(squad, "resend", "--code", "550") == (
        0,
        {"ok": True, "queued": {"customer": 2, "sysops": 0}},
    )
    await deliver(databases, "customer", "customer")
    assert [row[0] for row in log(databases)] == ["sent", "overtaken"]
    assert [it["subject"] for it in await received(sandbox)] == [
        "Receipt for invoice 2026-02-000017"
    ]
    rounds = databases.rows(
        "customer",
        "SELECT round, outcome FROM notification_attempt a"
        " WHERE notification_id IN (SELECT id FROM notification WHERE kind = 'invoice_paid')"
        " ORDER BY id",
    )
    assert rounds == [(1, "failed"), (2, "taken")]
    assert await say(squad, "resend") == (0, {"ok": True, "queued": {"customer": 0, "sysops": 0}})


def test_a_database_that_is_away_is_told_with_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main,
        ["notifications", "failed", "--json"],
        env={
            **{admin_variable(name): "postgresql://nobody@127.0.0.1:1/none" for name in QUANTA},
            "SQUAD_VAR": str(tmp_path),
        },
    )
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False
