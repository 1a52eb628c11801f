"""Beginning to sign in through an identity provider, which is the same for everybody."""

from datetime import datetime

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.sign_in.attempts import ProviderSignIn
from api.kernel.sign_in.bodies import BeginSignIn, BegunSignIn
from api.kernel.transaction import SECRET_ANSWER


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
