"""One trace a ticket, in all processes and for as long as the ticket lives.

A ticket's id is the id of its trace, and of its last half the id of the span that submitted it is
made. So whoever knows a ticket knows its trace, and nothing is kept for it: a job that meets the
ticket days later writes into the same one. Which ticket a request is about is found out on the
way; hence spans are made when they are over.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import getrandbits
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.kernel import spans

TICKET: Final = "ticket_id"
"""The path parameter, and the field of messages, that tells of which ticket something is."""
PARTS_AT_ONCE = 1_000

_current: ContextVar["Work | None"] = ContextVar("work", default=None)
_w3c = TraceContextTextMapPropagator()


@dataclass
class _Part:
    """What a job did for one ticket: a span of the ticket's trace."""

    span: int
    ended: int


@dataclass(eq=False)
class Work:
    """Something that a process does; a span, once it is over.

    `ticket` is asked when somebody wants to know the trace; a `job` is about many and has a trace
    of its own, which each ticket's trace links to. Times are in ns since 1970.
    """

    name: str
    kind: SpanKind
    ticket: Callable[[], UUID | None] | None = None
    job: bool = False
    trace: int = 0
    parent: int = 0
    span: int = field(default_factory=spans.new_span_id)
    links: list[SpanContext] = field(default_factory=list)
    attributes: dict[str, str | int | float | bool] = field(default_factory=dict)
    begun: int = field(default_factory=time.time_ns)
    _ticked: int = field(default_factory=time.perf_counter_ns)
    _ended: int = 0
    _parts: dict[UUID, _Part] = field(default_factory=dict)

    def settle(self, ticket: UUID | None = None) -> None:
        """Decide of which trace this is, if nobody has yet."""
        if self.trace:
            return
        if ticket is None and not self.job and self.ticket is not None:
            ticket = self.ticket()
        if ticket is None or self.job:
            self.trace = getrandbits(128)
        else:
            self.trace, self.parent = ticket.int, root_of(ticket)

    def begins(self, ticket: UUID) -> None:
        """This is what the ticket's trace begins with."""
        if not self.trace:
            self.trace, self.span = ticket.int, root_of(ticket)

    def carried(self, ticket: UUID | None) -> str:
        """The W3C `traceparent` of a message that this work sends about a ticket."""
        self.settle(ticket)
        if ticket is None or ticket.int == self.trace:
            return _traceparent(self.trace, self.span)
        part = self._parts.setdefault(ticket, _Part(spans.new_span_id(), 0))
        part.ended = self._now()
        return _traceparent(ticket.int, part.span)

    def stop(self) -> None:
        """It is done, though what it did may not stand yet."""
        self._ended = self._now()

    def end(self, error: str | None = None) -> None:
        """Tell of it, and of what it did for single tickets; `error` is the kind of a failure."""
        told = spans.spans()
        if told is None:
            return
        self.settle()
        ended = self._ended or self._now()
        _tell(told, self, (self.trace, self.span, self.parent), self.links, ended, error)
        here = _context(self.trace, self.span)
        for number, (ticket, part) in enumerate(self._parts.items(), start=1):
            ids = (ticket.int, part.span, root_of(ticket))
            _tell(told, self, ids, [here], part.ended, error)
            if number % PARTS_AT_ONCE == 0:
                told.flush()

    def _now(self) -> int:
        # A clock that is set while it works makes nothing end before it began.
        return self.begun + time.perf_counter_ns() - self._ticked


def root_of(ticket: UUID) -> int:
    """The id of the span that submitted a ticket."""
    return spans.span_id(ticket.int)


def enabled() -> bool:
    return spans.spans() is not None


@contextmanager
def current(work: Work) -> Iterator[Work]:
    """Whatever is sent inside belongs to this work."""
    token = _current.set(work)
    try:
        yield work
    finally:
        _current.reset(token)


@contextmanager
def job(name: str) -> Iterator[None]:
    """A scheduled job, as one span, and one in the trace of each ticket that it tells about."""
    if not enabled():
        yield
        return
    work, error = Work(name, SpanKind.INTERNAL, job=True), None
    try:
        with current(work):
            yield
    except BaseException as failure:
        error = type(failure).__name__
        raise
    finally:
        work.end(error)
        # The process of a run ends without a word to anybody.
        spans.spans().flush()  # type: ignore[union-attr]  # enabled


def begins(ticket: UUID) -> None:
    """The work at hand submits this ticket: the ticket's trace begins with it."""
    work = _current.get()
    if work is not None:
        work.begins(ticket)


def note(ticket: UUID | None, attributes: Mapping[str, str] = MappingProxyType({})) -> None:
    """Say more of the work at hand, and of which ticket it is, if nobody has said it yet."""
    work = _current.get()
    if work is not None:
        work.attributes |= attributes
        if ticket is not None:
            work.settle(ticket)


def headers(ticket: UUID | None) -> dict[str, str]:
    """What travels beside a message about a ticket, or about none."""
    if not enabled():
        return {}
    work = _current.get()
    if work is not None:
        return {"traceparent": work.carried(ticket)}
    return {} if ticket is None else {"traceparent": _traceparent(ticket.int, root_of(ticket))}


def batch(name: str, attributes: Mapping[str, str]) -> Work | None:
    """The handling of many messages at once, as `job` is; None when nobody wants to know."""
    if not enabled():
        return None
    return Work(name, SpanKind.CONSUMER, job=True, attributes=dict(attributes))


def received(
    name: str, attributes: Mapping[str, str], carried: dict[str, Any] | None
) -> Work | None:
    """The handling of a message, behind what sent it; None when nobody wants to know."""
    if not enabled():
        return None
    work = Work(name, SpanKind.CONSUMER, attributes=dict(attributes))
    sender = remote((carried or {}).get("traceparent"))
    if sender is not None:
        work.trace, work.parent = sender.trace_id, sender.span_id
    return work


def remote(traceparent: object) -> SpanContext | None:
    """The span that a `traceparent` names; None for anything else."""
    if not isinstance(traceparent, str):
        return None
    named = get_current_span(_w3c.extract({"traceparent": traceparent}, Context()))
    context = named.get_span_context()
    return context if context.is_valid else None


def _context(trace: int, span: int) -> SpanContext:
    told = spans.spans()
    sampled = told is not None and told.sampler.keeps(trace)
    flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
    return SpanContext(trace, span, is_remote=True, trace_flags=flags)


def _traceparent(trace: int, span: int) -> str:
    return f"00-{trace:032x}-{span:016x}-{_context(trace, span).trace_flags:02x}"


def _tell(
    told: spans.Spans,
    work: Work,
    ids: tuple[int, int, int],
    links: list[SpanContext],
    ended: int,
    error: str | None,
) -> None:
    trace, span, parent = ids
    if not told.sampler.keeps(trace):
        return
    above = Context()
    if parent:
        above = set_span_in_context(NonRecordingSpan(_context(trace, parent)), above)
    with spans.with_ids(trace, span):
        made = told.tracer.start_span(
            work.name,
            above,
            work.kind,
            work.attributes,
            [Link(link) for link in links],
            start_time=work.begun,
        )
    if error is not None:
        made.set_status(Status(StatusCode.ERROR, error))
    made.end(ended)
