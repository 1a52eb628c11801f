"""Where the spans of a process go: to a collector, to a file of this machine, or nowhere.

OpenTelemetry's SDK, with two rules of our own: which ids a span has is known before it is made
(`api.kernel.tracing`), and whether a trace is kept follows from its id alone, so that all
processes keep the same ones.
"""

import fcntl
import os
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.types import Attributes
from pydantic import Field

from api.kernel.settings import Settings

MOST_BYTES = 20_000_000
KEPT_FILES = 4
"""Beside the one that is written to."""
EXPORT_SECONDS = 5
_RANDOM = (1 << 56) - 1
_LETTER = 0xA << 28


class TraceSettings(Settings):
    """`otlp_endpoint` is the collector's base URL, of OTLP over HTTP; without it spans are lines of
    `trace_file`, and without either there are none. `traces_sampled` is the share that is kept.
    `process` is who tells.
    """

    otlp_endpoint: str = ""
    trace_file: Path | None = None
    traces_sampled: float = Field(default=1.0, ge=0, le=1)
    process: str = "squad"


def span_id(number: int) -> int:
    """64 bits with a letter in their midst: written down, never taken for a card number."""
    return number & ((1 << 64) - 1) | _LETTER


def new_span_id() -> int:
    return span_id(random.getrandbits(64))


_ids: ContextVar[tuple[int, int]] = ContextVar("ids_of_the_next_span")


@contextmanager
def with_ids(trace: int, span: int) -> Iterator[None]:
    """The span that is made inside has these ids."""
    token = _ids.set((trace, span))
    try:
        yield
    finally:
        _ids.reset(token)


class GivenIds(IdGenerator):
    """What `with_ids` says."""

    def generate_trace_id(self) -> int:
        return _ids.get()[0]

    def generate_span_id(self) -> int:
        return _ids.get()[1]


class ByTrace(Sampler):
    """Keeps a share of the traces, each whole.

    By the last 56 bits, which are random in a UUIDv7 too; the SDK's own sampler takes eight more,
    among which is the variant of a UUID, the same in all.
    """

    def __init__(self, share: float) -> None:
        self._bound = round(share * (_RANDOM + 1))

    def keeps(self, trace: int) -> bool:
        return trace & _RANDOM < self._bound

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        *_: Any,
    ) -> SamplingResult:
        keeps = self.keeps(trace_id)
        return SamplingResult(Decision.RECORD_AND_SAMPLE if keeps else Decision.DROP, attributes)

    def get_description(self) -> str:
        return f"ByTrace{{{self._bound / (_RANDOM + 1)}}}"


class Line(msgspec.Struct, omit_defaults=True):
    """A span in the file; ids are hexadecimal, as OpenTelemetry writes them."""

    trace: str
    span: str
    process: str
    name: str
    kind: str
    at: datetime
    ms: float
    parent: str | None = None
    error: str | None = None
    attributes: dict[str, str | int | float | bool] = {}
    links: list[str] = []


class FileExporter(SpanExporter):
    """One JSON object a line, of all processes in one file, with a bound on what it becomes."""

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        self._file = file
        self._most_bytes = most_bytes

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        lines = b"".join(msgspec.json.encode(_line(span)) + b"\n" for span in spans)
        try:
            with self._file.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._make_room(len(lines))
                descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with os.fdopen(descriptor, "ab") as file:
                    file.write(lines)
        except OSError:
            # A full disk: the work that is traced goes on.
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def _make_room(self, more: int) -> None:
        if not self._file.exists() or self._file.stat().st_size + more <= self._most_bytes:
            return
        for number in range(KEPT_FILES, 0, -1):
            older = trace_files(self._file)[number - 1]
            if older.exists():
                older.replace(self._file.with_name(f"{self._file.name}.{number}"))


def trace_files(file: Path) -> list[Path]:
    """Every file that may hold spans, newest first; not all need to be there."""
    return [file, *(file.with_name(f"{file.name}.{number + 1}") for number in range(KEPT_FILES))]


def _line(span: ReadableSpan) -> Line:
    begun, ended = span.start_time or 0, span.end_time or 0
    return Line(
        trace=f"{span.context.trace_id:032x}",
        span=f"{span.context.span_id:016x}",
        process=str(span.resource.attributes["service.name"]),
        name=span.name,
        kind=span.kind.name.lower(),
        at=datetime.fromtimestamp(begun / 1e9, UTC),
        ms=round((ended - begun) / 1e6, 2),
        parent=f"{span.parent.span_id:016x}" if span.parent else None,
        error=span.status.description if span.status.status_code is StatusCode.ERROR else None,
        attributes=dict(span.attributes or {}),  # type: ignore[arg-type]  # no lists among ours
        links=[f"{link.context.trace_id:032x}" for link in span.links],
    )


class Spans:
    """What one process tells, until it is closed."""

    def __init__(self, exporter: SpanExporter, settings: TraceSettings) -> None:
        self.sampler = ByTrace(settings.traces_sampled)
        self._batches = BatchSpanProcessor(
            exporter, max_queue_size=4096, schedule_delay_millis=1000, max_export_batch_size=512
        )
        self._provider = TracerProvider(
            sampler=self.sampler,
            resource=Resource({"service.name": settings.process, "service.namespace": "squad"}),
            id_generator=GivenIds(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(self._batches)
        self.tracer = self._provider.get_tracer("squad")

    def flush(self) -> None:
        """Hand over what waits; a collector that does not answer is not waited for for long."""
        flushing = threading.Thread(target=self._batches.force_flush, daemon=True)
        flushing.start()
        flushing.join(EXPORT_SECONDS)

    def close(self) -> None:
        self.flush()
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(EXPORT_SECONDS)


@cache
def spans() -> Spans | None:
    """The spans of this process, from its environment; None when nobody wants them."""
    settings = TraceSettings()
    if settings.otlp_endpoint:
        # Imported by those who have a collector: it costs a quarter of a second.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        endpoint = f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
        return Spans(OTLPSpanExporter(endpoint, timeout=EXPORT_SECONDS), settings)
    if settings.trace_file is not None:
        return Spans(FileExporter(settings.trace_file), settings)
    return None


def close() -> None:
    """Hand over everything; what comes after is told to whom the environment names then."""
    opened = spans()
    if opened is not None:
        opened.close()
    spans.cache_clear()
