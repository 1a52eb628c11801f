"""What is kept of a customer, and what becomes of it: read from `personal.toml` of each quantum.

The one map of personal data. An export holds what it says, an erasure does what it says, and the
roles of both have the rights that follow from it. Every table of a database is in its map:

    [tables.address]
    says = "The places that experts are sent to."
    by = "account_id"                # the column that holds the customer's id; or
    via = { ticket_id = "ticket" }   # the column that holds the key of a row of another table
    subject = true                   # messages may name these rows by their key
    export = ["line1", "city"]       # columns that the customer gets
    internal = ["id"]                # the others: keys, hashes, what is told elsewhere
    erase = "blank"                  # or "delete", "keep", "vault" (the vault destroys it)
    blank = { line1 = "''" }         # what an erasure writes
    kept = { city = "why it stays" } # what stays although it is personal

    [others]
    staff = "why no row of it is about a customer"

`via` may lead into the customer database (`customer.survey`): the ids are found there first.
Where neither says it, `where` does, in SQL with `:customer`, and `reads` names its columns.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

_API = Path(__file__).parent.parent
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
QUANTA: Final = ("customer", "sysops", "billing", "analytics")

Erase = Literal["blank", "delete", "keep", "vault"]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table with rows about customers; the words are those of the module's docstring."""

    says: str
    erase: Erase
    by: str | None = None
    via: dict[str, str] = {}
    where: str | None = None
    reads: list[str] = []
    key: str = "id"
    subject: bool = False
    export: list[str] = []
    internal: list[str] = []
    blank: dict[str, str] = {}
    kept: dict[str, str] = {}

    @property
    def columns(self) -> list[str]:
        return [*self.export, *self.internal]

    @property
    def finders(self) -> list[str]:
        """The columns of it that finding a customer's rows reads."""
        found = [*self.via, *self.reads]
        if self.by is not None:
            found.append(self.by)
        if self.key in self.columns:
            found.append(self.key)
        return list(dict.fromkeys(found))


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One database: its tables with rows about customers, and why the others have none."""

    tables: dict[str, Table]
    others: dict[str, str]


@dataclass(frozen=True)
class Found:
    """How the rows of one customer are found: a condition, and the ids that it needs.

    `needs` are tables of the customer database, each a parameter (`customer_survey`) with the
    keys of the customer's rows there.
    """

    condition: str
    needs: frozenset[str]


@cache
def load(quantum: str) -> Map:
    """Read a quantum's map; raises msgspec.ValidationError naming a bad entry."""
    path = _API / quantum / "personal.toml"
    found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Map)
    for name in _identifiers(found):
        if not _NAME.fullmatch(name):
            raise msgspec.ValidationError(f"{name!r} in {quantum}/personal.toml is no name.")
    return found


def rows_of(map_: Map, name: str) -> Found:
    """The condition on a table's rows, with `:customer` for the customer's id."""
    table = map_.tables[name]
    if table.by is not None:
        return Found(f"{table.by} = CAST(:customer AS uuid)", frozenset())
    if table.where is not None:
        return Found(table.where, frozenset())
    parts: list[str] = []
    needs: frozenset[str] = frozenset()
    for column, other in table.via.items():
        if "." in other:
            parts.append(f"{column} = ANY(CAST(:{parameter(other)} AS uuid[]))")
            needs |= {other}
        else:
            inner = rows_of(map_, other)
            key = map_.tables[other].key
            parts.append(f"{column} IN (SELECT {key} FROM {other} WHERE {inner.condition})")  # noqa: S608 - names of the map, checked
            needs |= inner.needs
    return Found(" AND ".join(parts), needs)


def parameter(table: str) -> str:
    """The name of the parameter with the keys of another database's table."""
    return table.replace(".", "_")


def selected(map_: Map, *, exported: bool) -> dict[str, list[str]]:
    """The columns that finding the rows reads and, when `exported`, an export holds."""
    return {
        name: list(dict.fromkeys([*table.finders, *(table.export if exported else ())]))
        for name, table in map_.tables.items()
        if table.erase != "vault"
    }


def updated(map_: Map) -> dict[str, list[str]]:
    """The columns that an erasure overwrites."""
    return {name: list(table.blank) for name, table in map_.tables.items() if table.blank}


def deleted(map_: Map) -> list[str]:
    """The tables that an erasure removes rows from."""
    return [name for name, table in map_.tables.items() if table.erase == "delete"]


def _identifiers(map_: Map) -> Iterator[str]:
    for name, table in map_.tables.items():
        yield from (name, table.key, *table.columns, *table.via, *table.via.values())
        yield from (*table.reads, *table.blank, *([table.by] if table.by else ()))


Ids = Mapping[str, list[str]]
"""Keys of a customer's rows, by table of the customer database (`customer.survey`)."""
