"""What `squad up` makes of an empty server, seen by the processes that will log in to it."""

from urllib.parse import urlsplit

import psycopg
import pytest

from orchestration.local import keys
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.processes import POSTGRES, blueprint_of
from orchestration.local.steps import MIGRATE, prepare_dagster
from orchestration.local.vault import make_keys
from tests.orchestration.local.platforms import Platforms


def test_every_process_can_log_in_to_each_of_its_databases(platforms: Platforms) -> None:
    runner = platforms.new(POSTGRES, prepare=(MIGRATE,))
    runner.up()

    logins = {
        value
        for process in blueprint_of(runner.instance).processes
        for value in process.environment(runner.instance).values()
        if urlsplit(value).scheme.startswith("postgresql")
    }

    assert len(logins) > 20
    for login in sorted(logins):
        with psycopg.connect(urlsplit(login)._replace(scheme="postgresql").geturl()) as connection:
            row = connection.execute("SELECT session_user, current_database()").fetchone()
        assert row == (urlsplit(login).username, urlsplit(login).path[1:])


def test_dagsters_tables_are_there_before_its_processes(platforms: Platforms) -> None:
    runner = platforms.new(POSTGRES, prepare=(MIGRATE,))
    runner.up()
    prepare_dagster(runner.instance, print)
    prepare_dagster(runner.instance, print)

    with psycopg.connect(role_url(runner.instance, "dagster", "dagster")) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert {"runs", "event_logs", "job_ticks"} <= {name for (name,) in rows}


def test_a_vault_whose_key_was_lost_is_not_given_another(platforms: Platforms) -> None:
    runner = platforms.new(POSTGRES, prepare=(MIGRATE,))
    runner.up()
    make_keys(runner.instance, print)
    kek = runner.instance.secrets / keys.KEK
    right = kek.read_text()
    kek.unlink()
    with pytest.raises(LocalError, match="Put the file that they were locked under back"):
        make_keys(runner.instance, print)
    kek.write_text(right)
    make_keys(runner.instance, print)
