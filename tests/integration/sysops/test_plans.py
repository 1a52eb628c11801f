"""What is asked often reads what it answers, however many rows lie beside it."""

from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.engine import make_url

from api.sysops.tickets.routes import customers_matching
from tests.databases import Databases

MANY = """
INSERT INTO customer (id, version, full_name, email, phone, addresses, updated_at)
SELECT uuidv7(), 1, 'Customer ' || n, n || '@example.com', '+1212' || n, '[]', now()
FROM generate_series(1000000, 1020000) n
"""


async def test_a_customer_is_found_among_many_by_indexes_alone(databases: Databases) -> None:
    databases.execute("sysops", MANY)
    databases.execute("sysops", "ANALYZE customer")
    query = customers_matching(f"Ada {uuid4()}").compile(
        dialect=make_url("postgresql+asyncpg://").get_dialect()(),
        compile_kwargs={"literal_binds": True},
    )
    async with databases.sessions("sysops", "sysops_api") as sessions, sessions() as session:
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {query}".replace(":", "\\:"))))
    for name in ("ix_customer_email", "ix_customer_phone", "ix_customer_name_start"):
        assert name in plan, plan
    assert "Seq Scan" not in plan
