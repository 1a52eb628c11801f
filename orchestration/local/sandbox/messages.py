"""Mail and text messages as they were received."""

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Literal

import msgspec

from orchestration.local.sandbox.clock import from_us, now_us

Kind = Literal["mail", "sms"]

LINK = re.compile(r"https?://[^\s<>\"']+")
# Punctuation that ends a sentence, not an address.
SENTENCE_END = ".,;:!?)]}'"

COLUMNS = "id, kind, received_at, sender, recipient, subject, text, html, message_id, repeated"


class Message(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    """One message to one recipient; `to` is lower case, so that it can be compared."""

    id: int
    kind: Kind
    received_at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str | None
    message_id: str
    repeated: bool
    """The same message id had reached the same recipient before."""
    links: list[str]
    """Every http(s) address of the text, or of the HTML where there is no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a door hands in; `source` is the raw mail."""

    kind: Kind
    sender: str
    recipient: str
    subject: str
    text: str
    html: str | None
    message_id: str
    source: bytes | None = None


def add_all(connection: sqlite3.Connection, received: list[Received]) -> None:
    for message in received:
        add(connection, message)


def add(connection: sqlite3.Connection, received: Received) -> None:
    recipient = received.recipient.lower()
    known = connection.execute(
        "SELECT 1 FROM message WHERE message_id = ? AND recipient = ?",
        (received.message_id, recipient),
    ).fetchone()
    connection.execute(
        "INSERT INTO message (kind, received_at, sender, recipient, subject, text, html,"
        " message_id, repeated, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            received.kind,
            now_us(),
            received.sender,
            recipient,
            received.subject,
            received.text,
            received.html,
            received.message_id,
            int(known is not None),
            received.source,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which messages, newest first: `to` exactly, `containing` anywhere in the recipient."""

    to: str | None = None
    containing: str | None = None
    kind: Kind | None = None
    since_us: int | None = None
    before_id: int | None = None
    limit: int = 100


def search(connection: sqlite3.Connection, query: Query) -> list[Message]:
    # Only the conditions asked for, so that the index on recipients can serve a busy mailbox.
    conditions = {
        "recipient = ?": query.to.lower() if query.to else None,
        "instr(recipient, ?) > 0": query.containing.lower() if query.containing else None,
        "kind = ?": query.kind,
        "received_at >= ?": query.since_us,
        "id < ?": query.before_id,
    }
    asked = {sql: value for sql, value in conditions.items() if value is not None}
    where = " AND ".join(asked) or "TRUE"
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM message WHERE {where}"  # noqa: S608 - constants, values are bound
        " ORDER BY id DESC LIMIT ?",
        (*asked.values(), query.limit),
    )
    return [_message(row) for row in rows]


def find(connection: sqlite3.Connection, message_id: int) -> Message | None:
    row = connection.execute(
        f"SELECT {COLUMNS} FROM message WHERE id = ?",  # noqa: S608 - COLUMNS is a constant
        (message_id,),
    ).fetchone()
    return _message(row) if row else None


def source_of(connection: sqlite3.Connection, message_id: int) -> bytes | None:
    """The raw mail (RFC 5322), None for a text message or an unknown id."""
    row = connection.execute("SELECT source FROM message WHERE id = ?", (message_id,)).fetchone()
    return row["source"] if row else None


def delete_all(connection: sqlite3.Connection) -> int:
    """The number of messages deleted."""
    return connection.execute("DELETE FROM message").rowcount


def links_in(text: str) -> list[str]:
    """The http(s) addresses of a text in order, each once, without a sentence's punctuation."""
    return list(dict.fromkeys(link.rstrip(SENTENCE_END) for link in LINK.findall(text)))


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        kind=row["kind"],
        received_at=from_us(row["received_at"]),
        sender=row["sender"],
        to=row["recipient"],
        subject=row["subject"],
        text=row["text"],
        html=row["html"],
        message_id=row["message_id"],
        repeated=bool(row["repeated"]),
        links=links_in(row["text"] or unescape(row["html"] or "")),
    )


def stop(connection: sqlite3.Connection, number: str, sender: str) -> None:
    """The number wants no text messages from this sender."""
    connection.execute("INSERT OR IGNORE INTO stopped VALUES (?, ?)", (number, sender))


def start(connection: sqlite3.Connection, number: str, sender: str) -> None:
    connection.execute("DELETE FROM stopped WHERE number = ? AND sender = ?", (number, sender))


def is_stopped(connection: sqlite3.Connection, number: str, sender: str) -> bool:
    query = "SELECT 1 FROM stopped WHERE number = ? AND sender = ?"
    return connection.execute(query, (number, sender)).fetchone() is not None
