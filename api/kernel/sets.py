"""Many values in one statement: what thousands of objects one by one would take minutes for.

The values travel as one array a column, so the statement is the same for any number of them, and
is prepared once. Columns that are arrays themselves cannot travel so.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    TableValuedAlias,
    any_,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.database import Tables

Row = Mapping[str, Any]
_NEW_IDS = text("SELECT uuidv7() FROM generate_series(1, :count)")


def equals_any(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """What `column.in_(values)` asks, which is another statement for each number of values."""
    array = bindparam(None, list(values), type_=ARRAY(column.type, dimensions=1))
    found: ColumnElement[bool] = column == any_(array)
    return found


async def new_ids(session: AsyncSession, count: int) -> Sequence[UUID]:
    """Keys for rows that others will refer to before they are read again."""
    return (await session.scalars(_NEW_IDS, {"count": count})).all()


async def insert_all(session: AsyncSession, made: Sequence[Tables]) -> None:
    """Insert new objects of one class, which the session does not know and will not.

    What none of them sets is the database's default. Raises ValueError where one sets other
    columns than the rest.
    """
    if made:
        entity, first = type(made[0]), vars(made[0])
        if any(vars(one).keys() != first.keys() for one in made):
            raise ValueError(f"Every {entity.__name__} of a set must have the same columns.")
        names = [column.name for column in entity.__table__.c if column.name in first]
        rows = [{name: vars(one)[name] for name in names} for one in made]
        await session.execute(insert_of(entity, rows))


def insert_of(entity: type[Tables], rows: Sequence[Row]) -> Insert:
    """One INSERT of rows that have the same columns; there must be one at least."""
    return insert(entity).from_select(list(rows[0]), select(_given(entity, rows)))


async def update_all(
    session: AsyncSession, entity: type[Tables], key: str, rows: Sequence[Row]
) -> None:
    """Write columns of the rows whose `key` is given; all rows have the same columns.

    The session's objects stay as they were read.
    """
    if rows:
        given = _given(entity, rows)
        await session.execute(
            update(entity)
            .where(entity.__table__.c[key] == given.c[key])
            .values({name: given.c[name] for name in rows[0] if name != key})
            .execution_options(synchronize_session=False)
        )


def _given(entity: type[Tables], rows: Sequence[Row]) -> TableValuedAlias:
    """The rows as a table."""
    columns = [entity.__table__.c[name] for name in rows[0]]
    arrays = [
        # Of one dimension: what is a list itself is JSON.
        bindparam(None, [row[column.name] for row in rows], type_=ARRAY(column.type, dimensions=1))
        for column in columns
    ]
    shape = [named(column.name, column.type) for column in columns]
    return func.unnest(*arrays).table_valued(*shape, name="given").render_derived()
