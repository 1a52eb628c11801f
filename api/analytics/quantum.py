"""The analytics quantum as a process serves it: reports over the published snapshot."""

from pathlib import Path

import api.analytics.tables  # noqa: F401 - all of them, for the keys between them
from api.analytics.reports.routes import ReportController
from api.analytics.reports.service import Published
from api.kernel.auth import STAFF_ISSUER, TokenVerifier
from api.kernel.database import create_engine
from api.kernel.limits import Limits
from api.kernel.quantum import Quantum, given
from api.kernel.settings import ServiceSettings
from warehouse.read import Warehouse


class QuantumSettings(ServiceSettings):
    """`staff_public_key` (PEM) checks staff tokens; `warehouse_dir` holds what is published."""

    staff_public_key: str
    warehouse_dir: Path


def quantum(settings: QuantumSettings) -> Quantum:
    """The quantum with its database, its routes and the published versions."""
    published = Published(Warehouse(settings.warehouse_dir, memory_limit="256MB", threads=2))
    return Quantum(
        name="analytics",
        engine=create_engine(
            settings.database_url.get_secret_value(),
            name="analytics-api",
            pool_size=settings.pool_size,
        ),
        verifier=TokenVerifier("analytics", {STAFF_ISSUER: settings.staff_public_key}),
        controllers=[ReportController],
        limits=Limits.of(settings),
        dependencies={"published": given(published)},
    )
