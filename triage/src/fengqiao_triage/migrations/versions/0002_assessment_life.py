"""The life of an assessment: overrides, answers, and the policies that a bureau brings in."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("triage_cases", sa.Column("override", JsonText))
    op.add_column("triage_cases", sa.Column("answers", JsonText))
    op.add_column("triage_cases", sa.Column("asked_at", Moment))
    op.create_table(
        "triage_overrides",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("grade", sa.String(8)),
        sa.Column("type", sa.String(2)),
        sa.Column("suitability", sa.String(1)),
        sa.Column("policy_grade", sa.String(8), nullable=False),
        sa.Column("read_type", sa.String(2), nullable=False),
        sa.Column("read_suitability", sa.String(1), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("decided_by", sa.String(80), nullable=False),
        sa.Column("decided_at", Moment, nullable=False),
        sa.Column("released_by", sa.String(80)),
        sa.Column("released_at", Moment),
        sa.Column("release_reason", sa.Text),
        sa.Column("replaced_by", sa.String(36)),
        sa.Index("ix_triage_overrides_case_id", "case_id"),
    )
    op.create_table(
        "triage_policies",
        sa.Column("version", sa.String(60), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("uploaded_by", sa.String(80), nullable=False),
        sa.Column("uploaded_at", Moment, nullable=False),
    )
    op.create_table(
        "triage_policy_activations",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.String(60), nullable=False),
        sa.Column("active_from", Moment, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("activated_by", sa.String(80), nullable=False),
        sa.Column("activated_at", Moment, nullable=False),
        sa.Index("ix_triage_policy_activations_active_from", "active_from"),
    )


def downgrade() -> None:
    for name in ("policy_activations", "policies", "overrides"):
        op.drop_table(f"triage_{name}")
    for name in ("asked_at", "answers", "override"):
        op.drop_column("triage_cases", name)
