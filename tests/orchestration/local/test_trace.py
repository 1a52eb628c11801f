"""`squad trace`: a ticket's life as the processes of this machine have told it."""

import json
from asyncio import to_thread
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from opentelemetry.trace import SpanKind

from api.kernel import spans, tracing
from orchestration.local.cli import main
from orchestration.local.databases import admin_variable
from orchestration.local.instance import Instance
from orchestration.local.observing import trace_file
from orchestration.local.operating import ROLE
from orchestration.local.secrets import SecretStore
from tests.databases import Databases, password_of
from tests.messaging import deliver, send
from tests.world import furnish, household

Squad = Callable[..., Result]


@pytest.fixture
def squad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Squad]:
    """The command, on a platform whose processes write their spans; more of its shell as wanted."""
    spans.close()
    file = trace_file(Instance(tmp_path))
    file.parent.mkdir()
    monkeypatch.setenv("SQUAD_TRACE_FILE", str(file))

    def run(*words: str, **environment: str) -> Result:
        spans.close()
        shell = {"SQUAD_VAR": str(tmp_path), "SQUAD_PORT_OFFSET": "0", **environment}
        return CliRunner().invoke(main, ["trace", *words], env=shell)

    yield run
    spans.close()


def submitted(ticket: UUID) -> None:
    """A request that submits the ticket, and two handlers behind it, one of which fails."""
    work = tracing.Work("POST /customer/tickets", SpanKind.SERVER)
    with tracing.current(work):
        tracing.begins(ticket)
        carried = tracing.headers(ticket)
    work.end()
    for name, error in (("ticket_created process", "NotYetKnown"), ("and again", None)):
        handling = tracing.received(name, {}, carried)
        assert handling is not None
        handling.end(error)


def test_every_step_is_below_what_caused_it_with_time_and_process(
    squad: Squad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUAD_PROCESS", "customer-api")
    ticket = uuid4()
    submitted(ticket)
    submitted(uuid4())
    result = squad(str(ticket))
    assert result.exit_code == 0, result.output
    head, since, *lines = result.stdout.splitlines()
    assert head == f"Ticket {ticket}: 3 spans of 1 process(es)"
    assert since.endswith("UTC")
    assert [line.split("customer-api")[1].rstrip() for line in lines] == [
        "              POST /customer/tickets",
        f"{'':14}  {'ticket_created process':<50}  failed: NotYetKnown",
        "                and again",
    ]


def test_requests_that_only_read_are_counted_and_shown_to_who_asks(squad: Squad) -> None:
    ticket = uuid4()
    submitted(ticket)
    read = {"http.request.method": "GET"}
    tracing.Work("GET /it", SpanKind.SERVER, lambda: ticket, attributes=dict(read)).end()
    told = squad(str(ticket)).stdout
    assert ("4 spans" in told, "1 reads not shown" in told, "GET /it" in told) == (
        True,
        True,
        False,
    )
    assert "GET /it" in squad(str(ticket), "--reads").stdout


def test_a_program_gets_the_same_as_one_object(squad: Squad) -> None:
    ticket = uuid4()
    submitted(ticket)
    told = json.loads(squad(str(ticket), "--json").stdout)
    assert (told["ok"], told["ticket"], len(told["spans"])) == (True, str(ticket), 3)
    assert {it["trace"] for it in told["spans"]} == {ticket.hex}


def test_of_a_ticket_that_left_no_trace_it_says_so(squad: Squad) -> None:
    result = squad(str(uuid4()))
    assert (result.exit_code, "Nothing is known" in result.stdout) == (1, True)


def test_where_a_collector_has_the_spans_it_says_which_trace_to_look_for(squad: Squad) -> None:
    ticket = uuid4()
    result = squad(str(ticket), SQUAD_OTLP_ENDPOINT="http://127.0.0.1:4318")
    assert result.exit_code == 1
    assert ticket.hex in result.stderr


def test_half_a_line_of_a_process_that_was_killed_hides_nothing_of_others(
    squad: Squad, tmp_path: Path
) -> None:
    ticket = uuid4()
    submitted(ticket)
    spans.close()
    with trace_file(Instance(tmp_path)).open("a") as file:
        file.write(
            f'{{"trace":"{ticket.hex}","sp{{"trace":"{ticket.hex}"}}\n{{"trace":"{ticket.hex}'
        )
    assert len(json.loads(squad(str(ticket), "--json").stdout)["spans"]) == 3


async def test_a_ticket_is_found_by_its_number(
    squad: Squad, databases: Databases, tmp_path: Path
) -> None:
    furnish(databases)
    home = household()
    ticket = home.ticket()
    await send(databases, home.directory(), home.entitlement(), ticket)
    await deliver(databases, "customer", "sysops")
    ((number,),) = databases.rows("sysops", "SELECT number FROM ticket")
    SecretStore(tmp_path / "secrets").secret(f"role-{ROLE}", partial(password_of, ROLE))
    shell = {admin_variable("sysops"): databases.url("sysops")}
    told = await to_thread(squad, str(number), "--json", **shell)
    assert json.loads(told.stdout)["ticket"] == str(ticket.ticket_id)
    nobody = await to_thread(squad, "999999", "--json", **shell)
    assert "no ticket with the number 999999" in json.loads(nobody.stdout)["error"]
