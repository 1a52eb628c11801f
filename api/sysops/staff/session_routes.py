"""Staff sign in, stay signed in, and sign out."""

from datetime import datetime
from typing import Self
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ROLES, Requires, SignedInRequest, TokenSigner
from api.kernel.sign_in.bodies import HeldToken, SignedInTokens, SignIn, pair
from api.kernel.sign_in.routes import SignOutController
from api.kernel.transaction import SECRET_ANSWER
from api.sysops.audit.routes import act_of
from api.sysops.staff import accounts, sessions
from api.sysops.staff.sessions import REFRESH_TOKENS


class SignedIn(SignedInTokens, kw_only=True):
    """Send the access token as `Authorization: Bearer`; both times are in seconds."""

    staff_id: UUID
    roles: list[str]

    @classmethod
    def of(cls, tokens: sessions.Tokens) -> Self:
        both = pair(tokens.access, tokens.refresh, REFRESH_TOKENS.life)
        return cls(staff_id=tokens.staff.id, roles=sorted(tokens.staff.roles), **both)


class SessionController(SignOutController):
    refresh_tokens = REFRESH_TOKENS

    @post(status_code=200, summary="Sign in as staff", opt={SECRET_ANSWER: True})
    async def sign_in(
        self,
        data: JSONBody[SignIn],
        session: NamedDependency[AsyncSession],
        signer: NamedDependency[TokenSigner],
        now: NamedDependency[datetime],
    ) -> SignedIn:
        """An access token for the quanta that the roles have to do with, and a refresh token.

        Five wrong passwords in a row for one address answer 429 from then on, whatever the
        password, until `Retry-After` has passed: 30 seconds, then twice as long each time.
        """
        tokens = await sessions.sign_in(session, signer, data.email, data.password, now)
        return SignedIn.of(tokens)

    @post("/refresh", status_code=200, summary="Stay signed in", opt={SECRET_ANSWER: True})
    async def refresh(
        self,
        data: JSONBody[HeldToken],
        session: NamedDependency[AsyncSession],
        signer: NamedDependency[TokenSigner],
        now: NamedDependency[datetime],
    ) -> SignedIn:
        """Takes a refresh token and gives both tokens anew; each is good once, for 12 hours.

        The roles are those of now. A token that comes a second time is in two hands: all that
        came of the same signing-in end with it. So do all tokens with other roles, a new
        password, a deactivation and a sign-out everywhere.
        """
        return SignedIn.of(await sessions.refresh(session, signer, data.refresh_token, now))

    @post(
        "/sign-out-everywhere",
        status_code=204,
        guards=[Requires(*STAFF_ROLES)],
        summary="Sign out everywhere",
    )
    async def sign_out_everywhere(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """All my tokens end here at once; the other quanta accept access tokens for 15 minutes."""
        await accounts.sign_out_everywhere(session, act_of(request, now), request.user.id)
