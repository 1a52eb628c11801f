"""Finance has a customer billed again for a month that is issued."""

from uuid import uuid4

import httpx

from api.billing.reruns.service import Asked, ask
from orchestration.billing.late import draft_late
from tests.api.billing.conftest import WHO
from tests.api.billing.test_acts import act, look
from tests.api.support import pointers
from tests.orchestration.billing.world import OCTOBER, World

PATH = "/runs/2026-10/reruns"


async def test_a_customer_is_billed_again_once_and_everybody_sees_who_asked_and_why(
    billing: httpx.AsyncClient, world: World
) -> None:
    customer = uuid4()
    world.plan()
    world.contract(starts_on=OCTOBER.first, state="OR", customer_id=customer)
    world.previous_run(1, 1999)
    early = await act(billing, PATH, customer_id=str(customer))
    assert early.status_code == 404
    await world.draft()
    early = await act(billing, PATH, customer_id=str(customer))
    assert "is drafted: what is due is billed with it" in early.json()["detail"]
    await world.bill()
    world.contract(starts_on=OCTOBER.first, state="OR", customer_id=customer)
    asked = await act(billing, PATH, customer_id=str(customer))
    assert (asked.status_code, asked.json()["done_at"]) == (202, None)
    twice = await act(billing, PATH, customer_id=str(customer))
    assert twice.json() == asked.json()
    nobody = await act(billing, PATH, customer_id=str(uuid4()))
    assert (nobody.status_code, pointers(nobody)) == (422, {"/customer_id"})
    async with world.as_role("biller") as sessions, sessions.begin() as session:
        by_job = await ask(session, OCTOBER, customer, Asked("job runner", "x", world.now))
        assert str(by_job[0].id) == asked.json()["id"]
        await draft_late(session, OCTOBER, world.now)
    await world.issue()
    (done,) = await look(billing, PATH, customer_id=str(customer))
    assert (done["asked_by"], done["drafted"], done["parked"]) == (str(WHO), 1, 0)
    assert await look(billing, PATH, customer_id=str(uuid4())) == []
    (written,) = (await look(billing, "/acts", act="rerun", customer_id=str(customer)))["items"]
    assert (written["subject_id"], written["reason"]) == (done["id"], "The visit was late.")
    run = await look(billing, "/runs/2026-10")
    (event,) = (it for it in run["history"] if it["act"] == "rerun")
    assert event["actor"] == str(WHO)
    assert f"Customer {customer} was billed again: 1 drafted" in event["detail"]
    assert (run["invoices"], run["total_cents"]) == (2, 3998)
