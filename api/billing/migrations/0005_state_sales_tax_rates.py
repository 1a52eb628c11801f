"""The states' general sales tax rates to begin with; finance adds a row for each change.

Statewide rates of support plans taken as taxable services, with the local part that is the
same everywhere in a state (CA, UT, VA). In millionths: 72500 is 7.25 %.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PRODUCT_CLASS = "support_plan"
VALID_FROM = "2020-01-01"
RATES = {
    "AL": 40000, "AK": 0, "AZ": 56000, "AR": 65000, "CA": 72500, "CO": 29000, "CT": 63500,
    "DE": 0, "DC": 60000, "FL": 60000, "GA": 40000, "HI": 40000, "ID": 60000, "IL": 62500,
    "IN": 70000, "IA": 60000, "KS": 65000, "KY": 60000, "LA": 50000, "ME": 55000, "MD": 60000,
    "MA": 62500, "MI": 60000, "MN": 68750, "MS": 70000, "MO": 42250, "MT": 0, "NE": 55000,
    "NV": 68500, "NH": 0, "NJ": 66250, "NM": 48750, "NY": 40000, "NC": 47500, "ND": 50000,
    "OH": 57500, "OK": 45000, "OR": 0, "PA": 60000, "RI": 70000, "SC": 60000, "SD": 42000,
    "TN": 70000, "TX": 62500, "UT": 61000, "VT": 60000, "VA": 53000, "WA": 65000, "WV": 60000,
    "WI": 50000, "WY": 40000, "PR": 115000,
}  # fmt: skip

_RATE = sa.table(
    "tax_rate",
    sa.column("state", sa.String),
    sa.column("product_class", sa.String),
    sa.column("valid_from", sa.Date),
    sa.column("rate_millionths", sa.Integer),
)


def upgrade() -> None:
    rows = [
        {
            "state": state,
            "product_class": PRODUCT_CLASS,
            "valid_from": sa.func.date(VALID_FROM),
            "rate_millionths": rate,
        }
        for state, rate in RATES.items()
    ]
    op.execute(_RATE.insert().values(rows))


def downgrade() -> None:
    op.execute(
        _RATE.delete().where(
            _RATE.c.product_class == PRODUCT_CLASS, _RATE.c.valid_from == sa.func.date(VALID_FROM)
        )
    )
