"""A reference: submission of a ticket as it is written in a day, with well-known parts alone.

FastAPI, SQLAlchemy's ORM and a JWT; ticket and event in one transaction, and nothing else: no
message, no fields' own checks, no cover, no audit of requests. `SQUAD_DATABASE_URL` and
`SQUAD_KEY` say which database, and what tokens are signed with.
"""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.kernel.database import driver_url

engine = create_async_engine(driver_url(os.environ["SQUAD_DATABASE_URL"], "asyncpg"), pool_size=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "reference_customer"
    id: Mapped[UUID] = mapped_column(primary_key=True)


class Ticket(Base):
    __tablename__ = "reference_ticket"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("reference_customer.id"), index=True)
    contract_id: Mapped[UUID]
    address_id: Mapped[UUID]
    ticket_type: Mapped[str]
    description: Mapped[str]
    status: Mapped[str]
    preferred_windows: Mapped[list[Any]] = mapped_column(JSONB)
    submitted_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


class Event(Base):
    __tablename__ = "reference_event"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("reference_ticket.id"), index=True)
    status: Mapped[str]
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


class WindowIn(BaseModel):
    start: datetime
    end: datetime


class TicketIn(BaseModel):
    contract_id: UUID
    address_id: UUID
    ticket_type: str
    description: str
    preferred_windows: list[WindowIn] = []


class TicketOut(TicketIn):
    id: UUID
    status: str
    submitted_at: datetime


async def session_of_request() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of_request)]
Token = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def signed_in(token: Token, session: Session) -> Customer:
    try:
        claims = jwt.decode(token.credentials, os.environ["SQUAD_KEY"], algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    customer = await session.scalar(select(Customer).where(Customer.id == UUID(claims["sub"])))
    if customer is None:
        raise HTTPException(401)
    return customer


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "live"}


@app.post("/tickets", status_code=201)
async def submit(
    new: TicketIn, customer: Annotated[Customer, Depends(signed_in)], session: Session
) -> TicketOut:
    now = datetime.now(UTC)
    ticket = Ticket(
        customer_id=customer.id,
        contract_id=new.contract_id,
        address_id=new.address_id,
        ticket_type=new.ticket_type,
        description=new.description,
        status="submitted",
        preferred_windows=[it.model_dump(mode="json") for it in new.preferred_windows],
        submitted_at=now,
    )
    session.add(ticket)
    await session.flush()
    session.add(Event(ticket_id=ticket.id, status="submitted", at=now))
    await session.commit()
    return TicketOut.model_validate(ticket, from_attributes=True)


if __name__ == "__main__":
    port = int(os.environ["SQUAD_PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False)
