"""Customers sign in, stay signed in, and sign out."""

from datetime import datetime
from typing import Self
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import sessions
from api.customer.accounts.sessions import REFRESH_TOKENS
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest, TokenSigner
from api.kernel.sign_in.bodies import HeldToken, SignedInTokens, SignIn, pair
from api.kernel.sign_in.routes import SignOutController
from api.kernel.transaction import SECRET_ANSWER


class SignedIn(SignedInTokens, kw_only=True):
    """Send the access token as `Authorization: Bearer`; both times are in seconds."""

    account_id: UUID

    @classmethod
    def of(cls, tokens: sessions.Tokens) -> Self:
        both = pair(tokens.access, tokens.refresh, REFRESH_TOKENS.life)
        return cls(account_id=tokens.account_id, **both)


class SessionController(SignOutController):
    refresh_tokens = REFRESH_TOKENS

    @post(status_code=200, summary="Sign in as a customer", opt={SECRET_ANSWER: True})
    async def sign_in(
        self,
        data: JSONBody[SignIn],
        session: NamedDependency[AsyncSession],
        signer: NamedDependency[TokenSigner],
        now: NamedDependency[datetime],
    ) -> SignedIn:
        """An access token that the customer API accepts for 15 minutes, and a refresh token.

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
        """Takes a refresh token and gives both tokens anew; each is good once, for 30 days.

        A token that comes a second time is in two hands: all that came of the same signing-in
        end with it, and the customer signs in again.
        """
        return SignedIn.of(await sessions.refresh(session, signer, data.refresh_token, now))

    @post("/sign-out-everywhere", status_code=204, guards=CUSTOMERS, summary="Sign out everywhere")
    async def sign_out_everywhere(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """Ends the refresh tokens on every device; access tokens end within 15 minutes."""
        await REFRESH_TOKENS.end_all(session, request.user.id, now)
