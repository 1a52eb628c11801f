"""An export holds all that the map says, for the customer alone, for a week."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.kernel import personal
from orchestration.personal_data import exporting
from orchestration.retention.forgetting import forget
from tests.orchestration.personal_data.history import (
    CANARY,
    DATABASES,
    EMAIL,
    History,
    erasable,
    logged_in,
)


async def export(history: History) -> list[zipfile.ZipFile]:
    """Ask, let the job run, and read the files."""
    await history.file("export", early=timedelta(0))
    async with logged_in(history.databases, "exporter") as sessions:
        assert await exporting.export_all(sessions, datetime.now(UTC)) == 1
        assert await exporting.export_all(sessions, datetime.now(UTC)) == 0
    parts = history.databases.rows("customer", "SELECT content FROM export_part ORDER BY number")
    return [zipfile.ZipFile(io.BytesIO(content)) for (content,) in parts]


def sections(file: zipfile.ZipFile) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read("data.json"))["databases"]
    return document


async def test_an_export_has_every_column_that_the_map_exports_with_what_it_is(
    history: History,
) -> None:
    history.mark()
    (file,) = await export(history)
    found = sections(file)
    for database in DATABASES:
        for name, table in personal.load(database).tables.items():
            if not table.export or name == "attachment_content":
                continue
            section = found[database][name]
            assert section["says"] == table.says
            assert section["after_erasure"]
            for row in section["rows"]:
                assert set(row) == set(table.export), name
    assert found["customer"]["account"]["rows"][0]["email"] == EMAIL
    assert len(found["sysops"]["ticket"]["rows"]) == 2
    assert found["billing"]["invoice"]["rows"][0]["total_cents"] == 1500
    assert found["analytics"]["survey_response"]["rows"][0]["score"] == 5
    assert file.read(f"photos/{history.photo_id}.jpg") == b"a picture"
    assert "What Penultimate Electronics keeps" in file.read("README.txt").decode()
    shown = {(database, name) for database, name, table in erasable() if table.export}
    marked = {
        (database, name)
        for database, tables in found.items()
        for name, section in tables.items()
        if CANARY in str(section["rows"])
    }
    assert marked <= shown
    assert len(marked) >= 8


async def test_no_secret_is_in_an_export(history: History) -> None:
    history.databases.execute("customer", "UPDATE account SET password_hash = 'secret hash'")
    (file,) = await export(history)
    document = file.read("data.json").decode()
    for secret in ("secret hash", "ciphertext", "fingerprint", "token_hash", "idempotency"):
        assert secret not in document


async def test_the_customer_is_told_and_the_receipt_counts(history: History) -> None:
    await export(history)
    made = history.request()
    assert (made["status"], made["parts"]) == ("done", 1)
    assert made["receipt"]["databases"]["sysops"]["ticket"] == 2
    kept = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["done_at"])
    assert kept == timedelta(days=7)
    queued = "SELECT kind FROM notification WHERE status = 'queued'"
    assert history.databases.rows("customer", queued) == [("export_ready",)]


async def test_many_photos_make_more_files_and_a_newer_export_takes_the_place_of_the_older(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PART_BYTES", 100)
    files = await export(history)
    assert len(files) > 1
    names = [name for file in files for name in file.namelist()]
    assert sorted(names) == sorted({"README.txt", "data.json", f"photos/{history.photo_id}.jpg"})
    history.databases.execute("customer", "UPDATE data_request SET asked_at = '2026-01-01'")
    await export(history)
    states = history.databases.rows(
        "customer", "SELECT status, parts > 0 FROM data_request ORDER BY asked_at"
    )
    assert states == [("expired", False), ("done", True)]


async def test_an_export_is_removed_when_its_time_is_over(history: History) -> None:
    await export(history)
    async with logged_in(history.databases, "janitor") as sessions:
        janitors = {str(name): makers for name, makers in sessions.items()}
        assert (await forget(janitors, datetime.now(UTC)))["expired_exports"] == 0
        later = datetime.now(UTC) + timedelta(days=8)
        assert (await forget(janitors, later))["expired_exports"] == 1
    assert history.request()["status"] == "expired"
    assert history.databases.rows("customer", "SELECT 1 FROM export_part") == []
