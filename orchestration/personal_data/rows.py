"""A customer's rows, found, read, counted and erased as the maps of the quanta say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import personal
from api.kernel.personal import Map, Table
from orchestration.personal_data.settings import Database, Sessions

# Filled in with names and conditions of the maps, which are checked when they are read.
_ROWS = """
SELECT to_jsonb(it)
FROM (SELECT {columns} FROM {table} WHERE {condition} ORDER BY {key}) AS it
"""
_KEYS = "SELECT {key} FROM {table} WHERE {condition}"
_COUNT = "SELECT count(*) FROM {table} WHERE {condition}"
_BLANK = "UPDATE {table} SET {blanks} WHERE {condition}"
_REMOVE = "DELETE FROM {table} WHERE {condition}"


@dataclass(frozen=True)
class Person:
    """A customer, and the ids under which others know what is theirs.

    `keys` are those of customer tables that other maps lead into, `subjects` all that messages
    may name.
    """

    id: UUID
    keys: Mapping[str, Sequence[UUID]] = field(default_factory=dict)
    subjects: frozenset[str] = frozenset()


async def find(sessions: Sessions, customer_id: UUID) -> Person:
    """Find the ids of all that is the customer's, in every database."""
    keys = await _keys(sessions["customer"], customer_id)
    found = Person(customer_id, keys)
    subjects = {str(customer_id)}
    for database, makers in sessions.items():
        map_ = personal.load(database)
        async with makers() as session:
            for name, table in map_.tables.items():
                if table.subject:
                    subjects |= {str(it) for it in await _column(session, found, map_, name)}
    return Person(customer_id, keys, frozenset(subjects))


async def read(session: AsyncSession, person: Person, map_: Map, name: str) -> list[Any]:
    """The rows of one table as an export shows them, in the order of their key."""
    table = map_.tables[name]
    statement, values = _filled(
        _ROWS, person, map_, name, columns=", ".join(table.export), key=table.key
    )
    return list(await session.scalars(statement, values))


async def erase(session: AsyncSession, person: Person, database: Database) -> dict[str, Any]:
    """Blank and remove what the map says, in the caller's transaction; returns the receipt.

    Doing it again changes nothing.
    """
    map_ = personal.load(database)
    receipt = {name: await _counted(session, person, map_, name) for name in map_.tables}
    for name, table in map_.tables.items():
        if table.blank:
            blanks = ", ".join(f"{column} = {value}" for column, value in table.blank.items())
            await session.execute(*_filled(_BLANK, person, map_, name, blanks=blanks))
    for name in personal.deleted(map_):
        await session.execute(*_filled(_REMOVE, person, map_, name))
    return {name: entry for name, entry in receipt.items() if entry["rows"]}


async def _counted(session: AsyncSession, person: Person, map_: Map, name: str) -> dict[str, Any]:
    table = map_.tables[name]
    # The vault is counted by who may look into it.
    rows = 0
    if table.erase != "vault":
        rows = await session.scalar(*_filled(_COUNT, person, map_, name)) or 0
    return {"rows": rows, **_done(table)}


def _done(table: Table) -> dict[str, Any]:
    """What happens to the rows of a table, in the words of its map."""
    done = {"blank": "blanked", "delete": "deleted", "keep": "kept", "vault": "destroyed"}
    said: dict[str, Any] = {"done": done[table.erase]}
    if table.blank:
        said["blanked"] = sorted(table.blank)
    if table.kept:
        said["kept"] = dict(table.kept)
    return said


def _filled(
    template: str, person: Person, map_: Map, name: str, **words: str
) -> tuple[TextClause, dict[str, Any]]:
    """A statement on the person's rows of one table, and its parameters."""
    found = personal.rows_of(map_, name)
    values = {personal.parameter(it): list(person.keys[it]) for it in found.needs}
    statement = text(template.format(table=name, condition=found.condition, **words))
    return statement, {"customer": str(person.id)} | values


async def _keys(makers: Any, customer_id: UUID) -> dict[str, list[UUID]]:
    """The keys of the customer tables that the maps of other databases lead into."""
    person, map_ = Person(customer_id), personal.load("customer")
    needed = {
        other
        for quantum in personal.QUANTA
        for table in personal.load(quantum).tables.values()
        for other in table.via.values()
        if "." in other
    }
    async with makers() as session:
        return {
            name: await _column(session, person, map_, name.removeprefix("customer."))
            for name in sorted(needed)
        }


async def _column(session: AsyncSession, person: Person, map_: Map, name: str) -> list[UUID]:
    statement, values = _filled(_KEYS, person, map_, name, key=map_.tables[name].key)
    return list(await session.scalars(statement, values))
