"""Staff sign in through an identity provider."""

from datetime import datetime

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import TokenSigner
from api.kernel.sign_in.attempts import ProviderSignIn
from api.kernel.sign_in.bodies import FinishSignIn
from api.kernel.sign_in.routes import OidcController
from api.kernel.transaction import MAY_REFUSE, SECRET_ANSWER
from api.sysops.staff import identities, sessions
from api.sysops.staff.session_routes import SignedIn


class StaffOidcController(OidcController):
    @post(
        "/callback",
        status_code=200,
        summary="Finish signing in through the identity provider",
        opt={SECRET_ANSWER: True, MAY_REFUSE: {403}},
    )
    async def finish(
        self,
        data: JSONBody[FinishSignIn],
        session: NamedDependency[AsyncSession],
        provider_sign_in: NamedDependency[ProviderSignIn],
        signer: NamedDependency[TokenSigner],
        now: NamedDependency[datetime],
    ) -> SignedIn:
        """Answers like signing in with a password. An attempt is good once, for 10 minutes.

        The first time, an address that the provider has verified opens the active staff account
        with that address. 403 when there is none: administrators make accounts and give roles.
        401 when the provider's answer is not valid; 503 when it does not answer, and the attempt
        can be finished again.
        """
        who = await provider_sign_in.finish(session, data.attempt, data.returned(), now)
        staff = await identities.member_of(session, who, now)
        return SignedIn.of(sessions.begin(session, signer, staff, now))
