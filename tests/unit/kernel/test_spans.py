"""Spans: which are kept, how they are written down, and that a file of them has a bound."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from api.kernel import spans, tracing
from api.kernel.spans import ByTrace, FileExporter, Line, span_id, trace_files
from orchestration.card_scan.rules import numbers_in

NUMBERS = st.integers(0, 2**128 - 1)


def version_7(milliseconds: int, random: int) -> UUID:
    """As the database makes keys."""
    rest = random & (2**74 - 1)
    number = milliseconds << 80 | 7 << 76 | (rest >> 62) << 64 | 2 << 62 | rest & (2**62 - 1)
    return UUID(int=number)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_of_tickets_of_one_moment_the_share_that_was_asked_for_is_kept(share: float) -> None:
    sampler = ByTrace(share)
    tickets = [version_7(1_790_000_000_000, uuid4().int) for _ in range(4_000)]
    kept = sum(sampler.keeps(ticket.int) for ticket in tickets)
    assert abs(kept / len(tickets) - share) < 0.05


def test_who_keeps_less_keeps_nothing_that_others_do_not_keep() -> None:
    few, many = ByTrace(0.2), ByTrace(0.6)
    traces = [uuid4().int for _ in range(500)]
    assert all(many.keeps(trace) for trace in traces if few.keeps(trace))


@given(st.text("0123456789", min_size=32, max_size=32), NUMBERS)
def test_ids_are_never_taken_for_card_numbers(digits: str, number: int) -> None:
    span, parent = f"{span_id(int(digits, 16)):016x}", f"{span_id(number):016x}"
    # As they are written down: in a message's headers, and in a line of the file.
    assert list(numbers_in(f"00-{uuid4().hex}-{span}-01")) == []
    assert list(numbers_in(f'{{"span":"{span}","parent":"{parent}"}}')) == []


@given(NUMBERS)
def test_the_first_span_of_a_ticket_is_known_from_its_id_alone(number: int) -> None:
    ticket = UUID(int=number)
    assert 0 < tracing.root_of(ticket) < 2**64
    assert tracing.root_of(ticket) == tracing.root_of(UUID(str(ticket)))


def made(name: str) -> ReadableSpan:
    return ReadableSpan(
        name,
        SpanContext(uuid4().int, span_id(1), is_remote=False, trace_flags=TraceFlags(1)),
        resource=Resource({"service.name": "customer-api"}),
        kind=SpanKind.SERVER,
        start_time=1_790_000_000_000_000_000,
        end_time=1_790_000_000_012_500_000,
    )


def test_a_file_of_spans_is_put_aside_when_it_is_full_and_the_oldest_goes(tmp_path: Path) -> None:
    file = tmp_path / "spans.jsonl"
    exporter = FileExporter(file, most_bytes=1_000)
    for number in range(60):
        exporter.export([made(f"span {number}")])
    files = trace_files(file)
    assert all(one.stat().st_size <= 1_000 for one in files)
    kept = [
        msgspec.json.decode(line, type=Line).name
        for one in reversed(files)
        for line in one.read_text().splitlines()
    ]
    assert kept == [f"span {number}" for number in range(60 - len(kept), 60)]
    assert sorted(it.name for it in tmp_path.glob("spans.jsonl*")) == sorted(
        it.name for it in files
    )
    assert file.stat().st_mode & 0o077 == 0


def test_many_that_write_at_once_lose_no_line_while_the_file_is_put_aside(tmp_path: Path) -> None:
    file = tmp_path / "spans.jsonl"

    def write(who: int) -> None:
        exporter = FileExporter(file, most_bytes=6_000)
        for number in range(10):
            exporter.export([made(f"{who}/{number}")])

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [
        msgspec.json.decode(line, type=Line).name
        for one in trace_files(file)
        if one.exists()
        for line in one.read_text().splitlines()
    ]
    assert sorted(lines) == sorted(f"{who}/{number}" for who in range(8) for number in range(10))


@contextmanager
def collector(received: list[ExportTraceServiceRequest]) -> Iterator[str]:
    """An OTLP receiver over HTTP, as far as it answers that it has them."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_spans_go_to_the_collector_that_the_operator_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    received: list[ExportTraceServiceRequest] = []
    spans.close()
    monkeypatch.setenv("SQUAD_PROCESS", "customer-api")
    monkeypatch.setenv("SQUAD_TRACE_FILE", str(tmp_path / "spans.jsonl"))
    ticket = uuid4()
    with collector(received) as url:
        monkeypatch.setenv("SQUAD_OTLP_ENDPOINT", url)
        with tracing.job("a job"):
            tracing.headers(ticket)
        spans.close()
    (resource,) = [it for request in received for it in request.resource_spans]
    assert {it.key: it.value.string_value for it in resource.resource.attributes} == {
        "service.name": "customer-api",
        "service.namespace": "squad",
    }
    told = {it.trace_id.hex(): it for scope in resource.scope_spans for it in scope.spans}
    assert told[ticket.hex].name == "a job"
    assert told[ticket.hex].links[0].trace_id.hex() in told
    assert not (tmp_path / "spans.jsonl").exists()


def test_a_collector_that_is_away_stops_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    spans.close()
    monkeypatch.setenv("SQUAD_OTLP_ENDPOINT", "http://127.0.0.1:9")
    done = []
    with tracing.job("a job"):
        done.append(tracing.headers(uuid4()))
    spans.close()
    assert done[0]["traceparent"].startswith("00-")
