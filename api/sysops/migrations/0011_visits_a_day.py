"""An expert takes so many visits a day and no more."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "expert", sa.Column("most_visits_a_day", sa.Integer(), server_default="4", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_expert_most_visits_a_day"), "expert", "most_visits_a_day > 0"
    )
    op.create_index(
        "ix_assignment_completed",
        "assignment",
        ["completed_at"],
        postgresql_where=sa.text("status = 'completed'"),
    )


def downgrade() -> None:
    op.drop_index("ix_assignment_completed", table_name="assignment")
    op.drop_constraint(op.f("ck_expert_most_visits_a_day"), "expert")
    op.drop_column("expert", "most_visits_a_day")
