"""A ticket's life is one trace: request, message, handler and job, whenever and wherever."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import dagster as dg
import httpx
import pytest
from msgspec.structs import replace

from api.kernel import spans, tracing
from api.kernel.auth import STAFF_ISSUER, TokenSigner
from api.kernel.spans import Line
from api.sysops.quantum import quantum as sysops_quantum
from orchestration.assignment.assets import assign_experts
from tests.api.customer.conftest import Customer, settings
from tests.api.support import bearer, client, key_pair
from tests.api.sysops.conftest import settings_for
from tests.databases import Databases
from tests.integration.customer.test_journey import ada, carry, messages
from tests.integration.tracing.traced import Traced
from tests.messaging import deliver, send
from tests.world import add_expert, household
from tests.world import furnish as furnish_sysops

__all__ = ["ada", "settings"]

ROUTES = (
    ("customer", "sysops"), ("sysops", "customer"), ("customer", "customer"), ("sysops", "sysops"),
    ("customer", "analytics"),
)  # fmt: skip
pytestmark = pytest.mark.usefixtures("traced")


async def run_job(databases: Databases, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The assignment job as Dagster runs it, in another thread as it has a loop of its own."""
    monkeypatch.setenv("SQUAD_SYSOPS_URL", databases.url("sysops", "assigner"))
    monkeypatch.setenv("SQUAD_EVIDENCE_FOLDER", str(folder))
    result = await asyncio.to_thread(dg.materialize, [assign_experts])
    assert result.success


