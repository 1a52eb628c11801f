"""The mail server that everybody's mailbox is at."""

import asyncio
import email
import email.policy
import socket
import weakref
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from orchestration.local.sandbox import messages
from orchestration.local.sandbox.addresses import mailbox_refusal
from orchestration.local.sandbox.messages import Received
from orchestration.local.sandbox.world import World

LARGEST_MAIL_BYTES = 10 * 1024 * 1024


class Receiver:
    """aiosmtpd's hooks: each returns the answer to the client."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds hooks by this name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if refusal := mailbox_refusal(address):
            return f"{refusal.code} {refusal.answer} <{address}>"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds hooks by this name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        fault = self._world.faults.mail
        await self._world.delay(fault)
        if fault.refuses():
            return "451 4.3.0 Switched on in /api/faults, try again later"
        received = read_mail(envelope)
        await self._world.storage.run(lambda db: messages.add_all(db, received))
        if fault.drops() and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 2.0.0 Ok"


def read_mail(envelope: Envelope) -> list[Received]:
    """One message for each recipient of the envelope; the headers' recipients do not count."""
    source = envelope.content if isinstance(envelope.content, bytes) else b""
    mail = email.message_from_bytes(source, policy=email.policy.default)
    return [
        Received(
            kind="mail",
            sender=str(mail.get("From", envelope.mail_from or "")),
            recipient=recipient,
            subject=str(mail.get("Subject", "")),
            text=_part(mail, "plain") or "",
            html=_part(mail, "html"),
            message_id=str(mail.get("Message-ID", "")).strip(),
            source=source,
        )
        for recipient in envelope.rcpt_tos
    ]


class MailServer:
    """aiosmtpd in the running event loop (its own controllers want a loop or thread each)."""

    def __init__(self, world: World) -> None:
        self._receiver = Receiver(world)
        self._sessions: weakref.WeakSet[SMTP] = weakref.WeakSet()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._session, sock=listener)

    async def stop(self) -> None:
        """Stop listening and cut whoever is still connected; senders try again by design."""
        if self._server is None:
            return
        self._server.close()
        for session in list(self._sessions):
            if session.transport is not None:
                session.transport.close()
        await self._server.wait_closed()

    def _session(self) -> SMTP:
        session = SMTP(
            self._receiver,
            data_size_limit=LARGEST_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="sandbox.localhost",
            ident="Sysops Squad sandbox",
            loop=asyncio.get_running_loop(),
        )
        self._sessions.add(session)
        return session


def _part(mail: EmailMessage, subtype: str) -> str | None:
    part = mail.get_body(preferencelist=(subtype,))
    if part is None:
        return None
    content = part.get_content()
    return content if isinstance(content, str) else None
