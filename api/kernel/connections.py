"""A client's connection: every wait for the client ends.

uvicorn waits for ever for a request that has begun, for its body, and for a client that does not
read; a few hundred such clients hold all that a process can hold open.
"""

import array
import asyncio
import fcntl
import json
import termios
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.kernel.problems import MEDIA_TYPE, RETRY_SECONDS

HEAD_SECONDS: Final = 10.0
"""From the first byte of a request, or from the connection, to the end of its headers."""
HEAD_BYTES: Final = 65_536
BODY_SECONDS: Final = 20.0
STALL_SECONDS: Final = 20.0
LEAST_RATE: Final = 10_000
"""Bytes a second: a body has `BODY_SECONDS` and the time it takes at this rate; an answer that is
read more slowly for `STALL_SECONDS` is not read."""
MOST_CONNECTIONS: Final = 800
"""Of a process: files are 1,024 where nobody allows more. Above, whoever asks is told to come
again; from twice as many on, nobody is told anything."""

TITLES: Final = {
    408: ("Request timeout", "The request did not arrive in time. Send it again, and faster."),
    431: ("Request header fields too large", "Send fewer or shorter headers."),
    503: ("Not available now", "There are too many connections at the moment. Try again."),
}


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits in time and size."""

    _timer: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0
    _body_bytes = 0
    _body_since = 0.0
    _unread = 0

    # what happens on the line -------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 2 * MOST_CONNECTIONS:
            transport.abort()
            return
        if len(self.connections) > MOST_CONNECTIONS:
            self.app = _crowded
        self._expect(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        self._watch_reader(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head and self._timer is None:
            self._expect(HEAD_SECONDS)
        if self._in_head:
            # Before it is read: once its headers are complete, what follows them counts for none.
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES:
            self._refuse(431)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = _unread(self.transport)
        self._watch_reader(STALL_SECONDS)

    def resume_writing(self) -> None:
        self._watch_reader(None)
        super().resume_writing()

    # what the parser finds ----------------------------------------------------------

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head, self._head_bytes, self._body_bytes = False, 0, 0
        self._body_since = self.loop.time()
        self._expect(BODY_SECONDS)

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._body_bytes += len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._expect(None)

    # what follows from it -----------------------------------------------------------

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_closing()

    def timeout_keep_alive_handler(self) -> None:
        # Of a large answer a part may still be unread; it has the time that it takes at its rate.
        super().timeout_keep_alive_handler()
        self._watch_closing()

    def _watch_closing(self) -> None:
        """What closes waits for its reader, and that would be all it does."""
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._unread = _unread(self.transport)
            self._watch_reader(STALL_SECONDS)

    def _expect(self, seconds: float | None) -> None:
        """The client has to go on within so many seconds; with None it has nothing to do."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        self._timer = None
        if not self._in_head:
            allowed = self._body_since + BODY_SECONDS + self._body_bytes / LEAST_RATE
            # While reading is paused, the client waits for us.
            left = BODY_SECONDS if self.flow.read_paused else allowed - self.loop.time()
            if left > 0:
                self._expect(left)
                return
        self._refuse(408)

    def _watch_reader(self, seconds: float | None) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        self._stalled = None if seconds is None else self.loop.call_later(seconds, self._unread_yet)

    def _unread_yet(self) -> None:
        unread = _unread(self.transport)
        if unread > self._unread - LEAST_RATE * STALL_SECONDS:
            self.transport.abort()
        else:
            self._unread = unread
            self._watch_reader(STALL_SECONDS)

    def _refuse(self, status: int) -> None:
        """Answer, if nothing else was answered yet, and close; what is in work hears of it."""
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle
        in_work = cycle is not None and not cycle.response_complete
        # Who has sent nothing asks nothing; who sends the rest of what is answered, neither.
        begun = self._head_bytes > 0 if self._in_head else in_work
        if begun and not (in_work and cycle.response_started):
            head, body = _problem(status)
            lines = [*self.server_state.default_headers, *head, (b"connection", b"close")]
            text = b"".join(name + b": " + value + b"\r\n" for name, value in lines)
            self.transport.write(STATUS_LINE[status] + text + b"\r\n" + body)
        if in_work:
            cycle.disconnected = True
            cycle.message_event.set()
        self._expect(None)
        self.transport.close()
        # A client that sends slowly may read slowly, too.
        self._watch_reader(STALL_SECONDS)


def _unread(transport: asyncio.Transport) -> int:
    """Bytes of the answer that the client's side does not have yet.

    The kernel's are among them: it takes more only when a third of its megabytes is free again,
    and between two such moments a client that reads slowly enough would seem not to read.
    """
    held = array.array("i", [0])
    fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, held)
    return transport.get_write_buffer_size() + held[0]


def _problem(status: int) -> tuple[list[tuple[bytes, bytes]], bytes]:
    title, detail = TITLES[status]
    body = json.dumps({"type": "about:blank", "status": status, "title": title, "detail": detail})
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    return headers, body.encode()


async def _crowded(_scope: Any, _receive: Any, send: Any) -> None:
    headers, body = _problem(503)
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
