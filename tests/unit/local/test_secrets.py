"""Secrets are made once, and stay between the owner and the platform."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from orchestration.local.secrets import SecretStore


def test_a_secret_is_made_once_and_then_the_same(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets")

    first = store.secret("key", lambda: "made first")

    assert first == "made first"
    assert store.secret("key", lambda: "made again") == first
    assert SecretStore(tmp_path / "secrets").secret("key") == first


def test_only_the_owner_may_read_a_secret(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets")
    store.secret("key")

    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE(store.path("key").stat().st_mode) == 0o600


def test_all_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets")

    with ThreadPoolExecutor(16) as threads:
        given = set(threads.map(lambda _: store.secret("key", lambda: uuid4().hex), range(64)))

    assert len(given) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["key"]


def test_every_role_has_a_password_of_its_own_that_needs_no_quoting(tmp_path: Path) -> None:
    store = SecretStore(tmp_path)

    one, two = store.role_password("customer_api"), store.role_password("sysops_api")

    assert one != two
    assert store.role_password("customer_api") == one
    assert len(one) == 32
    assert one.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("name", ["../key", "", "Key", ".hidden", "a/b", "a b"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a secret's name"):
        SecretStore(tmp_path).secret(name)


def test_a_folder_left_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o755)

    SecretStore(folder).secret("key")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
