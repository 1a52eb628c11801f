"""What an assignment run has seen, so that one starts at once for what is new."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Set after it was added: what earlier runs have seen is not known.
    op.add_column("assignment_run", sa.Column("seen", sa.String(), nullable=True))
    op.alter_column(
        "assignment_run", "seen", server_default=sa.text("(pg_current_snapshot())::text")
    )
    op.add_column(
        "assignment_run",
        sa.Column("holidays", postgresql.ARRAY(sa.Date()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("assignment_run", "holidays")
    op.drop_column("assignment_run", "seen")
