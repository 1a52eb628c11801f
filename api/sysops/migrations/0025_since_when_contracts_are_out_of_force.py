"""Since when a contract is out of force: a visit that was proposed before stands."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "entitlement",
        sa.Column("out_of_force_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    # When it was is not known any more: what is proposed by now was proposed before.
    op.execute(
        "UPDATE entitlement SET out_of_force_since = now()"
        " WHERE standing <> 'good' OR (status <> 'active' AND replaced_by IS NULL)"
    )


def downgrade() -> None:
    op.drop_column("entitlement", "out_of_force_since")
