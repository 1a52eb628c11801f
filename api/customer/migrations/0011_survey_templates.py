"""Surveys ask by templates, whose versions all stay: an answer is read against its questions.

Who has not answered is reminded once.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
# What every customer was asked until now. The sysops database has the same as version 1.
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
KEY = "fk_survey_template_template_version"


def upgrade() -> None:
    template = op.create_table(
        "survey_template",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("questions", JSON, nullable=False),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_survey_template")),
    )
    default = {
        "code": "default",
        "version": 1,
        "heading": "How was our visit?",
        "questions": QUESTIONS,
    }
    op.bulk_insert(template, [default])
    op.add_column("ticket_type", sa.Column("survey_template", sa.String(), nullable=True))
    # Constant defaults: the surveys that are there asked by the first version, and none of
    # their rows is written.
    op.add_column(
        "survey", sa.Column("template", sa.String(), server_default="default", nullable=False)
    )
    op.add_column(
        "survey", sa.Column("template_version", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("survey", sa.Column("answers", JSON, nullable=True))
    op.create_foreign_key(
        op.f(KEY),
        "survey",
        "survey_template",
        ["template", "template_version"],
        ["code", "version"],
    )
    op.create_index(
        "ix_survey_unanswered",
        "survey",
        ["sent_at"],
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_table(
        "survey_reminder",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["survey.id"], name=op.f("fk_survey_reminder_survey_id")
        ),
        sa.PrimaryKeyConstraint("survey_id", name=op.f("pk_survey_reminder")),
    )


def downgrade() -> None:
    op.drop_table("survey_reminder")
    op.drop_index("ix_survey_unanswered", table_name="survey")
    op.drop_constraint(op.f(KEY), "survey", type_="foreignkey")
    for column in ("answers", "template_version", "template"):
        op.drop_column("survey", column)
    op.drop_column("ticket_type", "survey_template")
    op.drop_table("survey_template")
