"""Customers sign in through an identity provider, and see which identities open their account."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import identities, sessions
from api.customer.accounts.session_routes import SignedIn
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest, TokenSigner
from api.kernel.sign_in.attempts import ProviderSignIn
from api.kernel.sign_in.bodies import FinishSignIn
from api.kernel.sign_in.routes import OidcController
from api.kernel.transaction import MAY_REFUSE, SECRET_ANSWER


class IdentityView(msgspec.Struct):
    """`issuer` is the provider's URL."""

    id: UUID
    issuer: str
    linked_at: datetime


class CustomerOidcController(OidcController):
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

        The first time, an address that the provider has verified opens the account with that
        address, if its customer has confirmed it (else 409), or a new account without a
        password; `/customer/me` shows what is `missing` there. An address that is not verified
        opens nothing (403). 401 when the provider's answer is not valid; 503 when it does not
        answer, and the attempt can be finished again.
        """
        who = await provider_sign_in.finish(session, data.attempt, data.returned(), now)
        account_id = await identities.account_of(session, who, now)
        return SignedIn.of(sessions.begin(session, signer, account_id, now))


class IdentityController(Controller):
    path = "/me/identities"
    guards = CUSTOMERS

    @get(summary="Identities that open my account")
    async def identities(
        self, request: SignedInRequest, session: NamedDependency[AsyncSession]
    ) -> list[IdentityView]:
        """At most one of each provider, the oldest first."""
        found = await identities.identities(session, request.user.id)
        return [IdentityView(it.id, it.issuer, it.linked_at) for it in found]

    @delete("/{identity_id:uuid}", summary="Remove an identity")
    async def unlink(
        self,
        request: SignedInRequest,
        identity_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """It opens the account no more, and every device is signed out.

        Without a password, set one by mail (`/customer/passwords/reset-request`).
        """
        await identities.unlink(session, request.user.id, identity_id, now)
