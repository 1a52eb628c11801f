"""The four databases: their models, and so where their migrations and grants are."""

from api.analytics.tables import METADATA as ANALYTICS
from api.billing.tables import METADATA as BILLING
from api.customer.tables import METADATA as CUSTOMER
from api.kernel.migrate import Schema
from api.sysops.tables import METADATA as SYSOPS

SCHEMAS = {
    "customer": Schema("customer", CUSTOMER),
    "sysops": Schema("sysops", SYSOPS),
    "billing": Schema("billing", BILLING),
    "analytics": Schema("analytics", ANALYTICS),
}
