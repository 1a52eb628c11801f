"""What must be computed again says because of which table: who reads none of it need not."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE landing.touched ADD COLUMN table_name text")
    op.execute(
        "COMMENT ON COLUMN landing.touched.table_name IS "
        "'The landed table that changed; without one it concerns every mart of the entity.'"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE landing.touched DROP COLUMN table_name")
