"""The embedded server: real clusters, made by the wheel's own programs."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from orchestration.local.databases import embedded_server, make_server
from orchestration.local.errors import LocalError
from orchestration.local.folders import prepare_folders, remove_folders
from orchestration.local.instance import Instance
from orchestration.local.os_user import server_user
from orchestration.local.ports import free_port
from orchestration.local.postgres import EmbeddedPostgres, throw_away_postgres
from orchestration.local.postgres_binaries import PARTS, readable

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


@pytest.fixture
def lasting(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A durable cluster that is stopped after the test."""
    server = EmbeddedPostgres(folder / "data", free_port(), "a pass/word")
    yield server.start()
    server.stop()


def test_a_cluster_starts_and_stops_and_keeps_its_data(lasting: EmbeddedPostgres) -> None:
    server = lasting
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    server.stop()
    assert server.pid is None

    server.start()
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    server.stop()
    server.stop()


def test_a_cluster_lets_nobody_in_without_the_password() -> None:
    with throw_away_postgres() as server:
        wrong = EmbeddedPostgres(server.data_dir, server.port, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong.url())
        hba = (server.data_dir / "pg_hba.conf").read_text()
    methods = {
        line.split()[-1] for line in hba.splitlines() if line.strip() and line.lstrip()[0] != "#"
    }
    assert methods == {"scram-sha-256"}


def test_a_cluster_sorts_by_code_point_in_utf8_and_listens_on_this_machine_alone() -> None:
    with throw_away_postgres() as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        row = connection.execute("SELECT datlocale FROM pg_database LIMIT 1").fetchone()
        assert row == ("C.UTF-8",)


def test_a_lasting_cluster_is_durable(lasting: EmbeddedPostgres) -> None:
    with psycopg.connect(lasting.url()) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)


def test_settings_given_win_over_the_defaults() -> None:
    with (
        throw_away_postgres({"max_connections": "17"}) as server,
        psycopg.connect(server.url()) as connection,
    ):
        assert connection.execute("SHOW max_connections").fetchone() == ("17",)


def test_a_port_in_use_is_told_with_the_servers_own_words(folder: Path) -> None:
    with throw_away_postgres() as other:
        server = EmbeddedPostgres(folder / "data", other.port, "a pass/word", durable=False)

        with pytest.raises(LocalError, match=f"did not start on port {other.port}") as caught:
            server.start()

    assert any("Address already in use" in line for line in caught.value.details)


def test_the_password_is_neither_in_a_command_line_nor_left_in_a_file(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "data", free_port(), "a pass/word", durable=False)
    server.initialise()

    assert "a pass/word" not in " ".join(server.command())
    assert [path.name for path in folder.iterdir()] == ["data"]


def test_an_interrupted_beginning_is_begun_again(folder: Path) -> None:
    (folder / "data.new").mkdir()
    (folder / "data.new" / "half").touch()
    (folder / "data.new.password").touch()

    EmbeddedPostgres(folder / "data", free_port(), "a pass/word", durable=False).initialise()

    assert (folder / "data" / "PG_VERSION").exists()


def test_a_cluster_of_another_version_is_refused(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(LocalError, match="made by PostgreSQL 17, this is 18"):
        EmbeddedPostgres(folder / "data", free_port(), "a pass/word").initialise()


def test_a_lost_password_is_told_before_the_server_is_asked(folder: Path) -> None:
    instance = Instance(folder / "var", 12_000)
    prepare_folders(instance)
    make_server(instance)
    shutil.rmtree(instance.secrets)

    with pytest.raises(LocalError, match=r"password of the server in .* is missing"):
        embedded_server(instance)


@as_root
def test_root_keeps_the_files_elsewhere_when_the_project_is_below_a_closed_folder(
    folder: Path,
) -> None:
    folder.chmod(0o700)
    instance = Instance(folder / "var", 12_000)
    prepare_folders(instance)
    make_server(instance)
    server = embedded_server(instance)

    assert (instance.var / "postgres").readlink() == server.data_dir
    assert not server.data_dir.is_relative_to(folder)

    remove_folders(instance)
    assert not server.data_dir.exists()


@as_root
def test_root_is_told_of_a_folder_that_the_servers_user_cannot_enter(folder: Path) -> None:
    folder.chmod(0o700)

    with pytest.raises(LocalError, match=f"cannot enter {folder}: choose a data folder outside"):
        EmbeddedPostgres(folder / "data", free_port(), "a pass/word").initialise()


@as_root
def test_the_data_folder_stays_with_the_user_who_made_it(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    os.chown(data, 65_534, 65_534)

    user = server_user(data)

    assert user is not None
    assert user.uid == 65_534


@as_root
def test_programs_that_others_cannot_read_are_copied_once(folder: Path) -> None:
    closed, copy = folder / "closed", folder / "cache" / "copy"
    (closed / PARTS[0]).mkdir(parents=True)
    program = closed / PARTS[0] / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    closed.chmod(0o700)
    user = server_user()

    assert readable(closed, copy, user) == copy
    assert stat.S_IMODE((copy / PARTS[0] / "program").stat().st_mode) == 0o755
    program.unlink()
    (copy / PARTS[0] / "program").write_text("the copy stays")
    assert readable(closed, copy, user) == copy
    assert (copy / PARTS[0] / "program").read_text() == "the copy stays"


@as_root
def test_programs_that_others_can_read_are_used_where_they_are(folder: Path) -> None:
    (folder / PARTS[0]).mkdir()

    assert readable(folder, folder / "copy", server_user()) == folder
    assert not (folder / "copy").exists()
