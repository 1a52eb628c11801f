"""Customers are found by e-mail, phone or name; nobody looks through an expert's history."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_customer_email", "customer", ["email"])
    op.create_index("ix_customer_phone", "customer", ["phone"])
    op.create_index(
        "ix_customer_name_start",
        "customer",
        [sa.literal_column("lower(full_name)").label("name")],
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.drop_index("ix_assignment_expert", table_name="assignment")


def downgrade() -> None:
    op.create_index(
        "ix_assignment_expert", "assignment", ["expert_id", "during"], postgresql_using="gist"
    )
    for name in ("ix_customer_name_start", "ix_customer_phone", "ix_customer_email"):
        op.drop_index(name, table_name="customer")
