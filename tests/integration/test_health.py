"""What processes say of their health while their database is stopped, hangs or is too old."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from alembic.script import ScriptDirectory

from api.databases import SCHEMAS
from api.health import revisions
from api.kernel.migrate import config
from orchestration.local import bootstrap
from orchestration.local.instance import Instance
from orchestration.local.ports import free_port
from orchestration.local.postgres import EmbeddedPostgres, throw_away_postgres
from orchestration.local.probes import Heartbeat
from tests.dashboards.live import sysops_api
from tests.databases import password_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A server of this module's own: it is stopped."""
    with throw_away_postgres() as server:
        for name in ("customer", "sysops"):
            bootstrap.prepare(name, server.url(name), password_of)
        yield server


def login(server: EmbeddedPostgres, database: str, role: str) -> str:
    return bootstrap.login_url(server.url(database), role, password_of(role))


@pytest.fixture(scope="module")
def api(server: EmbeddedPostgres) -> Iterator[str]:
    """The sysops API as a process."""
    with sysops_api(login(server, "sysops", "sysops_api")) as url:
        yield url


def asked(url: str, path: str) -> tuple[int, str]:
    """As a probe asks, but with patience for a machine that has other work."""
    answer = httpx.get(f"{url}{path}", timeout=30, trust_env=False)
    return answer.status_code, answer.json().get("detail", "")


def soon(is_so: Callable[[], bool], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.2)
    return is_so()


@contextmanager
def frozen(server: EmbeddedPostgres) -> Iterator[None]:
    """The server is there, takes connections and says nothing."""
    first = int((server.data_dir / "postmaster.pid").read_text().splitlines()[0])
    processes = [psutil.Process(first), *psutil.Process(first).children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def test_a_stopped_database_makes_a_process_unready_and_not_dead(
    server: EmbeddedPostgres, api: str
) -> None:
    assert asked(api, "/health/ready")[0] == 200
    server.stop()
    try:
        status, detail = asked(api, "/health/ready")
        assert status == 503
        assert detail.startswith("The sysops database does not answer")
        assert asked(api, "/health/live")[0] == 200
    finally:
        server.start()
    assert soon(lambda: asked(api, "/health/ready")[0] == 200)


def test_a_database_that_hangs_is_said_to_be_away(server: EmbeddedPostgres, api: str) -> None:
    with frozen(server):
        status, detail = asked(api, "/health/ready")
        assert (status, detail) == (503, "The sysops database does not answer within 3 s.")
        assert asked(api, "/health/live")[0] == 200
    assert soon(lambda: asked(api, "/health/ready")[0] == 200)


@pytest.mark.parametrize(("revision", "ready"), [("0012", 503), (None, 503), ("9999", 200)])
def test_a_database_of_an_older_release_is_not_worked_with(
    server: EmbeddedPostgres, api: str, revision: str | None, ready: int
) -> None:
    with psycopg.connect(server.url("sysops"), autocommit=True) as owner:
        ((newest,),) = owner.execute("SELECT version_num FROM alembic_version").fetchall()
        if revision is None:
            owner.execute("DELETE FROM alembic_version")
        else:
            owner.execute("UPDATE alembic_version SET version_num = %s", [revision])
        try:
            status, detail = asked(api, "/health/ready")
            assert (status, "`squad migrate`" in detail) == (ready, ready == 503)
            assert asked(api, "/health/live")[0] == 200
        finally:
            owner.execute("DELETE FROM alembic_version")
            owner.execute("INSERT INTO alembic_version VALUES (%s)", [newest])
    assert asked(api, "/health/ready")[0] == 200


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_migrations_are_in_the_order_of_their_files(name: str) -> None:
    newest_first = ScriptDirectory.from_config(config(SCHEMAS[name])).walk_revisions()
    assert revisions(name) == tuple(it.revision for it in newest_first)[::-1]


@contextmanager
def relay(source: str, target: str, file: Path) -> Iterator[None]:
    """The relay from customer to sysops as a process."""
    environment = {
        **os.environ,
        "SQUAD_SOURCE_URL": source,
        "SQUAD_TARGET_URL": target,
        "SQUAD_HEARTBEAT_FILE": str(file),
    }
    command = [sys.executable, "-m", "api.relay", "customer", "sysops"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_a_relay_says_which_of_its_databases_is_away(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    instance = Instance(tmp_path)
    instance.run.mkdir()

    def says(words: str | None) -> bool:
        problem = Heartbeat("relay").problem(instance, 0)
        return problem is None if words is None else words in (problem or "")

    source = login(server, "customer", "customer_to_sysops")
    target = login(server, "sysops", "sysops_from_customer")
    with relay(source, target, instance.heartbeat("relay")):
        assert soon(lambda: says(None))
        server.stop()
        try:
            assert soon(lambda: says("the source database does not answer"))
        finally:
            server.start()
        assert soon(lambda: says(None))
        with frozen(server):
            assert soon(lambda: says("last heartbeat"))
        assert soon(lambda: says(None))
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with relay(source, nowhere, instance.heartbeat("relay")):
        # With nothing to carry, too.
        assert soon(lambda: says("the target database does not answer"))
