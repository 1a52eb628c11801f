"""What `squad up` makes of an empty server, seen by the processes that will log in to it."""

from urllib.parse import urlsplit

import psycopg

from orchestration.local.processes import POSTGRES, blueprint_of
from orchestration.local.steps import MIGRATE
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
