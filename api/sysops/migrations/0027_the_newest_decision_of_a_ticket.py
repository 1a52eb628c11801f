"""The newest decision of a ticket is found in one step, whatever is known of the table's size."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # By ticket alone, a table that had just grown was read by run instead, once a ticket.
    op.create_index("ix_assignment_decision_newest", "assignment_decision", ["ticket_id", "run_id"])
    op.drop_index("ix_assignment_decision_ticket", table_name="assignment_decision")


def downgrade() -> None:
    op.create_index("ix_assignment_decision_ticket", "assignment_decision", ["ticket_id"])
    op.drop_index("ix_assignment_decision_newest", table_name="assignment_decision")
