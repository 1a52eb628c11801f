"""Whether a process lives, and whether it can do its work: asked by probes, answered in time."""

import asyncio
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.kernel.problems import problem
from api.kernel.quantum import Quantum

SECONDS: Final = 3.0
"""A database that does not answer within it counts as away; probes wait longer than that."""

_REVISION = text("SELECT version_num FROM alembic_version")


@get("/health/live", include_in_schema=False)
async def live() -> dict[str, str]:
    """The process answers; says nothing of what it depends on."""
    return {"status": "live"}


def readiness(quanta: Sequence[Quantum]) -> HTTPRouteHandler:
    """The route that fails while a database of this process is away, hangs, or is of an older
    release than the process.
    """

    @get("/health/ready", include_in_schema=False)
    async def ready() -> Response[dict[str, object]]:
        for quantum in quanta:
            if wrong := await _wrong(quantum):
                return problem(503, "Not ready", wrong)
        return Response({"status": "ready", "quanta": [quantum.name for quantum in quanta]})

    return ready


async def _wrong(quantum: Quantum) -> str | None:
    """Why a quantum cannot do its work; None when it can."""
    try:
        async with asyncio.timeout(SECONDS), quantum.engine.connect() as connection:
            revision = await connection.scalar(_REVISION)
    except TimeoutError:
        return f"The {quantum.name} database does not answer within {SECONDS:g} s."
    except (SQLAlchemyError, OSError) as error:
        return f"The {quantum.name} database does not answer ({type(error).__name__})."
    if _is_behind(quantum.name, revision):
        return f"The {quantum.name} database is of an older release: `squad migrate`."
    return None


@cache
def revisions(quantum: str) -> tuple[str, ...]:
    """Every migration of a database, the oldest first: the name of each file begins with its own.

    Alembic would import all of them to tell the same, in every process.
    """
    folder = Path(__file__).parent / quantum / "migrations"
    return tuple(sorted(file.name.partition("_")[0] for file in folder.glob("[0-9]*.py")))


def _is_behind(quantum: str, revision: str | None) -> bool:
    """Whether a database of this revision lacks what the code needs.

    One that the code does not know is of a later release, which only adds.
    """
    return revision is None or revision in revisions(quantum)[:-1]
