"""`squad dead-letters` on real queues: shown without payloads, replayed on demand."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from orchestration.local.cli import main
from orchestration.local.databases import admin_variable
from orchestration.local.dead_letters import PAIRS
from orchestration.local.secrets import SecretStore
from tests.databases import Databases, password_of
from tests.messaging import dead_letters, deliver, send
from tests.world import furnish, household

Squad = Callable[..., Result]


@pytest.fixture
def squad(databases: Databases, tmp_path: Path) -> Squad:
    """The command, on a platform whose databases are this test's."""
    store = SecretStore(tmp_path / "secrets")
    for pair in PAIRS.values():
        store.secret(f"role-{pair.role}", partial(password_of, pair.role))
    sources = {pair.source for pair in PAIRS.values()}
    environment = {admin_variable(name): databases.url(name) for name in sources}

    def run(*words: str) -> Result:
        return CliRunner().invoke(
            main,
            ["dead-letters", *words],
            env={**environment, "SQUAD_VAR": str(tmp_path), "SQUAD_PORT_OFFSET": "0"},
        )

    return run


async def hold(databases: Databases, status: str = "failed") -> UUID:
    """A ticket whose contract nobody knows: it has been tried as often as it will be."""
    ticket = household().ticket()
    await send(databases, ticket)
    databases.execute("customer", "UPDATE to_sysops.pgqueuer SET attempts = 11")
    if status == "failed":
        await deliver(databases, "customer", "sysops")
    return ticket.ticket_id


def told(result: Result) -> Any:
    return json.loads(result.stdout)


def test_without_dead_letters_all_is_well(squad: Squad) -> None:
    result = squad("list", "--json")
    assert (result.exit_code, told(result)) == (0, {"ok": True, "dead_letters": []})
    words = squad("list")
    assert (words.exit_code, words.stdout) == (0, "")
    assert "no dead letters" in words.stderr


async def test_a_dead_letter_is_listed_with_its_subject_and_its_error(
    squad: Squad, databases: Databases
) -> None:
    ticket_id = await hold(databases)
    result = await in_thread(squad, "list", "--json")
    (letter,) = told(result)["dead_letters"]
    assert (result.exit_code, told(result)["ok"]) == (1, False)
    assert letter["pair"] == "customer-sysops"
    assert letter["channel"] == "ticket_created"
    assert letter["subject"] == str(ticket_id)
    assert (letter["attempts"], letter["error"]) == (12, "NotYetKnown")


async def test_neither_form_of_the_list_tells_anything_of_a_payload(
    squad: Squad, databases: Databases
) -> None:
    await hold(databases)
    for words in (["list"], ["list", "--json"], ["list", "--pair", "customer-sysops"]):
        result = await in_thread(squad, *words)
        assert result.exit_code == 1
        assert "Ada" not in result.output
        assert "start" not in result.output


async def test_another_pairs_list_is_empty(squad: Squad, databases: Databases) -> None:
    await hold(databases)
    result = await in_thread(squad, "list", "--pair", "customer-billing", "--json")
    assert told(result)["dead_letters"] == []


async def test_a_replayed_message_has_its_effect_once_its_cause_is_mended(
    squad: Squad, databases: Databases
) -> None:
    furnish(databases)
    home = household()
    await send(databases, home.ticket())
    databases.execute("customer", "UPDATE to_sysops.pgqueuer SET attempts = 11")
    await deliver(databases, "customer", "sysops")
    await send(databases, home.entitlement())
    await deliver(databases, "customer", "sysops")
    (letter,) = told(await in_thread(squad, "list", "--json"))["dead_letters"]

    words = ("replay", "--pair", "customer-sysops", str(letter["id"]), "--json")
    result = await in_thread(squad, *words)

    assert result.exit_code == 0
    assert told(result) == {
        "ok": True,
        "replayed": {"customer-sysops": [letter["id"]]},
        "missing": [],
    }
    await deliver(databases, "customer", "sysops")
    assert databases.rows("sysops", "SELECT status FROM ticket") == [("open",)]
    assert dead_letters(databases, "customer", "sysops") == 0


async def test_all_dead_letters_are_replayed_at_once(squad: Squad, databases: Databases) -> None:
    await hold(databases)
    await hold(databases)
    result = await in_thread(squad, "replay", "--all")
    assert result.exit_code == 0
    assert "2 message(s) queued again" in result.stderr
    waiting = databases.rows("customer", "SELECT status::text, attempts FROM to_sysops.pgqueuer")
    assert waiting == [("queued", 0), ("queued", 0)]


async def test_an_id_that_is_no_dead_letter_is_told_and_nothing_is_taken_from_its_queue(
    squad: Squad, databases: Databases
) -> None:
    await hold(databases, status="queued")
    ((key,),) = databases.rows("customer", "SELECT id FROM to_sysops.pgqueuer")
    words = ("replay", "--pair", "customer-sysops", str(key), "--json")
    result = await in_thread(squad, *words)
    assert (result.exit_code, told(result)["missing"]) == (1, [key])
    rows = databases.rows("customer", "SELECT status::text, attempts FROM to_sysops.pgqueuer")
    assert rows == [("queued", 11)]


@pytest.mark.parametrize("words", [[], ["7"], ["7", "--all"], ["7", "--pair", "sun-moon"]])
def test_a_replay_that_is_not_clear_is_refused(squad: Squad, words: list[str]) -> None:
    assert squad("replay", *words).exit_code == 2


def test_a_queue_that_cannot_be_read_is_one_line_and_no_list(
    squad: Squad, databases: Databases
) -> None:
    databases.execute("billing", "DROP SCHEMA to_sysops CASCADE")
    result = squad("list", "--json")
    assert (result.exit_code, told(result)["ok"]) == (1, False)
    assert result.stderr.startswith("squad: The queue billing-sysops cannot be read")
    assert len(result.stderr.splitlines()) == 1


async def in_thread(squad: Squad, *words: str) -> Result:
    """The command has an event loop of its own."""
    return await asyncio.to_thread(squad, *words)
