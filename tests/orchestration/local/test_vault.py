"""`squad vault` on a real vault: what there is, and new keys on demand."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orchestration.local import box_keys, keys, vault_kek
from orchestration.local.cli import main
from orchestration.local.databases import admin_variable
from orchestration.local.instance import from_environment
from orchestration.local.launch import launch_file
from orchestration.local.processes import blueprint_of
from orchestration.local.secrets import SecretStore
from orchestration.local.vault import ROLE
from tests.databases import Databases, password_of
from tests.integration.billing.support import BOX, KEK_TEXT, deliver, make_keys, sealed
from tests.messaging import send

Squad = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    store = SecretStore(tmp_path / "secrets")
    store.secret(f"role-{ROLE}", partial(password_of, ROLE))
    store.secret(f"role-{box_keys.ROLE}", partial(password_of, box_keys.ROLE))
    store.secret(keys.KEK, lambda: KEK_TEXT)
    store.secret(keys.BOX_KEYS, lambda: BOX.private_key)
    return store


@pytest.fixture
async def squad(databases: Databases, store: SecretStore) -> Squad:
    """The command, on a platform whose vault is this test's and holds two cards."""
    await make_keys(databases)
    await deliver(databases, sealed(), sealed())
    environment = {
        admin_variable("billing"): databases.url("billing"),
        admin_variable("customer"): databases.url("customer"),
        "SQUAD_VAR": str(store.path("x").parent.parent),
        "SQUAD_PORT_OFFSET": "0",
    }
    return lambda *words, env=None: CliRunner().invoke(
        main, ["vault", *words], env=environment | (env or {})
    )


def told(result: Result) -> Any:
    return json.loads(result.stdout)


def test_status_shows_keys_cards_and_the_log_and_rotate_does_what_is_due(squad: Squad) -> None:
    before = told(squad("status", "--json"))
    assert (before["ok"], before["cards"]["active"], before["openings"]) == (True, 2, 2)
    assert [(it["version"], it["cards"]) for it in before["keys"]] == [(1, 2)]

    nothing = squad("rotate")
    assert (nothing.exit_code, "Nothing to do" in nothing.stderr) == (0, True)
    done = squad("rotate", "--new-key", "--json")
    assert told(done) == {
        "ok": True,
        "key_version": 2,
        "made": True,
        "re_encrypted": 2,
        "retired": [1],
        "unreadable": [],
    }
    words = squad("status")
    assert words.exit_code == 0
    assert "2 active, 0 removed, 0 destroyed" in words.stderr
    assert "whole, 3 links" in words.stderr


def test_a_broken_log_and_a_card_that_does_not_open_end_with_status_1(
    squad: Squad, databases: Databases
) -> None:
    databases.execute("billing", "UPDATE vault_access SET actor = 'nobody' WHERE id = 1")
    databases.execute("billing", "UPDATE vault_card SET ciphertext = 'changed'")
    broken = squad("status")
    assert (broken.exit_code, "BROKEN at link 1" in broken.stderr) == (1, True)
    unfinished = squad("rotate", "--new-key")
    assert (unfinished.exit_code, "does not open" in unfinished.stderr) == (1, True)
    assert "`squad vault rotate` goes on with it" in squad("status").stderr


def test_another_key_encryption_key_is_refused_with_words(squad: Squad, store: SecretStore) -> None:
    store.path(keys.KEK).write_text(keys.make_key())
    refused = squad("rotate", "--new-key")
    assert refused.exit_code == 1
    assert "does not open" in refused.stderr
    assert "Nothing was changed" in refused.stderr


