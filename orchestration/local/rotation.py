"""Replacing a password or key while the platform runs: the file, the databases, the processes.

Whoever has a secret is found by what it changes: the processes whose variables are others with the
new one. Killed at any point, the command is run again: it makes one more new secret and goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import psycopg

from orchestration.local import bootstrap, keys
from orchestration.local.blueprint import Blueprint
from orchestration.local.databases import DATABASES, SUPERUSER_SECRET, admin_url
from orchestration.local.errors import LocalError
from orchestration.local.files import write_private
from orchestration.local.instance import Instance
from orchestration.local.secrets import SecretStore, make_password

ROLE: Final = "role-"
SIGNING_KEY: Final = "signing-key-"
# What is replaced in another way, because something is locked under the old one.
OTHERWISE: Final = {
    keys.KEK: "`squad vault rotate-kek` replaces it, and wraps the vault's keys anew.",
    keys.BOX_KEYS: "`squad vault rotate-box-key` adds a key: the old one opens what still waits.",
    SUPERUSER_SECRET: "No process logs in with it; it is that of the embedded server's folder.",
}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by its name: since when it is this one, and which processes have it."""

    name: str
    since: datetime
    holders: tuple[str, ...]


def listed(instance: Instance, blueprint: Blueprint) -> list[Secret]:
    """Every secret that was made here, by name; never its value."""
    store, environments = SecretStore(instance.secrets), _environments(instance, blueprint)
    found = []
    for file in sorted(instance.secrets.glob("[!.]*")):
        # What is kept of an earlier one, or of the start, is no secret of a process.
        if not file.is_file() or file.suffix == ".json" or "-until-" in file.name:
            continue
        given = {file.read_text()}
        if file.name.startswith(SIGNING_KEY):
            given.add(keys.public_key(store, file.name.removeprefix(SIGNING_KEY)))
        if file.name == keys.BOX_KEYS:
            given.add(keys.box_public_key(store))
        holders = tuple(
            name
            for name, variables in environments.items()
            if any(secret in value for secret in given for value in variables.values())
        )
        since = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        found.append(Secret(file.name, since, holders))
    return found


def replace(instance: Instance, blueprint: Blueprint, name: str) -> list[str]:
    """Make a new secret of this name; the processes that have to start again to learn of it.

    A database role has its new password when this returns. Raises LocalError for a name that is
    none, for what is replaced otherwise, and when a database cannot be asked.
    """
    if name in OTHERWISE:
        raise LocalError(f"{name} is not replaced by this command. {OTHERWISE[name]}")
    if name not in {it.name for it in listed(instance, blueprint)}:
        raise LocalError(f"There is no secret {name!r}: `squad secrets list` names them.")
    store, before = SecretStore(instance.secrets), _environments(instance, blueprint)
    write_private(store.path(name), _made_like(name))
    if name.startswith(ROLE):
        _set_password(instance, store, name.removeprefix(ROLE))
    after = _environments(instance, blueprint)
    return [process for process in after if after[process] != before[process]]


def _made_like(name: str) -> str:
    if name.startswith(ROLE):
        return make_password()
    return keys.make_signing_key() if name.startswith(SIGNING_KEY) else keys.make_key()


def _set_password(instance: Instance, store: SecretStore, role: str) -> None:
    for database in DATABASES:
        if role in bootstrap.roles_of(database):
            try:
                bootstrap.create_roles(admin_url(instance, database), [role], store.role_password)
            except psycopg.Error as error:
                raise LocalError(
                    f"The {database} database cannot be asked ({type(error).__name__}), and {role} "
                    "has its old password there. `squad status` tells whether it is there; then "
                    "run the command again."
                ) from error


def _environments(instance: Instance, blueprint: Blueprint) -> dict[str, Mapping[str, str]]:
    return {it.name: dict(it.environment(instance)) for it in blueprint.processes}
