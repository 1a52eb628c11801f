"""Customers confirm their e-mail address and set a new password, by a token from a mail."""

from datetime import datetime

import msgspec
from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import mailed
from api.customer.accounts.links import MailedTokens
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest
from api.kernel.fields import Email
from api.kernel.sign_in.passwords import NewPassword
from api.kernel.sign_in.tokens import SecretToken


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    token: SecretToken


class ResetRequest(msgspec.Struct, forbid_unknown_fields=True):
    email: Email


class PasswordReset(msgspec.Struct, forbid_unknown_fields=True):
    token: SecretToken
    password: NewPassword


class MailedTokenController(Controller):
    path = "/"

    @post("/accounts/confirmation", status_code=204, summary="Confirm an e-mail address")
    async def confirm(
        self,
        data: JSONBody[Confirmation],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """The token is in the mail that follows a registration: good once, for three days."""
        await mailed.confirm(session, data.token, now)

    @post(
        "/accounts/confirmation/resend",
        status_code=202,
        guards=CUSTOMERS,
        summary="Send the confirmation mail again",
    )
    async def resend(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        mailed_tokens: NamedDependency[MailedTokens],
        now: NamedDependency[datetime],
    ) -> None:
        """At most one mail a minute and five a day, else 429; 409 when nothing is to confirm."""
        await mailed.send_confirmation(session, mailed_tokens, request.user.id, now)

    @post("/passwords/reset-request", status_code=202, summary="Ask for a new password")
    async def request_reset(
        self,
        data: JSONBody[ResetRequest],
        session: NamedDependency[AsyncSession],
    ) -> None:
        """If the address has an account, a mail brings a token. The answer is always the same.

        At most one mail a minute and five a day go to an address.
        """
        await mailed.request_reset(session, data.email)

    @post("/passwords", status_code=204, summary="Set a new password")
    async def reset(
        self,
        data: JSONBody[PasswordReset],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """By the token of a mail, good once and for an hour. Confirms the address, too.

        Answers 422 for a token that is not good, and for a password that has the e-mail
        address or the name in it; the token is good for another try then.

        Every refresh token ends: who knew the old password is out within 15 minutes.
        """
        await mailed.reset(session, data.token, data.password, now)
