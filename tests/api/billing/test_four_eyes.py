"""Over the limit two different people approve the same rows, and no run approves itself."""

from typing import Any
from uuid import UUID

import httpx

from tests.api.billing.conftest import FINANCE, WHO, token
from tests.api.billing.test_acts import act, look
from tests.api.support import pointers
from tests.orchestration.billing.world import OCTOBER, World

OTHER = UUID(int=43)
LIMIT = "/billing/approval-limit"


async def limited(billing: httpx.AsyncClient, world: World, cents: int) -> None:
    """A run like last month's over 59.97, and this limit."""
    body = {"limit_cents": cents, "reason": "Tightened after the audit."}
    answer = await billing.put(LIMIT, json=body, headers=token("administrator"))
    assert answer.status_code == 200, answer.text
    world.plan()
    for _ in range(3):
        world.contract(state="OR", starts_on=OCTOBER.first)
    world.previous_run(3, 5997)
    await world.bill()


async def approve(billing: httpx.AsyncClient, who: UUID = WHO) -> httpx.Response:
    seen = (await look(billing, "/runs/2026-10"))["rows_hash"]
    return await billing.post(
        "/billing/runs/2026-10/approval",
        json={"rows_hash": seen, "reason": "Looked at."},
        headers=token(FINANCE, who=who),
    )


async def state(billing: httpx.AsyncClient) -> tuple[str, int, int, Any]:
    run = await look(billing, "/runs/2026-10")
    return (
        run["status"],
        run["approval"]["needed"],
        run["approval"]["given"],
        run["approval"]["first_by"],
    )


async def test_two_different_people_approve_and_the_rows_are_issued(
    billing: httpx.AsyncClient, world: World
) -> None:
    await limited(billing, world, 5996)
    assert await state(billing) == ("held", 2, 0, None)
    (held,) = (
        it for it in (await look(billing, "/runs/2026-10"))["history"] if it["act"] == "held"
    )
    assert held["detail"] == ("The total of 59.97 is over 59.96: two people have to approve it.")
    assert (await approve(billing)).json()["status"] == "held"
    assert await state(billing) == ("held", 2, 1, str(WHO))
    assert (await world.bill()).issued == 0
    assert await state(billing) == ("held", 2, 1, str(WHO))
    again = await approve(billing)
    assert again.status_code == 409
    assert "somebody else of finance" in again.json()["detail"]
    assert (await approve(billing, OTHER)).json()["approved_by"] == str(OTHER)
    assert await state(billing) == ("approved", 2, 2, str(WHO))
    assert (await world.issue()).issued == 3
    acts = [it["act"] for it in (await look(billing, "/runs/2026-10"))["history"]]
    assert {"first_approved", "approved"} < set(acts)


async def test_other_rows_or_a_refusal_begin_again(
    billing: httpx.AsyncClient, world: World
) -> None:
    await limited(billing, world, 5996)
    await approve(billing)
    world.contract(state="OR", starts_on=OCTOBER.first)
    await world.bill()
    assert await state(billing) == ("held", 2, 0, None)
    assert (await approve(billing, OTHER)).json()["status"] == "held"
    assert await state(billing) == ("held", 2, 1, str(OTHER))
    await act(billing, "/runs/2026-10/refusal")
    assert await state(billing) == ("refused", 2, 0, None)
    await world.bill()
    assert await state(billing) == ("held", 2, 0, None)


async def test_nobody_makes_the_own_approval_enough_by_raising_the_limit(
    billing: httpx.AsyncClient, world: World
) -> None:
    """Some are administrators and of finance."""
    await limited(billing, world, 5996)
    raised = {"limit_cents": 99_999_999_999, "reason": "No more waiting."}
    answer = await billing.put(LIMIT, json=raised, headers=token("administrator", who=OTHER))
    assert answer.status_code == 200
    assert (await approve(billing, OTHER)).json()["status"] == "held"
    assert await state(billing) == ("held", 2, 1, str(OTHER))
    assert (await approve(billing, OTHER)).status_code == 409
    assert (await approve(billing)).json()["status"] == "approved"


async def test_up_to_the_limit_a_run_goes_on_by_itself(
    billing: httpx.AsyncClient, world: World
) -> None:
    await limited(billing, world, 5997)
    assert await state(billing) == ("issued", 1, 1, None)


async def test_the_limit_is_kept_by_administrators_with_a_reason(
    billing: httpx.AsyncClient, world: World
) -> None:
    assert await look(billing, "/approval-limit") == {
        "limit_cents": 25_000_000, "set_by": None, "set_at": None, "reason": None
    }  # fmt: skip
    body = {"limit_cents": 100, "reason": "Small team."}
    refused = await billing.put(LIMIT, json=body, headers=token(FINANCE))
    assert refused.status_code == 403
    wrong = await billing.put(
        LIMIT, json={"limit_cents": -1, "reason": "", "x": 1}, headers=token("administrator")
    )
    assert pointers(wrong) == {"/limit_cents", "/reason", "/x"}
    assert world.rows("SELECT 1 FROM approval_limit") == []
    for cents in (100, 200):
        answer = await billing.put(
            LIMIT, json=body | {"limit_cents": cents}, headers=token("administrator")
        )
        assert answer.json()["limit_cents"] == cents
    assert answer.json() == await look(billing, "/approval-limit")
    assert answer.json()["set_by"] == str(WHO)
