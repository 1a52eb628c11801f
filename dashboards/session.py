"""Who is looking: browsers hold the name of a session, and its tokens never leave this process.

A session renews its access token by its refresh token, so that a page that is read all day asks
for no password in between; whoever loses the right to read is out when the access token ends.
Sessions live in memory: a restart of this process asks everybody to sign in again.
"""

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import jwt

from dashboards import staff_api
from dashboards.staff_api import Refused, Tokens

AUDIENCE: Final = "analytics"
ISSUER: Final = "sysops"
_REPORTS: Final = frozenset({"overview", "operations", "ticketing", "experts", "finance", "trust"})
PAGES_OF_ROLE: Final = {
    "manager": _REPORTS | {"policies", "ticket"},
    "administrator": _REPORTS | {"policies", "billing_runs"},
    "finance": frozenset({"finance", "billing_runs", "trust"}),
}
RENEWED_BEFORE: Final = timedelta(minutes=1)
"""So long before its access token ends a session is renewed."""


@dataclass(frozen=True)
class Viewer:
    """A signed-in reader: the pages that the roles open, whose id `person` is, and until when
    the token is good, with which a page asks the APIs in the reader's name.
    """

    token: str = field(repr=False)
    pages: frozenset[str]
    roles: frozenset[str]
    person: str
    expires_at: datetime


class NotAdmitted(Exception):
    """No page opens; says why in words for the reader."""


def cookie_name(public_key: str) -> str:
    """Cookies of one host are shared by all its ports: a platform's cookie carries its own key."""
    return f"squad_viewer_{sha256(public_key.strip().encode()).hexdigest()[:8]}"


def admit(token: str, public_key: str) -> Viewer:
    """The viewer whom a token proves; raises NotAdmitted."""
    try:
        claims = jwt.decode(
            token,
            public_key,
            algorithms=["EdDSA"],
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "aud", "iss"], "verify_aud": False},
        )
    except jwt.ExpiredSignatureError:
        raise NotAdmitted("Your session has ended. Sign in again.") from None
    except jwt.InvalidTokenError:
        raise NotAdmitted("Sign in to see this.") from None
    roles = frozenset(claims.get("roles", ())) & PAGES_OF_ROLE.keys()
    audience = claims["aud"]
    if not roles or AUDIENCE not in ([audience] if isinstance(audience, str) else audience):
        raise NotAdmitted(
            "These pages are for managers, administrators and finance. Your account is neither."
        )
    return Viewer(
        token=token,
        pages=frozenset().union(*(PAGES_OF_ROLE[role] for role in roles)),
        roles=roles,
        person=claims["sub"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


@dataclass
class _Session:
    """One browser's; `ends_at` is when it ends however often it is renewed."""

    tokens: Tokens
    ends_at: datetime
    renewing: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """The sessions of this process."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def begin(self, tokens: Tokens, public_key: str) -> str:
        """The name of a new session; raises NotAdmitted, and the tokens open nothing then."""
        try:
            admit(tokens.access, public_key)
        except NotAdmitted:
            staff_api.sign_out(tokens.refresh)
            raise
        return self.open(tokens)

    def open(self, tokens: Tokens) -> str:
        """The name of a session with these tokens, which says nothing of them."""
        now = datetime.now(UTC)
        self._sessions = {name: it for name, it in self._sessions.items() if it.ends_at > now}
        name = secrets.token_urlsafe(32)
        self._sessions[name] = _Session(tokens, now + tokens.refresh_life)
        return name

    def viewer(self, name: str, public_key: str) -> tuple[Viewer, datetime]:
        """The reader of a session, renewed if need be, and when it ends; raises NotAdmitted."""
        session = self._sessions.get(name)
        if session is None:
            raise NotAdmitted("Sign in to see this.")
        # Pages that are open side by side renew once: a refresh token is good once.
        with session.renewing:
            left = _end_of(session.tokens.access) - datetime.now(UTC)
            if left < RENEWED_BEFORE:
                self._renew(name, session, needed=left <= timedelta(0))
        return admit(session.tokens.access, public_key), session.ends_at

    def end(self, name: str) -> None:
        """Forget a session, and end its tokens where they were given."""
        session = self._sessions.pop(name, None)
        if session is not None:
            staff_api.sign_out(session.tokens.refresh)

    def _renew(self, name: str, session: _Session, *, needed: bool) -> None:
        """While the API does not answer a session goes on as long as its token does."""
        if session.ends_at <= datetime.now(UTC):
            self.end(name)
            raise NotAdmitted("Your session has ended. Sign in again.")
        try:
            session.tokens = staff_api.refresh(session.tokens.refresh)
        except Refused as refused:
            if refused.status == 401:
                self._sessions.pop(name, None)
                raise NotAdmitted("You have been signed out. Sign in again.") from refused
            if needed:
                raise NotAdmitted(f"{refused} Then reload this page.") from refused


def _end_of(token: str) -> datetime:
    claims = jwt.decode(token, options={"verify_signature": False})
    return datetime.fromtimestamp(claims["exp"], UTC)


SESSIONS: Final = Sessions()
