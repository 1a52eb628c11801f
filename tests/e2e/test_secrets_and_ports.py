"""A platform at work keeps its secrets to who needs them, and listens to this machine alone."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

import psutil
import psycopg
import pytest
from psycopg import sql

from orchestration.local.databases import DATABASES, admin_url
from orchestration.local.marks import marked_processes
from tests.whole_platform import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

T = TypeVar("T")
ROWS = """
SELECT format('%I.%I', nspname, relname) FROM pg_class
JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'm') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
"""


@pytest.fixture
def secrets(platform: Platform) -> dict[str, str]:
    """What nobody may read: every password and key, whole, and of a PEM its middle."""
    found = {it.name: it.read_text() for it in secret_files(platform) if it.suffix != ".json"}
    assert len(found) > 40
    return {name: text.splitlines()[1] if "\n" in text else text for name, text in found.items()}


def secret_files(platform: Platform) -> Iterator[Path]:
    return (it for it in platform.instance.secrets.rglob("*") if it.is_file())


def asked(platform: Platform, ask: Callable[[psutil.Process], T]) -> list[T]:
    """What every process of the platform answers, and every one that it started."""
    answers: list[T] = []
    for one in marked_processes(platform.instance.var):
        # Runs come and go meanwhile.
        with suppress(psutil.NoSuchProcess):
            answers.extend(ask(it) for it in (one, *one.children(recursive=True)))
    assert len(answers) > 15
    return answers


def test_secrets_are_files_that_their_owner_alone_may_read(platform: Platform) -> None:
    folder = platform.instance.secrets
    assert folder.stat().st_mode & 0o777 == 0o700
    open_ = [it.name for it in secret_files(platform) if it.stat().st_mode & 0o777 != 0o600]
    assert open_ == []
    var = platform.instance.var
    # The server's user has to pass through to its own folder, and to nothing else.
    open_ = [it.name for it in var.iterdir() if it.is_dir() and it.stat().st_mode & 0o077]
    assert open_ == []


def test_no_secret_is_in_a_command_line(platform: Platform, secrets: dict[str, str]) -> None:
    seen = ["\0".join(words) for words in asked(platform, psutil.Process.cmdline)]
    told = [name for name, secret in secrets.items() if any(secret in words for words in seen)]
    assert told == []


def test_no_secret_is_in_a_log_or_any_other_file(
    platform: Platform, secrets: dict[str, str]
) -> None:
    """Dagster's home, dbt's target, published snapshots and evidence among them."""
    var = platform.instance.var
    told, read = [], 0
    for file in var.rglob("*"):
        inside = file.relative_to(var).parts[0]
        if inside in {"secrets", "postgres"} or not file.is_file() or file.is_symlink():
            continue
        read += 1
        content = file.read_bytes()
        told += [f"{name} in {file}" for name, it in secrets.items() if it.encode() in content]
    assert read > 30
    assert told == []


def test_no_secret_is_in_a_database_not_even_in_what_dagster_shows_of_runs(
    platform: Platform, secrets: dict[str, str]
) -> None:
    """Configuration, tags, events, metadata and errors of runs, and every other row."""
    told = []
    for database in DATABASES:
        with psycopg.connect(admin_url(platform.instance, database)) as connection:
            for (table,) in connection.execute(ROWS).fetchall():
                # All secrets at once; bytes are shown in hex.
                query = sql.SQL(
                    "SELECT DISTINCT s.key FROM {} AS t, jsonb_each_text(%s) AS s"
                    " WHERE strpos(t::text, s.value) > 0"
                    " OR strpos(t::text, encode(convert_to(s.value, 'UTF8'), 'hex')) > 0"
                ).format(sql.SQL(table))
                found = connection.execute(query, [json.dumps(secrets)]).fetchall()
                told += [f"{name} in {database}.{table}" for (name,) in found]
    assert told == []
    with psycopg.connect(admin_url(platform.instance, "dagster")) as connection:
        assert connection.execute("SELECT count(*) > 100 FROM event_logs").fetchone() == (True,)


def test_every_port_is_open_to_this_machine_alone(platform: Platform) -> None:
    listening = {
        (ip_address(it.laddr.ip.removeprefix("::ffff:")), it.laddr.port)
        for found in asked(platform, lambda one: one.net_connections(kind="inet"))
        for it in found
        if it.status == psutil.CONN_LISTEN
    }
    assert {port for _, port in listening} >= {
        platform.instance.port(port) for port in (3000, 5439, 8001, 8002, 8003, 8004, 8501, 8025)
    }
    assert [(str(it), port) for it, port in listening if not it.is_loopback] == []
