"""What the billing code location reads from its environment."""

from pydantic import Field, SecretStr

from api.kernel.settings import Settings


class BillingSettings(Settings):
    """Two roles of one database, and the tolerances of a run.

    `SQUAD_BILLING_URL` (biller) for all but the charge step, `SQUAD_BILLING_CHARGE_URL`
    (card_charge) for that. The vault's key-encryption key and the payment provider have
    classes of their own (`VaultSettings`, `PaymentSettings`).
    """

    billing_url: SecretStr
    billing_charge_url: SecretStr
    billing_count_tolerance: float = Field(default=0.25, ge=0)
    """Share by which the number of invoices may differ from last month's."""
    billing_total_tolerance: float = Field(default=0.25, ge=0)
    """The same of their sum."""
    billing_count_floor: int = Field(default=25, ge=0)
    """Invoices more or fewer that never matter."""
    billing_total_floor_cents: int = Field(default=100_000, ge=0)
    """Cents more or less that never matter."""
    billing_unbillable_tolerance: float = Field(default=0.01, ge=0)
    """Share of contracts that may lack a price or a tax rate; they are alerted one by one."""
    billing_outlier_tolerance: float = Field(default=0.01, ge=0)
    """Share of invoices that may be parked as outliers; with more of them the run waits."""
    billing_outlier_floor: int = Field(default=5, ge=0)
    """Outliers that never hold a run."""
    billing_concurrency: int = Field(default=32, gt=0, le=64)
    """Charges under way at once."""
    billing_charges_per_second: float | None = Field(default=None, gt=0)
    """Charges begun a second at most, for a provider that limits them; without it, no limit."""
    billing_charges_paused: bool = False
    """Begin no payment: after a restore, until the provider's books are compared."""