async def visit(databases: Databases, expert: UUID) -> None:
    """The expert does all of the only visit there is, over HTTP."""
    signer = TokenSigner(STAFF_ISSUER, key_pair("sysops")[0])
    headers = bearer(signer.sign(expert, ["expert"], ["sysops"], datetime.now(UTC)))
    ((visit,),) = databases.rows("sysops", "SELECT id FROM assignment")
    async with client(sysops_quantum, settings_for(databases)) as squad:
        for act, body in (
            ("accept", None),
            ("start", {"agreed_with_customer": True}),
            ("complete", {"resolution": "New power board."}),
        ):
            answer = await squad.post(f"/sysops/visits/{visit}/{act}", json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            await carry(databases, ROUTES)


def is_one_tree(told: list[Line]) -> bool:
    """Whether each span but the first has its cause among the others."""
    known = {it.span for it in told}
    roots = [it for it in told if it.parent is None]
    return len(roots) == 1 and all(it.parent in known for it in told if it.parent is not None)


async def test_from_the_submission_to_the_survey_a_ticket_is_one_tree(
    ada: Customer,
    databases: Databases,
    sandbox: httpx.AsyncClient,
    traced: Traced,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    expert = add_expert(databases, skill="tv")
    ticket = await ada.ticket_id()
    await carry(databases, ROUTES)
    await run_job(databases, monkeypatch, tmp_path / "evidence")
    await carry(databases, ROUTES)
    await visit(databases, expert)
    mail = (await messages(sandbox, "ada@example.com"))[0]
    page = urlsplit(mail["links"][0]).path
    assert "Thank you" in (await ada.http.post(page, data={"score": "5"})).text
    await carry(databases, ROUTES)

    told = traced.of(UUID(ticket))
    assert is_one_tree(told)
    assert told[0].name == "POST /customer/tickets"
    assert [it.name for it in told if it.error] == []
    names = {it.name for it in told}
    assert names >= {
        "ticket_created process",
        "assign_experts_job",
        "ticket_progress process",
        "staff_notification process",
        "customer_notification process",
        "POST /sysops/visits/{visit_id}/accept",
        "POST /sysops/visits/{visit_id}/complete",
        "POST /customer/surveys/{token}",
        "survey_answered process",
        "survey_outcome process",
    }
    assert told[0].attributes == {
        "http.request.method": "POST",
        "http.route": "/customer/tickets",
        "http.response.status_code": 201,
    }
    assert set(told[1].attributes) >= {"messaging.destination.name", "messaging.message.id"}
    # Nothing that tells who she is, what she said, or opens anything.
    text = traced.text.lower()
    for secret in ("ada@", "ada ", "5125550123", "congress", "board", page.rpartition("/")[2], "?"):
        assert secret.lower() not in text


async def test_a_job_has_a_trace_of_its_own_that_the_trace_of_each_ticket_leads_to(
    databases: Databases, traced: Traced, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    furnish_sysops(databases)
    add_expert(databases)
    home = household()
    first, second = home.ticket(), home.ticket()
    await send(databases, home.directory(), home.entitlement(), first, second)
    await deliver(databases, "customer", "sysops")
    await run_job(databases, monkeypatch, tmp_path / "evidence")
    jobs = [
        it
        for ticket in (first, second)
        for it in traced.of(ticket.ticket_id)
        if it.name == "assign_experts_job"
    ]
    assert len(jobs) == 2
    assert jobs[0].links == jobs[1].links
    assert len(traced.of(UUID(jobs[0].links[0]))) == 1


async def test_a_message_that_cannot_be_handled_is_told_with_the_kind_of_its_error(
    databases: Databases, traced: Traced
) -> None:
    furnish_sysops(databases)
    ticket = household().ticket()  # of a contract that nobody has heard of
    await send(databases, ticket)
    await deliver(databases, "customer", "sysops")
    (told,) = traced.of(ticket.ticket_id)
    assert (told.name, told.error) == ("ticket_created process", "NotYetKnown")


async def test_what_was_undone_with_its_batch_is_told_once_when_it_stands(
    databases: Databases, traced: Traced
) -> None:
    furnish_sysops(databases)
    home = household()
    ticket = home.ticket()
    await send(databases, home.directory(), home.entitlement(), ticket)
    # At the commit, when every handler of the batch has done its work already.
    databases.execute(
        "sysops",
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON ticket
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
        """,
    )
    carrying = asyncio.create_task(deliver(databases, "customer", "sysops"))
    await asyncio.sleep(1.5)
    assert traced.of(ticket.ticket_id) == []
    databases.execute("sysops", "DROP TRIGGER refuse ON ticket")
    await carrying
    assert [it.name for it in traced.of(ticket.ticket_id)] == ["ticket_created process"]


async def test_whose_trace_a_request_is_in_is_not_for_its_client_to_say(
    ada: Customer, traced: Traced
) -> None:
    strange = uuid4()
    given = {"traceparent": f"00-{strange.hex}-00f067aa0ba902b7-01"}
    answer = await ada.http.get("/customer/me", headers=ada.headers | given)
    assert answer.status_code == 200
    assert traced.of(strange) == []
    assert f'"links":["{strange.hex}"]' in traced.text


async def test_who_is_not_let_in_to_a_ticket_leaves_nothing_in_its_trace(
    ada: Customer, traced: Traced
) -> None:
    strange, nobodys = uuid4(), UUID(int=0)
    refused = [
        await ada.http.get(f"/customer/tickets/{strange}"),
        await ada.get(f"/tickets/{strange}"),
        await ada.get(f"/tickets/{nobodys}"),
    ]
    assert [one.status_code for one in refused] == [401, 404, 404]
    assert traced.of(strange) == traced.of(nobodys) == []
    assert traced.text.count("/customer/tickets/{ticket_id}") == 2 * len(refused)


async def test_probes_leave_no_trace(ada: Customer, traced: Traced) -> None:
    assert (await ada.http.get("/health/ready")).status_code == 200
    await ada.get("/me")
    assert "health" not in traced.text


async def test_a_trace_is_kept_by_all_or_by_none(
    ada: Customer,
    databases: Databases,
    sandbox: httpx.AsyncClient,
    traced: Traced,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SQUAD_TRACES_SAMPLED", "0.5")
    spans.close()
    body = await ada.ticket_body()
    tickets = [UUID((await ada.post("/tickets", body)).json()["id"]) for _ in range(12)]
    await carry(databases, ROUTES)
    sampler = spans.ByTrace(0.5)
    for ticket in tickets:
        names = [it.name for it in traced.of(ticket)]
        assert names[:2] == (
            ["POST /customer/tickets", "ticket_created process"]
            if sampler.keeps(ticket.int)
            else []
        )


async def test_without_anybody_who_wants_them_nothing_travels_beside_a_message(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans.close()
    monkeypatch.delenv("SQUAD_TRACE_FILE")
    assert not tracing.enabled()
    await send(databases, replace(household().ticket()))
    rows = databases.rows("customer", "SELECT headers::text FROM to_sysops.pgqueuer")
    assert "otel" not in rows[0][0]
