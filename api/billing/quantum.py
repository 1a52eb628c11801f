"""The billing quantum as a process serves it: runs, invoices, accounts. It holds no card role."""

from pydantic import Field, SecretStr

import api.billing.tables  # noqa: F401 - all of them, for the keys between them
from api.billing.accounts.routes import AccountController
from api.billing.adjustments.outlier_routes import OutlierController
from api.billing.adjustments.routes import (
    AdjustmentController,
    HistoryController,
    HoldController,
)
from api.billing.chargebacks.report_routes import DisputeReportController, ProviderReports
from api.billing.chargebacks.routes import ChargebackController
from api.billing.invoices.limits import ApprovalLimitController
from api.billing.invoices.routes import InvoiceController, RunController
from api.billing.one_offs.routes import OneOffController
from api.billing.payments.routes import AlertController
from api.billing.reruns.routes import RerunController
from api.kernel.auth import STAFF_ISSUER, TokenVerifier
from api.kernel.database import create_engine
from api.kernel.limits import Limits
from api.kernel.quantum import Quantum, given
from api.kernel.settings import ServiceSettings


class QuantumSettings(ServiceSettings):
    """`staff_public_key` (PEM) checks staff tokens: only staff have to do with billing here.

    `payments_webhook_secret` is what the payment provider signs its reports with.
    """

    staff_public_key: str
    payments_webhook_secret: SecretStr = Field(min_length=1)


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
            DisputeReportController,
            AdjustmentController,
            HoldController,
            HistoryController,
            AccountController,
        ],
        limits=Limits.of(settings),
        dependencies={
            "provider_reports": given(
                ProviderReports(settings.payments_webhook_secret.get_secret_value())
            )
        },
    )
