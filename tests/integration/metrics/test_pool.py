"""How many connections are in use is told truly, also after some were found dead."""

import asyncio
from contextlib import AsyncExitStack

from prometheus_client import REGISTRY
from sqlalchemy import text

from api.kernel import metrics
from api.kernel.database import create_engine
from tests.databases import Databases


def told(state: str) -> float | None:
    labels = {"service": metrics.service(), "state": state}
    return REGISTRY.get_sample_value("squad_pool_connections", labels)


async def test_connections_in_use_are_counted_though_the_server_ends_them(
    databases: Databases,
) -> None:
    engine = create_engine(databases.url("sysops", "sysops_api"), name="test", pool_size=3)
    metrics.watch_pool(engine)
    try:
        for _ in range(2):
            async with AsyncExitStack() as stack:
                for used in (1, 2, 3):
                    connection = await stack.enter_async_context(engine.connect())
                    await connection.execute(text("SELECT 1"))
                    assert told("in_use") == used
            assert told("in_use") == 0
            databases.rows(
                "sysops",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
                "sysops_api",
            )
            await asyncio.sleep(0.2)
        assert told("most") == 3
    finally:
        await engine.dispose()
