"""The first tables of triage."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment, Money, access_columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "triage_cases",
        sa.Column("case_id", sa.String(64), primary_key=True),
        *access_columns(),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("people", sa.Integer),
        sa.Column("amount", Money),
        sa.Column("months", sa.Integer),
        sa.Column("respondent", sa.Boolean, nullable=False),
        sa.Column("answered", sa.Integer, nullable=False),
        sa.Column("unanswered", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("grade", sa.String(8), nullable=False),
        sa.Column("last_red_at", Moment),
        sa.Index("ix_triage_cases_area_path", "area_path"),
    )
    op.create_table(
        "triage_inputs",
        sa.Column("case_id", sa.String(64), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("analyser", sa.String(64), nullable=False),
        sa.Column("analysis", JsonText, nullable=False),
    )
    op.create_table(
        "triage_assessments",
        sa.Column("case_id", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("cause", sa.String(64), nullable=False),
        sa.Column("type", sa.String(2), nullable=False),
        sa.Column("suitability", sa.String(1), nullable=False),
        sa.Column("grade", sa.String(8), nullable=False),
        sa.Column("previous", sa.String(8)),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("detail", JsonText, nullable=False),
        sa.Column("inputs", JsonText, nullable=False),
        sa.Column("input_sha256", sa.String(64), nullable=False),
        sa.Column("assessed_at", Moment, nullable=False),
    )


def downgrade() -> None:
    for name in ("assessments", "inputs", "cases"):
        op.drop_table(f"triage_{name}")
