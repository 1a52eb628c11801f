"""Who chose an assignment, whether it is pinned, what was waived; why a ticket was escalated."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ESCALATIONS = ("no_expert", "refused", "sla_at_risk", "customer_absent")


def upgrade() -> None:
    op.add_column(
        "assignment", sa.Column("source", sa.String(), server_default="run", nullable=False)
    )
    op.add_column("assignment", sa.Column("assigned_by", sa.Uuid(), nullable=True))
    op.add_column(
        "assignment", sa.Column("pinned", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "assignment",
        sa.Column("override", postgresql.JSONB(none_as_null=True), nullable=True),
    )
    op.create_check_constraint(
        op.f("ck_assignment_source"), "assignment", "source IN ('run', 'manual')"
    )
    op.create_foreign_key(
        op.f("fk_assignment_assigned_by"), "assignment", "staff", ["assigned_by"], ["id"]
    )
    op.add_column("ticket_event", sa.Column("escalation", sa.String(), nullable=True))
    listed = ", ".join(f"'{code}'" for code in ESCALATIONS)
    op.create_check_constraint(
        op.f("ck_ticket_event_escalation"), "ticket_event", f"escalation IN ({listed})"
    )


def downgrade() -> None:
    op.drop_column("ticket_event", "escalation")
    op.drop_column("assignment", "override")
    op.drop_column("assignment", "pinned")
    op.drop_column("assignment", "assigned_by")
    op.drop_column("assignment", "source")
