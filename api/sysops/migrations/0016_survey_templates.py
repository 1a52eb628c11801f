"""What customers are asked after a visit: templates of surveys, one of them the default."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# What every customer was asked until now. The customer database has the same as version 1.
QUESTIONS = [
    {
        "code": "score",
        "kind": "score",
        "text": "How satisfied are you with our help?",
        "required": True,
        "choices": [],
    },
    {
        "code": "would_recommend",
        "kind": "recommendation",
        "text": "How likely are you to recommend us to friends?",
        "required": False,
        "choices": [],
    },
    {
        "code": "comment",
        "kind": "text",
        "text": "What should we keep, or do better?",
        "required": False,
        "choices": [],
    },
]


def upgrade() -> None:
    template = op.create_table(
        "survey_template",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_survey_template")),
    )
    default = {
        "code": "default",
        "name": "After every visit",
        "heading": "How was our visit?",
        "questions": QUESTIONS,
    }
    op.bulk_insert(template, [default])
    op.add_column("ticket_type", sa.Column("survey_template", sa.String(), nullable=True))
    op.create_foreign_key(
        op.f("fk_ticket_type_survey_template"),
        "ticket_type",
        "survey_template",
        ["survey_template"],
        ["code"],
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_ticket_type_survey_template"), "ticket_type", type_="foreignkey")
    op.drop_column("ticket_type", "survey_template")
    op.drop_table("survey_template")
