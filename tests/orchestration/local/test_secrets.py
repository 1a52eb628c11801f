"""`squad secrets` on real databases and processes: the new one is in force, the old one is not."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from api.kernel.auth import TokenSigner, TokenVerifier
from api.kernel.errors import NotSignedIn
from orchestration.local import keys, rotation
from orchestration.local.cli import main
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.processes import POSTGRES, blueprint_of
from orchestration.local.secrets import SecretStore
from orchestration.local.steps import MIGRATE
from tests.orchestration.local.platforms import WEB_PORT, Platforms, get, heart, pids, tiny

SECRET = "survey-key"
HOLDER = tiny(
    "web",
    port=WEB_PORT,
    environment=lambda it: {"SQUAD_SURVEY_KEY": keys.survey_key(SecretStore(it.secrets))},
)


def test_who_has_a_secret_starts_again_with_the_new_one_and_nobody_else(
    platforms: Platforms,
) -> None:
    runner = platforms.new(HOLDER, heart())
    runner.up()
    before, known = pids(runner), keys.survey_key(SecretStore(runner.instance.secrets))
    assert f"SQUAD_SURVEY_KEY={known}" in get(runner, "/environment")
    environment = {
        "SQUAD_VAR": str(runner.instance.var),
        "SQUAD_PORT_OFFSET": str(runner.instance.port_offset),
    }
    done = CliRunner().invoke(
        main, ["secrets", "rotate", SECRET, "--json"], env=environment, obj=runner.blueprint
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"ok": True, "secret": SECRET, "holders": ["web"]}
    new = keys.survey_key(SecretStore(runner.instance.secrets))
    assert new != known
    assert new not in done.output
    assert f"SQUAD_SURVEY_KEY={new}" in get(runner, "/environment")
    after = pids(runner)
    assert after["heart"] == before["heart"]
    assert after["web"] != before["web"]
    assert (runner.instance.secrets / SECRET).stat().st_mode & 0o777 == 0o600


def test_a_role_logs_in_with_its_new_password_alone_wherever_it_is_known(
    platforms: Platforms,
) -> None:
    runner = platforms.new(POSTGRES, prepare=(MIGRATE,))
    runner.up()
    instance, blueprint = runner.instance, blueprint_of(runner.instance)
    databases = ("customer", "sysops", "billing")
    old = [role_url(instance, name, "replicator") for name in databases]
    server_log = (instance.log / "postgres.log").read_text()
    assert rotation.replace(instance, blueprint, "role-replicator") == ["code-analytics"]
    for name, gone in zip(databases, old, strict=True):
        with psycopg.connect(role_url(instance, name, "replicator")):
            pass
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(gone)
    # The server was never told a password, so that it could not write one down.
    password = SecretStore(instance.secrets).role_password("replicator")
    assert password not in server_log + (instance.log / "postgres.log").read_text()
    # Everybody else is let in as before, also after the next start's bootstrap.
    runner.take(MIGRATE)
    for role, name in (("customer_api", "customer"), ("replicator", "sysops")):
        with psycopg.connect(role_url(instance, name, role)):
            pass


CUSTOMERS = {"customer-api-1", "customer-api-2"}
STAFF = {"sysops-api-1", "sysops-api-2"}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A platform that has been started once: all its secrets are there."""
    made = Instance(tmp_path / "var")
    for process in blueprint_of(made).processes:
        process.environment(made)
    return made


def test_a_new_signing_key_ends_the_tokens_of_the_old_one(instance: Instance) -> None:
    store, now, who = SecretStore(instance.secrets), datetime.now(UTC), uuid4()
    old = TokenSigner("sysops", keys.signing_key(store, "sysops"))
    token = old.sign(who, {"manager"}, {"analytics"}, now)
    holders = rotation.replace(instance, blueprint_of(instance), "signing-key-sysops")
    # The signer, and all who check what it signs.
    assert set(holders) == {*CUSTOMERS, *STAFF, "billing-api", "analytics-api", "dashboards"}
    verifier = TokenVerifier("analytics", {"sysops": keys.public_key(store, "sysops")})
    with pytest.raises(NotSignedIn):
        verifier.verify(token, now)
    fresh = TokenSigner("sysops", keys.signing_key(store, "sysops"))
    assert verifier.verify(fresh.sign(who, {"manager"}, {"analytics"}, now), now).id == who


@pytest.mark.parametrize(
    ("name", "holders"),
    [
        ("survey-key", {*CUSTOMERS, "relay-customer-customer"}),
        ("sms-webhook-token", {*CUSTOMERS, *STAFF, "sandbox"}),
        ("payments-webhook-secret", {"billing-api", "sandbox"}),
        ("role-customer_api", CUSTOMERS),
        ("role-billing_intake", {"relay-customer-billing"}),
    ],
)
def test_every_secret_is_told_with_the_processes_that_have_it(
    instance: Instance, name: str, holders: set[str]
) -> None:
    found = {it.name: it for it in rotation.listed(instance, blueprint_of(instance))}
    assert set(found[name].holders) == holders


def test_a_providers_own_secret_is_not_ours_to_replace(instance: Instance) -> None:
    """It is changed there; then `squad up` is told the new one."""
    given = replace(instance, settings={"SQUAD_PAYMENTS_WEBHOOK_SECRET": "of the provider"})
    assert rotation.replace(given, blueprint_of(given), "payments-webhook-secret") == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vault-kek", "squad vault rotate-kek"),
        ("vault-box-keys", "squad vault rotate-box-key"),
        ("postgres-superuser", "No process logs in with it"),
        ("of-nobody", "no secret 'of-nobody'"),
        ("../escape", "no secret"),
    ],
)
def test_what_cannot_be_replaced_so_is_refused_and_stays(
    instance: Instance, name: str, words: str
) -> None:
    before = {it.name: it.read_text() for it in instance.secrets.iterdir() if it.is_file()}
    with pytest.raises(LocalError, match=words):
        rotation.replace(instance, blueprint_of(instance), name)
    after = {it.name: it.read_text() for it in instance.secrets.iterdir() if it.is_file()}
    assert after == before


def test_a_database_that_does_not_answer_is_told_and_the_command_can_be_run_again(
    instance: Instance,
) -> None:
    with pytest.raises(LocalError, match="run the command again"):
        rotation.replace(instance, blueprint_of(instance), "role-customer_api")


def test_the_list_shows_no_secret(instance: Instance) -> None:
    environment = {"SQUAD_VAR": str(instance.var), "SQUAD_PORT_OFFSET": "0"}
    for words in (["list"], ["list", "--json"]):
        told = CliRunner().invoke(main, ["secrets", *words], env=environment)
        assert told.exit_code == 0, told.output
        secrets = [it.read_text() for it in instance.secrets.iterdir() if it.is_file()]
        assert len(secrets) > 40
        assert not [it for it in secrets if it in told.output]
