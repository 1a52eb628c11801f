"""The sysops database as the people who run the platform reach it by command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

import api.sysops.tables  # noqa: F401 - all of them, for the keys between them
from api.kernel.database import database
from api.kernel.errors import DomainError
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance

ROLE = "sysops_operator"


@asynccontextmanager
async def operating(instance: Instance, hint: str = "") -> AsyncIterator[AsyncSession]:
    """One transaction with the role of those who run the platform.

    Raises LocalError, for a refusal with a `hint` of what to do about it.
    """
    url = role_url(instance, "sysops", ROLE)
    try:
        async with (
            database(url, name="squad", pool_size=2) as sessions,
            sessions.begin() as session,
        ):
            yield session
    except DomainError as error:
        raise LocalError(f"{error.detail} {hint}".strip()) from error
    except (OSError, SQLAlchemyError) as error:
        raise LocalError(
            f"The sysops database cannot be asked ({type(error).__name__}): `squad status` tells "
            f"whether it is there, `squad migrate` makes its roles."
        ) from error
