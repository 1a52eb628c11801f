"""The demo world of one platform: its databases, its vault, its logins."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestration.local import vault
from orchestration.local.blueprint import Note
from orchestration.local.databases import role_url
from orchestration.local.demo.logins import describe
from orchestration.local.demo.size import DemoSize
from orchestration.local.instance import Instance
from orchestration.local.view import keep_logins
from orchestration.local.wiring import API_PORTS, DASHBOARDS_PORT

if TYPE_CHECKING:
    from api.billing.vault.service import EncryptedCard, NewCard

CUSTOMERS_SETTING = "SQUAD_DEMO_CUSTOMERS"


def fill(instance: Instance, note: Note) -> None:
    """The step of `squad up`: `SQUAD_DEMO_CUSTOMERS` customers, 5,000 by default, 0 for none.

    Databases that are in use, or hold a world of another size, are left as they are; a world
    of which a part is missing is completed.
    """
    from orchestration.local.demo.load import look

    customers = int(instance.setting(CUSTOMERS_SETTING, str(DemoSize().customers)))
    found = look(_owners(instance))
    if found.marker is None and not customers:
        note("none asked for")
        return
    if found.marker is None and found.occupied is not None:
        note("the databases are in use")
        return
    size = found.marker.demo if found.marker else DemoSize.usual(customers)
    rows = load(instance, size, note)
    note(f"{rows:,} rows" if rows else "it is there")


def load(instance: Instance, size: DemoSize, note: Note) -> int:
    """Fill this platform's databases; returns the rows written, 0 when the world is there.

    Raises DemoRefused where the databases hold something else.
    """
    from api.billing.vault.service import encrypt_many
    from api.kernel import clock
    from orchestration.local.demo.load import load as load_world

    opened = vault.open_keys(instance)

    def encrypt(cards: "Iterable[NewCard]") -> "Iterable[EncryptedCard]":
        return encrypt_many(opened, cards)

    loaded = load_world(_owners(instance), size, clock.now(), encrypt=encrypt, note=note)
    keep_logins(instance, [{**one, "url": _url(instance, one["role"])} for one in describe()])
    return loaded.rows


def _owners(instance: Instance) -> dict[str, str]:
    """The databases by the roles that own them: the load takes indexes off and puts them back."""
    from orchestration.local import bootstrap
    from orchestration.local.demo.target import TABLES

    return {name: role_url(instance, name, bootstrap.owner_of(name)) for name in TABLES}


def _url(instance: Instance, role: str) -> str:
    """Where a role signs in."""
    if role == "manager":
        return f"http://127.0.0.1:{instance.port(DASHBOARDS_PORT)}/"
    quantum = "customer" if role == "customer" else "sysops"
    return f"http://127.0.0.1:{instance.port(API_PORTS[quantum])}/docs"
