"""What is the same for everybody of signing in, and of signing out."""

from datetime import datetime
from typing import ClassVar

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.sign_in.attempts import ProviderSignIn
from api.kernel.sign_in.bodies import BeginSignIn, BegunSignIn, HeldToken
from api.kernel.sign_in.tokens import RefreshTokens
from api.kernel.transaction import SECRET_ANSWER


class SignOutController(Controller):
    """A quantum names its refresh tokens, and adds how they are given."""

    path = "/sessions"
    refresh_tokens: ClassVar[RefreshTokens]

    @post("/sign-out", status_code=204, summary="Sign out here")
    async def sign_out(
        self,
        data: JSONBody[HeldToken],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """Ends what came of one signing-in. A token that is not known is no error.

        An access token that was given before stays good until its 15 minutes are over.
        """
        await self.refresh_tokens.end(session, data.refresh_token, now)


class OidcController(Controller):
    """A quantum adds how it finishes: whose account an identity opens is its own affair."""

    path = "/sessions/oidc"

    @post(
        status_code=201,
        summary="Begin to sign in through the identity provider",
        opt={SECRET_ANSWER: True},
    )
    async def begin(
        self,
        data: JSONBody[BeginSignIn],
        session: NamedDependency[AsyncSession],
        provider_sign_in: NamedDependency[ProviderSignIn],
        now: NamedDependency[datetime],
    ) -> BegunSignIn:
        """Keep `attempt` where nobody else reads it, and open `authorization_url` in a browser.

        The provider sends the person back to `redirect_url`, a page of your client, with `code`
        and `state` (or with `error`): check that `state` is the one of here, and finish. 404
        when no provider is set up.
        """
        return BegunSignIn.of(await provider_sign_in.begin(session, data.redirect_url, now))
