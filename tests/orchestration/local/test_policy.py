"""`squad policy` on a real database: what experts are chosen by is shown, and chosen."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from orchestration.local.cli import main
from orchestration.local.databases import admin_variable
from orchestration.local.operating import ROLE
from orchestration.local.secrets import SecretStore
from tests.databases import Databases, password_of

Squad = Callable[..., Result]
IN_USE = (
    "SELECT name, version, used_by FROM assignment_policy_use u"
    " JOIN assignment_policy p ON p.id = u.policy_id ORDER BY u.id"
)


@pytest.fixture
def squad(databases: Databases, tmp_path: Path) -> Squad:
    """The command, on a platform whose sysops database is this test's."""
    SecretStore(tmp_path / "secrets").secret(f"role-{ROLE}", partial(password_of, ROLE))
    environment = {
        admin_variable("sysops"): databases.url("sysops"),
        "SQUAD_VAR": str(tmp_path),
        "SQUAD_PORT_OFFSET": "0",
    }
    return lambda *words: CliRunner().invoke(main, ["policy", *words], env=environment)


def test_policies_are_listed_shown_with_what_they_mean_and_chosen(
    squad: Squad, databases: Databases
) -> None:
    listed = json.loads(squad("list", "--json").stdout)["policies"]
    assert [(it["name"], it["version"], it["since"] is None) for it in listed] == [
        ("balanced", 1, False),
        ("customer-first", 1, True),
        ("emergency", 1, True),
        ("least-travel", 1, True),
    ]
    shown = squad("show", "emergency").output
    assert "Cost units for each kilometre" in shown
    assert "urgent 2000" in shown

    for _ in range(2):
        used = squad("use", "emergency", "--json")
        assert (used.exit_code, json.loads(used.stdout)["ok"]) == (0, True)
    assert "emergency/1 is in use since" in used.stderr
    assert databases.rows("sysops", IN_USE) == [("balanced", 1, None), ("emergency", 1, None)]
    assert databases.rows(
        "sysops", "SELECT actor_id, actor_roles, action, before, after FROM audit_entry"
    ) == [
        (
            UUID(int=0),
            ["platform"],
            "policy.used",
            {"in_use": "balanced/1"},
            {"in_use": "emergency/1"},
        )
    ]
    table = squad("list").output
    assert "After a storm" in table


def test_an_older_version_can_be_chosen_and_is_still_listed(
    squad: Squad, databases: Databases
) -> None:
    databases.execute(
        "sysops",
        "INSERT INTO assignment_policy (name, version, settings, note, created_at)"
        " SELECT name, 2, settings, 'More of it.', now() FROM assignment_policy"
        " WHERE name = 'emergency'",
    )
    assert json.loads(squad("show", "emergency", "--json").stdout)["version"] == 2
    assert squad("use", "emergency/1").exit_code == 0
    listed = json.loads(squad("list", "--json").stdout)["policies"]
    titles = [f"{it['name']}/{it['version']}" for it in listed]
    assert titles[2:4] == ["emergency/1", "emergency/2"]


@pytest.mark.parametrize(
    ("which", "status", "words"),
    [
        ("best", 1, "There is no policy with the name best. `squad policy list` tells"),
        ("balanced/7", 1, "The newest version of the policy balanced is 1."),
        ("balanced/newest", 2, "say balanced/1, or balanced alone"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(
    squad: Squad, databases: Databases, which: str, status: int, words: str
) -> None:
    refused = squad("use", which)
    assert refused.exit_code == status
    assert words in " ".join(refused.output.split())
    assert len(databases.rows("sysops", IN_USE)) == 1
