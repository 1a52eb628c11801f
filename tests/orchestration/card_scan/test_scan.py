"""A number is found wherever it is planted, and nothing but digits is given to who looks."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from orchestration.card_scan.assets import definitions
from orchestration.card_scan.files import scan_folder
from orchestration.card_scan.findings import Allowed, allowed
from orchestration.card_scan.tables import NUMERIC, Login, scan_database
from orchestration.local.cli import main
from orchestration.local.code_roles import CODE_ROLES
from orchestration.local.databases import DATABASES, admin_variable
from orchestration.local.secrets import SecretStore
from tests.databases import Databases, password_of
from tests.integration.billing.support import deliver, make_keys, sealed
from tests.messaging import send
from tests.rights import EVERY_DATABASE
from tests.world import household

CARD = "4242424242424242"
PRINTED = "4242-4242-4242-4242"
PARTS = {
    "text": ("text", f"'call me at {PRINTED}'"),
    "citext": ("varchar(40)", f"'{CARD}'"),
    "json": ("jsonb", f"""'{{"a": [{CARD}]}}'"""),
    "bytes": ("bytea", f"'\\xff00'::bytea || '{CARD}'::bytea"),
    "whole number": ("bigint", CARD),
    "amount": ("numeric", f"{CARD}.00"),
    "double": ("double precision", CARD),
    "array": ("text[]", f"ARRAY['a', '{CARD}']"),
    "array of numbers": ("bigint[]", f"ARRAY[{CARD}]"),
    "words of a search": ("tsvector", f"to_tsvector('simple', '{CARD}')"),
}


def scanner(databases: Databases, name: str) -> list[Login]:
    return [Login(databases.url(name, f"{name}_scanner"))]


@pytest.mark.parametrize("name", EVERY_DATABASE)
def test_an_empty_database_is_looked_through_to_its_last_table(
    databases: Databases, name: str
) -> None:
    done = scan_database(name, scanner(databases, name))
    assert done.ok
    every = "SELECT count(*) FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
    assert [(done.tables,)] == databases.rows(name, every)


def test_a_number_is_found_in_a_column_of_any_kind_and_told_by_place_and_last_digits(
    databases: Databases,
) -> None:
    columns = ", ".join(f'"{name}" {type_}' for name, (type_, _) in PARTS.items())
    values = ", ".join(value for _, value in PARTS.values())
    databases.execute("customer", f"CREATE TABLE planted (id int, {columns})")
    databases.execute("customer", f"INSERT INTO planted VALUES (1, {values})")
    databases.execute("customer", "ALTER TABLE planted OWNER TO customer_owner")
    done = scan_database("customer", scanner(databases, "customer"))
    assert {it.place for it in done.findings} == {
        f"customer: public.planted.{name}, row at (0,1)" for name in PARTS
    }
    assert {it.last4 for it in done.findings} == {"4242"}
    assert CARD not in str(done).replace("-", "")


async def test_a_number_in_a_message_that_waits_is_found(databases: Databases) -> None:
    ticket = msgspec.structs.replace(household().ticket(), description=f"My card is {CARD}.")
    await send(databases, ticket)
    done = scan_database("customer", scanner(databases, "customer"))
    assert ["to_sysops.pgqueuer.payload" in it.place for it in done.findings] == [True]


async def test_the_vault_and_its_sealed_messages_hold_nothing_that_reads(
    databases: Databases,
) -> None:
    await make_keys(databases)
    await send(databases, card := sealed())
    await deliver(databases, card)
    for name in ("customer", "billing"):
        assert scan_database(name, scanner(databases, name)).ok


def test_an_identifier_that_holds_a_uuid_is_no_number(databases: Databases) -> None:
    databases.execute("billing", "CREATE TABLE planted (it text)")
    reference = "ch_42424242-4242-4242-8242-424242424242"
    databases.execute("billing", f"INSERT INTO planted VALUES ('{reference}')")
    databases.execute("billing", "ALTER TABLE planted OWNER TO billing_owner")
    assert scan_database("billing", scanner(databases, "billing")).ok


def test_who_scans_is_given_digits_and_can_read_nothing(databases: Databases) -> None:
    databases.execute("billing", "CREATE TABLE planted (it text)")
    databases.execute("billing", f"INSERT INTO planted VALUES ('Ada owes {CARD} to 202-555-0100')")
    databases.execute("billing", "ALTER TABLE planted OWNER TO billing_owner")
    with databases.connect("billing", "billing_scanner") as connection:
        told = connection.execute(
            "SELECT * FROM card_scan.digit_runs('public', 'planted', '{}')"
        ).fetchall()
        assert told == [("it", "(0,1)", CARD)]
        for query in ("SELECT * FROM planted", "SELECT last4 FROM vault_card"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(query.encode())
    with (
        databases.connect("billing", "biller") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM card_scan.digit_runs('public', 'planted', '{}')")


def test_a_table_that_the_owner_cannot_read_is_searched_by_who_made_it_or_told(
    databases: Databases,
) -> None:
    with databases.connect("analytics", "transformer") as connection:
        connection.execute(f"CREATE TABLE marts.planted AS SELECT '{CARD}'::text AS it".encode())
    alone = scan_database("analytics", scanner(databases, "analytics"))
    assert (alone.findings, alone.closed) == ([], ["analytics: marts.planted"])
    own = Login(databases.url("analytics", "transformer"), "own")
    done = scan_database("analytics", [*scanner(databases, "analytics"), own])
    assert [it.place for it in done.findings] == ["analytics: marts.planted.it, row at (0,1)"]
    assert done.closed == []


def test_a_table_that_goes_before_its_own_login_comes_is_not_told(databases: Databases) -> None:
    """A build of the warehouse replaces tables while they are looked through."""
    own = Login(databases.url("analytics", "transformer"), "own")

    class Replacing(list[Login]):
        def __iter__(self) -> Iterator[Login]:
            yield self[0]
            with databases.connect("analytics", "transformer") as connection:
                connection.execute(b"DROP TABLE marts.replaced")
            yield self[1]

    with databases.connect("analytics", "transformer") as connection:
        connection.execute(b"CREATE TABLE marts.replaced AS SELECT 1 AS it")
    assert scan_database("analytics", Replacing([*scanner(databases, "analytics"), own])).ok


def test_a_column_of_numbers_can_be_allowed_and_one_of_texts_cannot(databases: Databases) -> None:
    databases.execute("sysops", "CREATE TABLE planted (number bigint, words text)")
    databases.execute("sysops", f"INSERT INTO planted VALUES ({CARD}, '{CARD}')")
    databases.execute("sysops", "ALTER TABLE planted OWNER TO sysops_owner")
    exceptions = [Allowed("sysops", "public.planted", it, "test") for it in ("number", "words")]
    done = scan_database("sysops", scanner(databases, "sysops"), exceptions)
    assert [it.place for it in done.findings] == ["sysops: public.planted.words, row at (0,1)"]


def test_every_allowed_column_is_there_and_holds_numbers(databases: Databases) -> None:
    for it in allowed():
        found = databases.rows(
            it.database,
            "SELECT udt_name FROM information_schema.columns WHERE column_name = %s"
            " AND table_schema || '.' || table_name = %s",
            it.column,
            it.table,
        )
        assert [row[0] in NUMERIC for row in found] == [True], it
        assert it.why


def snapshot(path: Path, column: Any) -> None:
    pq.write_table(pa.table({"it": column}), path)


FILES: dict[str, Callable[[Path], object]] = {
    "platform.log": lambda path: path.write_text(f'{{"event": "x"}}\n{{"card": "{PRINTED}"}}\n'),
    "long.log": lambda path: path.write_bytes(b"x" * (2**20 - 8) + CARD.encode() + b"x" * 2**20),
    "manifest.json": lambda path: path.write_text(json.dumps({"a": int(CARD)})),
    "words.parquet": lambda path: snapshot(path, pa.array([None, f"it is {PRINTED}"])),
    "bytes.parquet": lambda path: snapshot(path, pa.array([CARD.encode()])),
    "numbers.parquet": lambda path: snapshot(path, pa.array([None, int(CARD)])),
    "doubles.parquet": lambda path: snapshot(path, pa.array([float("nan"), float(CARD)])),
    "lists.parquet": lambda path: snapshot(path, pa.array([["a", CARD]])),
    "structs.parquet": lambda path: snapshot(path, pa.array([{"a": {"b": CARD}}])),
    "few.parquet": lambda path: snapshot(path, pa.array([CARD, "a"]).dictionary_encode()),
}


@pytest.mark.parametrize("name", FILES)
def test_a_number_is_found_in_a_file_of_any_kind(tmp_path: Path, name: str) -> None:
    (tmp_path / "deep").mkdir()
    FILES[name](tmp_path / "deep" / name)
    done = scan_folder("files", tmp_path)
    (found,) = done.findings
    assert found.place.startswith(f"files: deep/{name}")
    assert (found.last4, done.files, CARD in str(done)) == ("4242", 1, False)


def test_files_without_numbers_are_counted_and_a_folder_that_is_not_there_is_empty(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.log").write_text(f"{uuid4()} {datetime.now(UTC).isoformat()} 0.{CARD}\n" * 1000)
    snapshot(tmp_path / "a.parquet", pa.array([1.5, 2.5]))
    done = scan_folder("files", tmp_path)
    assert (done.ok, done.files) == (True, 2)
    assert scan_folder("files", tmp_path / "none").files == 0


@pytest.fixture
def squad(databases: Databases, tmp_path: Path) -> Callable[..., Result]:
    """The command, on a platform whose databases are this test's."""
    store = SecretStore(tmp_path / "secrets")
    for roles in CODE_ROLES.values():
        for _, role in roles.values():
            store.secret(f"role-{role}", partial(password_of, role))
    store.secret("role-dagster", partial(password_of, "dagster"))
    environment = {admin_variable(name): databases.url(name) for name in DATABASES}
    environment |= {"SQUAD_VAR": str(tmp_path), "SQUAD_PORT_OFFSET": "0"}
    return lambda *words: CliRunner().invoke(main, ["vault", "scan", *words], env=environment)


