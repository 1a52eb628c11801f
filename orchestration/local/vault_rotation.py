"""The vault's data keys as the people who run the platform see and rotate them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import api.billing.tables  # noqa: F401 - all of them, for the keys between them
from api.billing.vault import rotation
from api.billing.vault.crypto import WrongKey
from api.billing.vault.keys import NoKeys
from api.kernel import clock
from api.kernel.database import database, is_unavailable
from orchestration.billing.rotating import RotatingAlready, RotationProgress, Rotator
from orchestration.local import vault
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance


async def state(instance: Instance) -> rotation.VaultState:
    """Keys, cards and the log of openings; raises LocalError when the vault cannot be asked."""
    async with sessions_of(instance) as sessions, sessions() as session:
        return await rotation.state(session)


async def rotate(
    instance: Instance, older_than: timedelta, report: Callable[[RotationProgress], None]
) -> RotationProgress:
    """Go on with a rotation, or begin one when the current key is `older_than` old.

    Raises LocalError when another one runs, or the key-encryption key is not the vault's.
    """
    kek = vault.key_encryption_key(instance)
    async with sessions_of(instance) as sessions:
        return await Rotator(sessions, kek, clock.now, report).run(older_than)


@asynccontextmanager
async def sessions_of(instance: Instance) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions of who rotates; what goes wrong within is LocalError, in words."""
    url = role_url(instance, "billing", vault.ROLE)
    try:
        async with database(url, name="squad-vault", pool_size=2) as sessions:
            yield sessions
    except RotatingAlready as error:
        raise LocalError(f"{error} Wait until it is done: `squad vault status` tells.") from error
    except (WrongKey, NoKeys) as error:
        raise LocalError(f"{error} Nothing was changed.") from error
    except (OSError, SQLAlchemyError) as error:
        hint = (
            "`squad status` tells whether it is there, `squad migrate` makes its roles."
            if is_unavailable(error)
            else "Run the command again: it goes on where it stopped."
        )
        raise LocalError(
            f"The billing database cannot be asked ({type(error).__name__}): {hint}"
        ) from error