def test_the_key_encryption_key_is_replaced_and_only_the_new_one_opens_the_vault(
    squad: Squad, store: SecretStore, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "SELECT version, wrapped_key FROM vault_key ORDER BY 1"
    before = databases.rows("billing", rows)
    # Killed when the new key is written down, and again when every key is under it.
    monkeypatch.setattr(vault_kek, "rewrap", killed)
    with pytest.raises(Killed):
        squad("rotate-kek")
    monkeypatch.undo()
    assert databases.rows("billing", rows) == before
    new, old = store.path(keys.KEK).read_text().split(",")
    assert old == KEK_TEXT
    halfway = squad("split-key", *(str(store.path(name)) for name in ("one", "two")))
    assert (halfway.exit_code, "is being replaced" in halfway.stderr) == (1, True)
    assert not store.path("one").exists()
    assert squad("rotate", "--new-key").exit_code == 0
    monkeypatch.setattr(vault_kek, "create_private", killed)
    with pytest.raises(Killed):
        squad("rotate-kek")
    monkeypatch.undo()
    assert squad("rotate", "--new-key").exit_code == 0
    done = squad("rotate-kek")
    assert (done.exit_code, "4 keys are under a new" in done.stderr) == (0, True)
    assert store.path(keys.KEK).read_text() == new
    assert new not in done.output
    assert squad("rotate", "--new-key").exit_code == 0
    (aside,) = store.path(keys.KEK).parent.glob("vault-kek-until-*")
    assert (aside.read_text(), aside.stat().st_mode & 0o777) == (KEK_TEXT, 0o600)
    # The old one opens nothing of it, and is not replaced by another.
    store.path(keys.KEK).write_text(old)
    refused = squad("rotate-kek")
    assert (refused.exit_code, "Nothing was changed" in refused.stderr) == (1, True)
    assert store.path(keys.KEK).read_text() == old


def test_every_process_that_has_the_key_learns_of_the_new_one_first(store: SecretStore) -> None:
    instance = from_environment({"SQUAD_VAR": str(store.path("x").parent.parent)})
    holders = {
        it.name
        for it in blueprint_of(instance).processes
        if "SQUAD_VAULT_KEK" in it.environment(instance)
    }
    assert holders == set(vault_kek.HOLDERS)


class Killed(BaseException):
    """The process ends here."""


def killed(*_: Any) -> Any:
    raise Killed


def test_a_key_in_two_parts_is_put_together_before_it_is_replaced(
    squad: Squad, tmp_path: Path
) -> None:
    parts = [str(tmp_path / name) for name in ("one", "two")]
    assert squad("split-key", *parts).exit_code == 0
    names = [f"SQUAD_VAULT_KEK_PART_{part}_FILE" for part in (1, 2)]
    refused = squad("rotate-kek", env=dict(zip(names, parts, strict=True)))
    assert (refused.exit_code, "Put the whole key back" in refused.stderr) == (1, True)


def test_the_key_is_split_for_two_custodians_and_opens_the_vault_from_their_files(
    squad: Squad, store: SecretStore, tmp_path: Path
) -> None:
    parts = [tmp_path / "one", tmp_path / "two"]
    assert squad("split-key", *map(str, parts)).exit_code == 0
    assert squad("split-key", *map(str, parts)).exit_code == 1
    assert [path.stat().st_mode & 0o777 for path in parts] == [0o600, 0o600]
    store.path(keys.KEK).unlink()
    names = [f"SQUAD_VAULT_KEK_PART_{part}_FILE" for part in (1, 2)]
    given = dict(zip(names, map(str, parts), strict=True))
    assert squad("rotate", "--new-key", env=given).exit_code == 0
    wrong = squad("rotate", env=given | {names[1]: str(parts[0])})
    assert (wrong.exit_code, "do not belong together" in wrong.stderr) == (1, True)
    half = squad("rotate", env={names[0]: str(parts[0])})
    assert (half.exit_code, "two parts" in half.stderr) == (1, True)
    assert not store.path(keys.KEK).exists()


async def test_a_box_key_goes_when_it_does_not_seal_and_no_message_names_it(
    squad: Squad, databases: Databases, tmp_path: Path
) -> None:
    await send(databases, sealed())
    rotated = await asyncio.to_thread(squad, "rotate-box-key")
    assert rotated.exit_code == 0
    kept = told(squad("box-keys", "--retire", "--json"))
    new, old = kept["keys"]
    assert (new["seals"], new["may_go"], old["key_id"]) == (True, False, BOX.key_id)
    assert (old["messages"], kept["retired"]) == (1, [])

    databases.execute("customer", "DELETE FROM to_billing.pgqueuer")
    # A worker of the customer API that was not started again still seals with the old one.
    launched = launch_file(tmp_path, f"{box_keys.SEALS}-2")
    launched.parent.mkdir()
    environment = {"SQUAD_VAULT_BOX_PUBLIC_KEY": BOX.public_key}
    launched.write_text(json.dumps({"environment": environment}))
    assert told(squad("box-keys", "--retire", "--json"))["retired"] == []
    launched.unlink()
    gone = squad("box-keys", "--retire", "--json")
    assert (told(gone)["retired"], gone.exit_code) == ([BOX.key_id], 0)

    await send(databases, sealed())
    missing = squad("box-keys")
    assert (missing.exit_code, "missing" in missing.stderr) == (1, True)
