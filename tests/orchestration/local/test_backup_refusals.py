"""What cannot be backed up or restored is refused in words, and changes nothing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from orchestration.local import restoring
from orchestration.local.databases import embedded_server, role_url
from orchestration.local.errors import LocalError
from orchestration.local.postgres import EmbeddedPostgres
from orchestration.local.processes import POSTGRES
from orchestration.local.progress import Progress
from orchestration.local.steps import MIGRATE
from orchestration.local.vault import make_keys
from tests.orchestration.local.backed_up import Databases, in_all
from tests.orchestration.local.platforms import Platforms
from tests.orchestration.local.test_command import REAL_SQUAD, run


def files(rows: Databases) -> list[str]:
    return sorted(path.name for path in rows.instance.var.iterdir())


def refused(rows: Databases, words: str, name: str | None, to: datetime | None = None) -> None:
    """A restore ends with an error of these words, and all is as it was."""
    rows.server.stop()
    before = files(rows)

    with pytest.raises(LocalError, match=words):
        restoring.restore(rows.instance, rows.plan(name, to), Progress())

    assert files(rows) == before
    rows.server.start()
    assert rows.told() == in_all("kept")


def test_a_moment_after_the_last_change_is_told_with_the_last_change(rows: Databases) -> None:
    rows.back_up()
    rows.tell("kept")

    refused(rows, "Nothing that is kept was changed after .* of 20", None, rows.moment())


def test_a_moment_that_is_still_to_come_is_refused(rows: Databases) -> None:
    rows.tell("kept")
    rows.back_up()

    refused(rows, "is still to come", None, datetime.now(UTC) + timedelta(days=1))


def test_a_backup_with_a_damaged_file_is_refused(rows: Databases) -> None:
    rows.tell("kept")
    backup = rows.back_up()
    (backup.data / "PG_VERSION").write_text("19\n")

    refused(rows, "The backup is damaged", backup.name)


def test_wal_that_is_lost_in_the_middle_is_missed_before_anything_is_done(
    rows: Databases,
) -> None:
    rows.tell("kept")
    backup = rows.back_up()
    for _ in range(2):
        rows.ask("postgres", "SELECT pg_logical_emit_message(true, 'a', 'change')::text")
        rows.ask("postgres", "SELECT pg_switch_wal()::text")
    rows.server.stop()
    second, third = sorted(backup.archive.glob("[0-9A-F]*.gz"))[-2:]
    second.unlink()

    assert third.exists()
    refused(rows, f"WAL file {second.stem} is not in .*, but later ones are", backup.name)


def test_without_the_secrets_of_its_time_nothing_is_restored(rows: Databases) -> None:
    rows.tell("kept")
    (rows.instance.secrets / "vault-kek").write_text("the key")
    backup = rows.back_up()
    (rows.instance.secrets / "vault-kek").unlink()

    refused(rows, "Without vault-kek in .* nobody gets into", backup.name)


def test_a_running_server_is_not_restored_and_a_stopped_one_not_backed_up(
    rows: Databases,
) -> None:
    backup = rows.back_up()
    with pytest.raises(LocalError, match="is running: `squad down` first"):
        rows.plan(backup.name)
    rows.server.stop()
    with pytest.raises(LocalError, match="is not running: `squad up`"):
        rows.back_up()


def test_a_server_without_an_archive_must_be_started_anew(rows: Databases) -> None:
    server = rows.server
    server.stop()
    EmbeddedPostgres(
        server.data_dir, server.port, server.password, settings={"archive_mode": "off"}
    ).start()

    with pytest.raises(LocalError, match="started without an archive: `squad down`, `squad up`"):
        rows.back_up()


def test_a_folder_that_the_servers_user_cannot_enter_is_named(
    rows: Databases, tmp_path: Path
) -> None:
    if rows.server.user is None:
        (tmp_path / "here").mkdir(mode=0o500)
    else:
        tmp_path.chmod(0o700)
    rows.root = tmp_path / "here" / "backups"

    with pytest.raises(LocalError, match=r"is closed to|cannot be made"):
        rows.back_up()


def test_the_commands_back_up_a_platform_and_bring_it_back(platforms: Platforms) -> None:
    runner = platforms.new(POSTGRES, prepare=(MIGRATE,))
    runner.up()
    make_keys(runner.instance, print)
    instance = runner.instance

    def squad(*words: str, answer: str = "") -> tuple[int, str, str]:
        done = run(instance, *words, command=REAL_SQUAD, answer=answer)
        return done.returncode, done.stdout, done.stderr

    assert squad("backup", "--list")[0] == 1
    code, out, said = squad("backup", "--json")
    made = json.loads(out)
    assert (code, made["ok"], made["removed"]) == (0, True, [])
    assert "The secrets are not in it" in said
    code, out, _ = squad("backup", "--list", "--json")
    assert [one["name"] for one in json.loads(out)["backups"]] == [made["name"]]
    code, _, said = squad("restore", made["name"])
    assert (code, "`squad down` first" in said) == (1, True)

    with psycopg.connect(embedded_server(instance).url("sysops"), autocommit=True) as connection:
        connection.execute("CREATE TABLE after_the_backup ()")
    runner.down()
    for words, told in (((), made["name"]), (("--to", "noon"), "'noon' is no moment")):
        code, _, said = squad("restore", *words)
        assert code != 0
        assert told in said
    code, _, said = squad("restore", made["name"], answer="n\n")
    assert (code, "Aborted" in said) == (1, True)
    assert not list(instance.var.glob("postgres.*"))
    code, _, said = squad("restore", "--yes", made["name"])
    assert (code, "To go back:" in said) == (0, True)

    runner.up()
    with psycopg.connect(role_url(instance, "sysops", "sysops_api")) as connection:
        row = connection.execute("SELECT to_regclass('after_the_backup')::text").fetchone()
    assert row == ("after_the_backup",)
    code, out, _ = squad("backup", "--keep", "1", "--json")
    assert json.loads(out)["removed"] == [made["name"]]


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_databases_elsewhere_are_refused_by_name(
    platforms: Platforms, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("SQUAD_BILLING_ADMIN_URL", "postgresql://postgres@billing.example/")

    done = run(platforms.new().instance, command, command=REAL_SQUAD)

    assert done.returncode == 1
    assert "squad: SQUAD_BILLING_ADMIN_URL: databases on servers" in done.stderr
