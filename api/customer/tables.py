"""All tables of the customer database, for migrations and drift tests."""

from api.customer.accounts import tables as accounts
from api.customer.attachments import tables as attachments
from api.customer.base import Base
from api.customer.cards import tables as cards
from api.customer.contracts import tables as contracts
from api.customer.data_requests import tables as data_requests
from api.customer.notifications import tables as notifications
from api.customer.statements import tables as statements
from api.customer.surveys import tables as surveys
from api.customer.tickets import tables as tickets
from api.kernel.database import idempotency_table, inbox_table
from api.kernel.erasure import erased_table

MODULES = (
    accounts,
    attachments,
    cards,
    contracts,
    data_requests,
    notifications,
    statements,
    surveys,
    tickets,
)
INBOX = inbox_table(Base.metadata)
IDEMPOTENCY_KEYS = idempotency_table(Base.metadata)
ERASED_CUSTOMERS = erased_table(Base.metadata)
METADATA = Base.metadata
QUEUES = ("sysops", "billing", "analytics", "customer")
