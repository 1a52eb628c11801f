"""What exports and erasures read from their environment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel.database import database
from api.kernel.settings import Settings

Database = Literal["customer", "sysops", "billing", "analytics"]
Sessions = Mapping[Database, async_sessionmaker[AsyncSession]]


class PersonalDataSettings(Settings):
    """Two roles a database: `exporter` reads, `eraser` erases; `SQUAD_CUSTOMER_EXPORTER_URL` and so
    on. `billing_destroy_url` is the role that empties cards in the vault, and reads none.
    """

    customer_exporter_url: SecretStr
    sysops_exporter_url: SecretStr
    billing_exporter_url: SecretStr
    analytics_exporter_url: SecretStr
    customer_eraser_url: SecretStr
    sysops_eraser_url: SecretStr
    billing_eraser_url: SecretStr
    analytics_eraser_url: SecretStr
    billing_destroy_url: SecretStr

    def exporters(self) -> dict[Database, str]:
        return {
            "customer": self.customer_exporter_url.get_secret_value(),
            "sysops": self.sysops_exporter_url.get_secret_value(),
            "billing": self.billing_exporter_url.get_secret_value(),
            "analytics": self.analytics_exporter_url.get_secret_value(),
        }

    def erasers(self) -> dict[Database, str]:
        return {
            "customer": self.customer_eraser_url.get_secret_value(),
            "sysops": self.sysops_eraser_url.get_secret_value(),
            "billing": self.billing_eraser_url.get_secret_value(),
            "analytics": self.analytics_eraser_url.get_secret_value(),
        }


@asynccontextmanager
async def open_sessions(urls: Mapping[Database, str]) -> AsyncIterator[Sessions]:
    """Sessions of one kind of role in each database."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(database(url, name="personal-data", pool_size=3))
            for name, url in urls.items()
        }
