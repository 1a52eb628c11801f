"""Past days replayed under two policies, and an index that finds the proposals of some months."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INDEX = "ix_assignment_proposed_at"


def upgrade() -> None:
    op.create_table(
        "policy_backtest",
        sa.Column("policy_a_id", sa.Uuid(), nullable=False),
        sa.Column("policy_b_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("assumptions", postgresql.JSONB(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "policy_a_id <> policy_b_id", name=op.f("ck_policy_backtest_two_policies")
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], ["assignment_policy.id"], name=op.f(f"fk_policy_backtest_{name}")
            )
            for name in ("policy_a_id", "policy_b_id")
        ),
        sa.PrimaryKeyConstraint(
            "policy_a_id", "policy_b_id", "day", name=op.f("pk_policy_backtest")
        ),
    )
    # Small, and quick to make on a big table: a summary of each range of pages.
    op.create_index(INDEX, "assignment", ["proposed_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index(INDEX, table_name="assignment")
    op.drop_table("policy_backtest")
