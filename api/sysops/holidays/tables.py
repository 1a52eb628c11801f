"""Days on which nobody visits."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Moment
from api.sysops.base import Base


class Holiday(Base):
    """A day, wherever an expert is, on which no visit is planned for the whole company."""

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[Moment]
