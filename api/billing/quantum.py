"""The billing quantum as a process serves it: runs, invoices, accounts. It holds no card role."""

import api.billing.tables  # noqa: F401 - all of them, for the keys between them
from api.billing.accounts.routes import AccountController
from api.billing.adjustments.outlier_routes import OutlierController
from api.billing.adjustments.routes import (
    AdjustmentController,
    HistoryController,
    HoldController,
)
from api.billing.chargebacks.routes import ChargebackController
from api.billing.invoices.limits import ApprovalLimitController
from api.billing.invoices.routes import InvoiceController, RunController
from api.billing.one_offs.routes import OneOffController
from api.billing.payments.routes import AlertController
from api.billing.reruns.routes import RerunController
from api.kernel.auth import STAFF_ISSUER, TokenVerifier
from api.kernel.database import create_engine
from api.kernel.limits import Limits
from api.kernel.quantum import Quantum
from api.kernel.settings import ServiceSettings


class QuantumSettings(ServiceSettings):
    """`staff_public_key` (PEM) checks staff tokens: only staff have to do with billing here."""

    staff_public_key: str


def quantum(settings: QuantumSettings) -> Quantum:
    """The quantum with its database and its routes."""
    return Quantum(
        name="billing",
        engine=create_engine(
            settings.database_url.get_secret_value(),
            name="billing-api",
            pool_size=settings.pool_size,
        ),
        verifier=TokenVerifier("billing", {STAFF_ISSUER: settings.staff_public_key}),
        controllers=[
            RunController,
            RerunController,
            OutlierController,
            ApprovalLimitController,
            InvoiceController,
            OneOffController,
            AlertController,
            ChargebackController,
            AdjustmentController,
            HoldController,
            HistoryController,
            AccountController,
        ],
        limits=Limits.of(settings),
    )
