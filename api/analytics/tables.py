"""The tables of the analytics database that the API writes; the warehouse owns the rest."""

from api.analytics.base import Base
from api.analytics.surveys import tables as surveys
from api.kernel.database import inbox_table

MODULES = (surveys,)
INBOX = inbox_table(Base.metadata)
METADATA = Base.metadata
QUEUES: tuple[str, ...] = ()
