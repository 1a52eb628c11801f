"""A run solved again from the input that it kept, by `squad replay`: to the byte, or it is told."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result

from orchestration.local.cli import main
from orchestration.local.databases import admin_variable
from orchestration.local.operating import ROLE
from orchestration.local.secrets import SecretStore
from tests.databases import Databases, password_of
from tests.integration.assignment.kept import Kinds, run_and_keep, tickets_of_all_kinds

Squad = Callable[..., Result]


@pytest.fixture
def squad(databases: Databases, tmp_path: Path) -> Squad:
    """The command, on a platform whose sysops database is this test's."""
    SecretStore(tmp_path / "secrets").secret(f"role-{ROLE}", partial(password_of, ROLE))
    environment = {
        admin_variable("sysops"): databases.url("sysops"),
        "SQUAD_VAR": str(tmp_path),
        "SQUAD_PORT_OFFSET": "0",
    }
    return lambda *words: CliRunner().invoke(main, words, env=environment)


@pytest.fixture
async def kinds(databases: Databases) -> Kinds:
    return await tickets_of_all_kinds(databases)


@pytest.fixture
async def run_id(databases: Databases, kinds: Kinds, tmp_path: Path) -> str:
    """A run on them, whose input is where a platform keeps it."""
    del kinds
    outcome = await run_and_keep(databases, tmp_path / "evidence")
    assert (outcome.assigned, outcome.unserved, outcome.not_entitled) == (2, 2, 1)
    return str(outcome.run_id)


def test_every_decision_comes_out_again_to_the_byte(squad: Squad, run_id: str) -> None:
    again = squad("replay", run_id, "--json")
    found = json.loads(again.stdout)
    assert (again.exit_code, found["ok"], found["tickets"], found["proven"]) == (0, True, 4, True)
    assert found["replayed_hash"] == found["decisions_hash"]
    assert found["policy"] == "balanced/1"
    said = squad("replay", run_id)
    assert said.exit_code == 0
    assert said.stdout.startswith(f"The same to the byte: 4 decision(s) of run {run_id} of ")


def test_a_run_goes_by_its_own_policy_whatever_is_in_use_now(squad: Squad, run_id: str) -> None:
    assert squad("policy", "use", "least-travel").exit_code == 0
    assert squad("replay", run_id).exit_code == 0


def test_each_ticket_that_differs_is_told_and_the_exit_status_is_one(
    squad: Squad, databases: Databases, run_id: str, kinds: Kinds
) -> None:
    databases.execute(
        "sysops",
        "UPDATE assignment_decision SET cost = cost + 1 WHERE ticket_id = %s",
        kinds.urgent,
    )
    tampered = squad("replay", run_id)
    assert tampered.exit_code == 1
    assert f"ticket {kinds.urgent}: cost was " in tampered.stdout
    assert "its decisions were changed in the database" in tampered.stdout

    databases.execute("sysops", "UPDATE assignment_run SET decisions_hash = 'other'")
    databases.execute(
        "sysops", "DELETE FROM assignment_decision WHERE ticket_id = %s", kinds.served
    )
    found = json.loads(squad("replay", run_id, "--json").stdout)
    assert found["ok"] is False
    assert {(it["ticket_id"], it["before"] is None) for it in found["differences"]} == {
        (str(kinds.urgent), False),
        (str(kinds.served), True),
    }
    assert "Another release" in squad("replay", run_id).stdout


@pytest.mark.parametrize("part", ["runs/*.json", "tables/*.parquet"])
def test_an_input_that_was_changed_or_is_gone_is_refused(
    squad: Squad, run_id: str, tmp_path: Path, part: str
) -> None:
    file = next((tmp_path / "evidence").glob(part))
    file.write_bytes(file.read_bytes() + b" ")
    changed = squad("replay", run_id, "--json")
    assert changed.exit_code == 1
    assert json.loads(changed.stdout)["ok"] is False
    assert "was changed since the run" in changed.stderr
    file.unlink()
    gone = squad("replay", run_id)
    assert gone.exit_code == 1
    assert "Inputs are kept for 14 days" in " ".join(gone.stderr.split())
    assert "squad explain TICKET --run RUN" in gone.stderr


def test_what_kept_no_input_is_said_so(squad: Squad, databases: Databases) -> None:
    unknown = squad("replay", str(uuid4()))
    assert (unknown.exit_code, "There is no assignment run" in unknown.stderr) == (1, True)
    ((old,),) = databases.rows(
        "sysops",
        "INSERT INTO assignment_run (started_at, as_of, status, policy)"
        " VALUES (now(), now(), 'finished', 'balanced/1') RETURNING id",
    )
    assert "kept no input" in squad("replay", str(old)).stderr
    databases.execute(
        "sysops",
        "UPDATE assignment_run SET snapshot_hash = 'x', decisions_hash = 'y', policy = 'x'",
    )
    assert "went by the policy x, which is not there" in squad("replay", str(old)).stderr
    assert squad("replay", "no-id").exit_code == 2


def test_the_terminal_says_why_by_number_or_id(
    squad: Squad, databases: Databases, run_id: str, kinds: Kinds
) -> None:
    ((number,),) = databases.rows(
        "sysops", "SELECT number FROM ticket WHERE id = %s", kinds.crowded
    )
    said = squad("explain", str(number)).stdout
    assert said.startswith(f"Ticket {number}, by run {run_id} (balanced/1)")
    assert "Why nobody comes yet:" in said
    assert "What would help now:\n  - " in said
    data = json.loads(squad("explain", str(kinds.crowded), "--json", "--run", run_id).stdout)
    assert (data["ok"], data["ticket_id"]) == (True, str(kinds.crowded))
    for words in (*data["why"], *data["since"], *data["now"]):
        assert words in " ".join(said.split())
    assert "Why this expert:" in squad("explain", str(kinds.urgent)).stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("7",), 1, "There is no such ticket."),
        ((str(UUID(int=7)),), 1, "There is no such ticket."),
        (("best",), 2, "neither a ticket's number (100123) nor its id"),
    ],
)
def test_a_ticket_that_is_not_there_is_said_so(
    squad: Squad, words: tuple[str, ...], status: int, said: str
) -> None:
    refused = squad("explain", *words)
    assert refused.exit_code == status
    assert said in " ".join(refused.output.split())
