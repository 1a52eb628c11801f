"""`squad bench` of what people and messages wait for: submitting, reading, relaying, searching,
and any route."""

import os
from collections.abc import Callable
from typing import Any, Final

import click

from tests.benchmarks.report import json_, tell

size_ = click.option("--size", type=click.Choice(["small", "full"]), default="small",
                     show_default=True)  # fmt: skip


@click.command("submit")
@size_
@json_
def submit_(size: str, *, as_json: bool) -> None:
    """Tickets submitted over HTTP, against pgbench and a reference API; 4 or 15 s a round."""
    from tests.benchmarks import submit

    seconds = {"small": 4.0, "full": 15.0}[size]
    tell(lambda say: submit.run(seconds, say), as_json=as_json)


@click.command("read")
@size_
@json_
def read_(size: str, *, as_json: bool) -> None:
    """A customer's tickets, listed and shown, among 10^5 or 10^7, against the bare queries."""
    from tests.benchmarks import read

    tickets, seconds = {"small": (100_000, 4.0), "full": (10_000_000, 15.0)}[size]
    tell(lambda say: read.run(tickets, seconds, say), as_json=as_json)


@click.command("relay")
@size_
@json_
def relay_(size: str, *, as_json: bool) -> None:
    """Tickets carried to sysops, 2,000 or 20,000 at once and 500 a second, against pgqueuer."""
    from tests.benchmarks import relay

    messages, seconds = {"small": (2_000, 8.0), "full": (20_000, 60.0)}[size]
    tell(lambda say: relay.run(messages, seconds, say), as_json=as_json)


@click.command("search-kb")
@size_
@json_
def search_kb_(size: str, *, as_json: bool) -> None:
    """Articles found by their words, among 10^5 or 10^6, against tantivy."""
    from tests.benchmarks import search_kb

    articles, p95_ms = {"small": (100_000, 10), "full": (1_000_000, 45)}[size]
    tell(lambda say: search_kb.run(articles, p95_ms, say), as_json=as_json)


@click.command("search-tickets")
@size_
@json_
def search_tickets_(size: str, *, as_json: bool) -> None:
    """The helpdesk's searches among 10^5 or 10^7 tickets, against a look by primary key."""
    from tests.benchmarks import search_tickets

    tickets = {"small": 100_000, "full": 10_000_000}[size]
    tell(lambda say: search_tickets.run(tickets, say), as_json=as_json)


@click.command("growth")
@size_
@json_
def growth_(size: str, *, as_json: bool) -> None:
    """A hundred routes among 1,000 and 10,000 customers, or among 10,000 and 100,000."""
    from api.kernel.telemetry import configure_logging
    from tests.benchmarks import growth
    from tests.benchmarks.serving import ROOM

    # One of staff asks for all that there is to look at.
    os.environ |= ROOM
    customers = {"small": 1_000, "full": 10_000}[size]

    def run(say: Callable[[str], None]) -> dict[str, Any]:
        # Without a line of each request, and no other to standard output than `tell` lets through.
        configure_logging("warning", process="growth")
        return growth.run(customers, say)

    tell(run, as_json=as_json)


@click.command("all")
@size_
@json_
def all_(size: str, *, as_json: bool) -> None:
    """Every benchmark; its figures go to var/bench, with a table of them."""
    from orchestration.local.instance import from_environment
    from tests.benchmarks import suite

    folder = from_environment().var / "bench"
    tell(lambda say: suite.run(size, folder, say), as_json=as_json)


COMMANDS: Final = (submit_, read_, relay_, search_kb_, search_tickets_, growth_, all_)
