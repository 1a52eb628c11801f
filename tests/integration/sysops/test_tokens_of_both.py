"""Who is signed in as a customer reads help articles at sysops; tokens open nothing else there."""

from api.customer.quantum import QuantumSettings as CustomerSettings
from api.customer.quantum import quantum as customer_quantum
from api.sysops.quantum import quantum as sysops_quantum
from tests.api.customer.conftest import join
from tests.api.customer.conftest import settings as settings_of_customers
from tests.api.support import bearer, client
from tests.api.sysops.conftest import PASSWORD, add_staff, settings_for
from tests.databases import Databases
from tests.world import furnish

settings = settings_of_customers


async def test_the_token_of_a_sign_in_is_good_where_its_holder_has_something_to_do(
    databases: Databases, settings: CustomerSettings
) -> None:
    furnish(databases)
    add_staff(databases, "administrator")
    async with (
        client(customer_quantum, settings) as customers,
        client(sysops_quantum, settings_for(databases)) as sysops,
    ):
        ada = await join(customers)
        found = await sysops.get("/sysops/help-articles/search?q=power", headers=ada.headers)
        assert (found.status_code, found.json()["items"]) == (200, [])
        assert (await sysops.get("/sysops/me", headers=ada.headers)).status_code == 403
        credentials = {"email": "administrator@squad.example", "password": PASSWORD}
        answer = await sysops.post("/sysops/sessions", json=credentials)
        boss = bearer(answer.json()["access_token"])
        assert (await sysops.get("/sysops/me", headers=boss)).status_code == 200
        assert (await customers.get("/customer/me", headers=boss)).status_code == 403
        assert (await customers.get("/customer/attachments", headers=boss)).status_code == 403
