"""Staff accounts and their roles."""

from sqlalchemy import Index, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment
from api.sysops.base import Base


class Staff(Base):
    """A member of staff; an inactive one cannot sign in and is sent nowhere."""

    __tablename__ = "staff"
    __table_args__ = (Index("uq_staff_email_lower", func.lower(text("email")), unique=True),)

    id: Mapped[Id]
    email: Mapped[str]
    password_hash: Mapped[str | None]
    full_name: Mapped[str]
    phone: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
