"""When somebody last looked whether the schedules ran."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Moment
from api.sysops.base import Base


class ScheduleWatch(Base):
    """One row: Dagster looks after its schedules every few minutes, without a gap `since`."""

    __tablename__ = "schedule_watch"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    since: Mapped[Moment]
    looked_at: Mapped[Moment]
