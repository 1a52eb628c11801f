"""Customers register, and keep their profile and addresses."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import service
from api.customer.accounts.completeness import Missing, missing
from api.customer.accounts.links import MailedTokens
from api.customer.accounts.service import ArrivalChannel
from api.customer.accounts.tables import Account, Address
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest
from api.kernel.fields import Email, Line, Phone, Zip
from api.kernel.sign_in.passwords import NewPassword


class NewAddress(msgspec.Struct, forbid_unknown_fields=True):
    """State, coordinates and time zone are those of the ZIP code."""

    line1: Line
    city: Line
    zip: Zip
    line2: Line | None = None

    def street(self) -> service.Street:
        return service.Street(self.line1, self.line2, self.city, self.zip)


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: NewPassword
    full_name: Line
    phone: Phone
    address: NewAddress


class Me(msgspec.Struct):
    """`missing` is what has to be told before a plan or a ticket; an unknown `phone` is empty."""

    id: UUID
    email: str
    email_confirmed: bool
    full_name: str
    phone: str
    arrival_channel: ArrivalChannel
    created_at: datetime
    missing: list[Missing]

    @classmethod
    def of(cls, account: Account, channel: ArrivalChannel, missing: list[Missing]) -> Self:
        return cls(
            id=account.id,
            email=account.email,
            email_confirmed=account.email_confirmed_at is not None,
            full_name=account.full_name,
            phone=account.phone or "",
            arrival_channel=channel,
            created_at=account.created_at,
            missing=missing,
        )


class MeChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    full_name: Line | msgspec.UnsetType = msgspec.UNSET
    phone: Phone | msgspec.UnsetType = msgspec.UNSET
    arrival_channel: ArrivalChannel | msgspec.UnsetType = msgspec.UNSET


class AddressView(msgspec.Struct):
    """Coordinates in degrees (WGS 84), time zone by its IANA name."""

    id: UUID
    line1: str
    line2: str | None
    city: str
    state: str
    zip: str
    latitude: float
    longitude: float
    time_zone: str

    @classmethod
    def of(cls, address: Address) -> Self:
        where = service.service_address(address)
        return cls(id=address.id, **msgspec.structs.asdict(where))


class AddressCorrection(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is. Another ZIP code is another place: add that one."""

    line1: Line | msgspec.UnsetType = msgspec.UNSET
    line2: Line | msgspec.UnsetType | None = msgspec.UNSET
    city: Line | msgspec.UnsetType = msgspec.UNSET

    def given(self) -> dict[str, str | None]:
        typed = msgspec.structs.asdict(self).items()
        return {name: value for name, value in typed if value is not msgspec.UNSET}


async def _me(session: AsyncSession, account_id: UUID) -> Me:
    account, channel = await service.profile(session, account_id)
    return Me.of(account, channel, await missing(session, account_id))


class AccountController(Controller):
    path = "/"

    @post("/accounts", summary="Register")
    async def register(
        self,
        data: JSONBody[NewAccount],
        session: NamedDependency[AsyncSession],
        mailed_tokens: NamedDependency[MailedTokens],
        now: NamedDependency[datetime],
    ) -> Me:
        """A new account with its first service address. Sign in afterwards.

        A mail brings a token that confirms the address. Nothing waits for it: who registers
        because a computer broke can order a visit at once, and `email_confirmed` shows what
        is still open. Answers 409 when the e-mail address has an account already, and 422 when
        the password has the address or the name in it.
        """
        account = await service.register(
            session,
            email=data.email,
            password=data.password,
            full_name=data.full_name,
            phone=data.phone,
            street=data.address.street(),
            tokens=mailed_tokens,
            now=now,
        )
        return Me.of(account, service.first_channel(account.phone), [])

    @get("/me", guards=CUSTOMERS, summary="Who am I")
    async def me(self, request: SignedInRequest, session: NamedDependency[AsyncSession]) -> Me:
        """The signed-in customer's profile and preferences."""
        return await _me(session, request.user.id)

    @patch("/me", guards=CUSTOMERS, summary="Change my profile")
    async def change_me(
        self,
        request: SignedInRequest,
        data: JSONBody[MeChanges],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> Me:
        """Name, telephone number, and how to be told that an expert is arriving."""
        await service.change(
            session,
            request.user.id,
            full_name=data.full_name or None,
            phone=data.phone or None,
            channel=data.arrival_channel or None,
            now=now,
        )
        return await _me(session, request.user.id)

    @post("/me/addresses", guards=CUSTOMERS, summary="Add a service address")
    async def add_address(
        self,
        request: SignedInRequest,
        data: JSONBody[NewAddress],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> AddressView:
        """One more place that experts may be sent to; at most 20 an account."""
        address = await service.add_address(session, request.user.id, data.street(), now)
        return AddressView.of(address)

    @get("/me/addresses", guards=CUSTOMERS, summary="My service addresses")
    async def addresses(
        self, request: SignedInRequest, session: NamedDependency[AsyncSession]
    ) -> list[AddressView]:
        """All of them, the oldest first."""
        found = await service.addresses(session, request.user.id)
        return [AddressView.of(address) for address in found]

    @get("/me/addresses/{address_id:uuid}", guards=CUSTOMERS, summary="One service address")
    async def address(
        self,
        request: SignedInRequest,
        address_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
    ) -> AddressView:
        """404 for an address that was removed, too."""
        return AddressView.of(await service.find_address(session, request.user.id, address_id))

    @patch("/me/addresses/{address_id:uuid}", guards=CUSTOMERS, summary="Correct an address")
    async def correct_address(
        self,
        request: SignedInRequest,
        address_id: FromPath[UUID],
        data: JSONBody[AddressCorrection],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> AddressView:
        """How the same place is written: street, apartment, city.

        The expert has the address that an open ticket was submitted with: while there is one,
        this answers 409 and names it.
        """
        address = await service.correct_address(
            session, request.user.id, address_id, data.given(), now
        )
        return AddressView.of(address)

    @delete("/me/addresses/{address_id:uuid}", guards=CUSTOMERS, summary="Remove an address")
    async def remove_address(
        self,
        request: SignedInRequest,
        address_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """Past visits keep it. Answers 409 and says which open ticket or contract needs it."""
        await service.remove_address(session, request.user.id, address_id, now)
