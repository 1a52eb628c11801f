"""All tables of the billing database, for migrations and drift tests."""

from api.billing.adjustments import tables as adjustments
from api.billing.base import Base
from api.billing.chargebacks import tables as chargebacks
from api.billing.contracts import tables as contracts
from api.billing.invoices import tables as invoices
from api.billing.one_offs import tables as one_offs
from api.billing.payments import tables as payments
from api.billing.reruns import tables as reruns
from api.billing.vault import tables as vault
from api.kernel.database import idempotency_table, inbox_table
from api.kernel.erasure import erased_table

MODULES = (adjustments, chargebacks, contracts, invoices, one_offs, payments, reruns, vault)
INBOX = inbox_table(Base.metadata)
IDEMPOTENCY_KEYS = idempotency_table(Base.metadata)
ERASED_CUSTOMERS = erased_table(Base.metadata)
METADATA = Base.metadata
QUEUES = ("customer", "sysops")
