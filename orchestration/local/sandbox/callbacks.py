"""What providers say of their own accord: what became of a message, what people text back, and
which charges are disputed.

Reports go to the address that came with the message (`StatusCallback`), replies to the one in
the settings for our number. Both are forms signed as Twilio signs them: HMAC-SHA1 over the address
and the sorted fields. A report is tried once, as Twilio does; faults lose, repeat and reorder
them. A report on a dispute is signed and repeated until it is taken, as Stripe does, a few times.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Coroutine, Mapping, Sequence
from xml.etree import ElementTree as ET

import httpx
import structlog

from orchestration.local.sandbox.faults import ReportFault

log = structlog.get_logger(__name__)

Fields = Mapping[str, str]
PATIENCE_SECONDS = 10.0
# A carrier takes a moment; long enough to see `sent` before `delivered`.
BETWEEN_SECONDS = 0.2
TRIES = 4


class NotTaken(Exception):
    """The platform did not take a reply; the text says why."""


class Callbacks:
    """Posts signed forms; reports in the background, one task a message."""

    def __init__(self, token: str, payments_secret: str) -> None:
        self._token = token
        self._payments_secret = payments_secret
        # Never through a proxy: the platform is on this machine, or where the operator says.
        self._http = httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False)
        self._tasks: set[asyncio.Task[None]] = set()

    def report(self, url: str, stages: Sequence[Fields], fault: ReportFault) -> None:
        """Begin to tell the sender what becomes of a message."""
        self._begin(self._report(url, stages, fault))

    def tell(self, url: str, body: bytes, wait_seconds: float, fault: ReportFault) -> None:
        """Begin to report on a dispute, after a wait, and again after each refusal."""
        for copy in fault.arranged([body]):
            self._begin(self._tell(url, copy, wait_seconds + fault.delay_ms / 1000))

    async def reply(self, url: str, sender: str, recipient: str, text: str) -> str | None:
        """Text back; returns what the platform answers, None for silence.

        Raises:
            NotTaken: it could not be reached, or refused.
        """
        fields = {"MessageSid": f"SM{secrets.token_hex(16)}", "From": sender, "To": recipient}
        try:
            answer = await self._post(url, {**fields, "Body": text})
        except httpx.HTTPError as error:
            raise NotTaken(f"{url} does not answer ({type(error).__name__}).") from None
        if not answer.is_success:
            raise NotTaken(f"{url} answered {answer.status_code}.")
        return _message(answer.content)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, url: str, body: bytes, wait_seconds: float) -> None:
        for _ in range(TRIES):
            await asyncio.sleep(wait_seconds)
            headers = {
                "Content-Type": "application/json",
                "Squad-Provider-Signature": self._timed_signature(body),
            }
            try:
                answer = await self._http.post(url, content=body, headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                log.warning("dispute_not_delivered", error=type(error).__name__)
                continue
            if answer.is_success:
                return
            log.warning("dispute_refused", status=answer.status_code)

    async def _report(self, url: str, stages: Sequence[Fields], fault: ReportFault) -> None:
        await asyncio.sleep(fault.delay_ms / 1000)
        for fields in fault.arranged(stages):
            await asyncio.sleep(BETWEEN_SECONDS)
            try:
                answer = await self._post(url, fields)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                log.warning("report_not_delivered", error=type(error).__name__)
            else:
                if not answer.is_success:
                    log.warning("report_refused", status=answer.status_code)

    async def _post(self, url: str, fields: Fields) -> httpx.Response:
        headers = {"X-Twilio-Signature": self._signature(url, fields)}
        return await self._http.post(url, data=dict(fields), headers=headers)

    def _timed_signature(self, body: bytes) -> str:
        seconds = int(time.time())
        secret = self._payments_secret.encode()
        mac = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256)
        return f"t={seconds},v1={mac.hexdigest()}"

    def _signature(self, url: str, fields: Fields) -> str:
        signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
        mac = hmac.digest(self._token.encode(), signed.encode(), hashlib.sha1)
        return base64.b64encode(mac).decode()


def _message(twiml: bytes) -> str | None:
    """The text of a TwiML answer: `<Response><Message>text</Message></Response>`."""
    try:
        return ET.fromstring(twiml).findtext("Message")  # noqa: S314 - our own platform
    except ET.ParseError:
        raise NotTaken("The answer is not TwiML.") from None
