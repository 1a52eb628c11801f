"""That a request comes from a provider: Twilio's signature of its webhooks for text messages, and
Stripe's for payments.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from api.kernel.errors import DomainError

PROVIDER_SIGNATURE: Final = "Squad-Provider-Signature"
TOLERANCE: Final = timedelta(minutes=5)
"""How far the moment of a signature may be from now: nobody repeats a report that was overheard."""


class NotSigned(DomainError):
    """The provider did not make this request, or our secret for it is wrong."""

    title = "Not signed"


def signature(token: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """What `X-Twilio-Signature` holds for a form that was posted to `url`.

    HMAC-SHA1, in base64, over the URL with the query, followed by every field's name and value in
    the order of the names; a field that was sent twice with the same value counts once. Source:
    Twilio's "Validating Signatures", as `RequestValidator` of its library does it.
    """
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    mac = hmac.digest(token.encode(), signed.encode(), hashlib.sha1)
    return b64encode(mac).decode()


def is_genuine(given: str, token: str, url: str, fields: Sequence[tuple[str, str]]) -> bool:
    """Whether the signature is right; takes as long for a wrong one."""
    return hmac.compare_digest(signature(token, url, fields).encode(), given.encode())


def timed_signature(secret: str, seconds: int, body: bytes) -> str:
    """What the header holds for a body that is sent at a moment, in seconds since 1970.

    HMAC-SHA256, in hex, over `SECONDS.BODY`. Source: Stripe's "Verify webhook signatures".
    """
    mac = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


def is_genuine_now(given: str, secret: str, body: bytes, now: datetime) -> bool:
    """Whether the header fits the body and was made about now."""
    seconds = given.partition(",")[0].removeprefix("t=")
    # Of digits that int() takes and Stripe's clock can show.
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11):
        return False
    right = timed_signature(secret, int(seconds), body)
    if not hmac.compare_digest(right.encode(), given.encode()):
        return False
    return abs(now.timestamp() - int(seconds)) <= TOLERANCE.total_seconds()
