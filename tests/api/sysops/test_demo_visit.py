"""The demo's expert ends the visit that the demo world has begun, before going to the next one."""

import asyncio
from contextlib import closing
from uuid import UUID, uuid4

import httpx
import pytest

from orchestration.local.demo.ticket import Journey, Services
from tests.api.served import served, sysops_quantum
from tests.api.sysops.conftest import SignIn
from tests.api.sysops.lives import HOUR, proposed, status_of
from tests.databases import Databases


@pytest.mark.parametrize(("mine", "then"), [(False, "resolved"), (True, "in_progress")])
async def test_the_demo_ends_the_work_that_its_expert_is_at_but_not_its_own(
    mine: bool,
    then: str,
    sysops: httpx.AsyncClient,
    databases: Databases,
    ticket_id: UUID,
    expert: UUID,
    sign_in: SignIn,
) -> None:
    headers = await sign_in("eve@squad.example")
    visit = await proposed(databases, ticket_id, expert, HOUR / 4)
    for act in ("accept", "start"):
        answer = await sysops.post(f"/sysops/visits/{visit}/{act}", headers=headers)
        assert answer.status_code == 200, answer.text
    with served(sysops_quantum(databases)) as url:
        services = Services(*[url] * 5)
        journey = Journey(services, lambda _: None, patience=1)
        journey._tokens["eve@squad.example"] = headers["Authorization"].removeprefix("Bearer ")
        at = visit if mine else str(uuid4())
        with closing(journey._http):
            await asyncio.to_thread(journey._end_other_work, "eve@squad.example", at)
    assert status_of(databases, ticket_id)[0] == then
