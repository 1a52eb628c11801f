"""Which platform is meant, and what it was started with."""

from pathlib import Path

import pytest

from orchestration.local.databases import (
    DATABASES,
    admin_url,
    admin_variable,
    role_url,
    uses_embedded_server,
)
from orchestration.local.errors import LocalError
from orchestration.local.instance import (
    PROJECT_ROOT,
    Instance,
    forget,
    from_environment,
    record,
    recorded,
)
from orchestration.local.secrets import SecretStore


def test_the_default_is_var_in_the_project_on_the_default_ports() -> None:
    instance = from_environment({})

    assert instance.var == PROJECT_ROOT / "var"
    assert instance.is_default
    assert instance.port(8001) == 8001


def test_variables_select_another_folder_and_other_ports(tmp_path: Path) -> None:
    instance = from_environment({"SQUAD_VAR": str(tmp_path), "SQUAD_PORT_OFFSET": "100"})

    assert instance.var == tmp_path
    assert not instance.is_default
    assert instance.port(8001) == 8101


@pytest.mark.parametrize("offset", ["-1", "1.5", "x", "60000"])
def test_an_offset_that_leaves_the_range_of_ports_is_refused(offset: str) -> None:
    with pytest.raises(LocalError, match="whole number from 0 to 57034"):
        from_environment({"SQUAD_PORT_OFFSET": offset})


def test_only_the_operators_own_settings_are_taken_from_the_shell() -> None:
    instance = from_environment({"SQUAD_SMTP_URL": "smtp://mail", "AWS_SECRET": "x", "PATH": "/"})

    assert instance.settings == {"SQUAD_SMTP_URL": "smtp://mail"}
    assert instance.setting("SQUAD_SMTP_URL", "other") == "smtp://mail"
    assert instance.setting("SQUAD_SMS_URL", "other") == "other"


def test_what_a_platform_was_started_with_is_on_record_until_it_is_down(tmp_path: Path) -> None:
    started = Instance(tmp_path, 100, {"SQUAD_SMTP_URL": "smtp://mail"})
    asked = Instance(tmp_path)
    assert recorded(asked) == asked

    record(started)
    assert recorded(asked) == started

    forget(started)
    assert recorded(asked) == asked


def outside(tmp_path: Path, url: str, *databases: str) -> Instance:
    return Instance(tmp_path, 0, {admin_variable(database): url for database in databases})


def test_the_embedded_server_is_needed_unless_every_database_has_another(tmp_path: Path) -> None:
    url = "postgresql://admin:secret@db.example:5433"

    assert uses_embedded_server(Instance(tmp_path))
    assert uses_embedded_server(outside(tmp_path, url, "customer"))
    assert not uses_embedded_server(outside(tmp_path, url, *DATABASES))


def test_a_database_outside_is_named_by_its_url_or_else_as_ours(tmp_path: Path) -> None:
    bare = outside(tmp_path, "postgresql://admin:secret@db.example:5433", "billing")
    named = outside(tmp_path, "postgresql://admin:secret@db/penultimate?sslmode=require", "billing")

    assert admin_url(bare, "billing") == "postgresql://admin:secret@db.example:5433/billing"
    assert admin_url(named, "billing").endswith("@db/penultimate?sslmode=require")


def test_a_process_logs_in_with_its_role_on_the_same_server(tmp_path: Path) -> None:
    instance = outside(tmp_path, "postgresql://admin:secret@db:5433/x?sslmode=require", "billing")
    password = SecretStore(instance.secrets).role_password("biller")

    assert role_url(instance, "billing", "biller") == (
        f"postgresql://biller:{password}@db:5433/x?sslmode=require"
    )
    dagster = role_url(instance, "billing", "biller", "postgresql+psycopg2")
    assert dagster.startswith("postgresql+psycopg2://biller:")


def test_a_url_that_is_none_is_named_by_its_variable(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="SQUAD_BILLING_ADMIN_URL is not a URL of the form"):
        admin_url(outside(tmp_path, "db.example", "billing"), "billing")


def test_an_unknown_database_is_a_mistake_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'bilings' is not one of customer, sysops"):
        admin_url(Instance(tmp_path), "bilings")