def test_the_command_looks_through_every_zone_and_its_status_follows(
    squad: Callable[..., Result], databases: Databases, tmp_path: Path
) -> None:
    clean = squad("--json")
    assert (clean.exit_code, json.loads(clean.stdout)["ok"]) == (0, True)
    planted = {
        "logs": ("log", "api.log"),
        "dagster": ("dagster", "storage/a-run/compute_logs/step.err"),
        "dbt": ("dbt", "run/a_model.sql"),
    }
    for folder, file in planted.values():
        path = tmp_path / folder / file
        path.parent.mkdir(parents=True)
        path.write_text(CARD)
    found = squad()
    assert found.exit_code == 1
    for name, (_, file) in planted.items():
        assert f"file {name}: {file}: a number that ends in 4242" in found.stderr
    assert squad("--zone", "billing").exit_code == 0


async def test_the_check_of_a_zone_fails_when_something_is_found(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.url("billing", "billing_scanner")
    monkeypatch.setenv("SQUAD_BILLING_SCANNER_URL", url)
    job = definitions("billing").resolve_job_def("billing_card_scan_job")
    for planted in (False, True):
        if planted:
            databases.execute(
                "billing",
                "INSERT INTO alert (kind, subject_id, detail, status, created_at)"
                f" VALUES ('suspicious_card', uuidv7(), '{CARD}', 'open', now())",
            )
        result: Any = await asyncio.to_thread(job.execute_in_process)
        (check,) = result.get_asset_check_evaluations()
        assert check.passed is not planted
    assert "4242" in str(check.metadata["found"])
