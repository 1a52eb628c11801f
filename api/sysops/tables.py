"""All tables of the sysops database, for migrations and drift tests."""

from api.kernel.database import idempotency_table, inbox_table
from api.kernel.erasure import erased_table
from api.sysops.assignment import tables as assignment
from api.sysops.attachments import tables as attachments
from api.sysops.audit import tables as audit
from api.sysops.base import Base
from api.sysops.catalogue import tables as catalogue
from api.sysops.experts import tables as experts
from api.sysops.holidays import tables as holidays
from api.sysops.knowledge import tables as knowledge
from api.sysops.notifications import tables as notifications
from api.sysops.search import tables as search
from api.sysops.staff import tables as staff
from api.sysops.tickets import tables as tickets
from api.sysops.tickets import visit_tables as visits
from api.sysops.watching import tables as watching

MODULES = (
    assignment,
    attachments,
    audit,
    catalogue,
    experts,
    holidays,
    knowledge,
    notifications,
    search,
    staff,
    tickets,
    visits,
    watching,
)
INBOX = inbox_table(Base.metadata)
IDEMPOTENCY_KEYS = idempotency_table(Base.metadata)
ERASED_CUSTOMERS = erased_table(Base.metadata)
METADATA = Base.metadata
QUEUES = ("customer", "billing", "sysops")
