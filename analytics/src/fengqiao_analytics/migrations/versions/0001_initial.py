"""The first tables of the statistics."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment, access_columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analytics_cases",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("area", sa.String(20), nullable=False),
        *access_columns(),
        sa.Column("district", sa.String(64), nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("copy_of", sa.String(36)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("type", sa.String(8)),
        sa.Column("grade", sa.String(8)),
        sa.Column("suitability", sa.String(8)),
        sa.Column("outlet", sa.String(32)),
        sa.Column("committee_id", sa.String(64)),
        sa.Column("waiting_reason", sa.String(32)),
        sa.Column("overdue", sa.String(16)),
        sa.Column("resume", sa.String(16)),
        sa.Column("open_obligations", JsonText),
        sa.Column("assigned_on", sa.Date),
        sa.Column("redirected_on", sa.Date),
        sa.Column("ended_on", sa.Date),
        sa.Column("overdue_on", sa.Date),
    )
    op.create_index(
        "ix_analytics_cases_district_received_on", "analytics_cases", ["district", "received_on"]
    )
    op.create_index("ix_analytics_cases_received_on", "analytics_cases", ["received_on"])
    op.create_table(
        "analytics_counts",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("district", sa.String(64), primary_key=True),
        sa.Column("type", sa.String(8), primary_key=True),
        sa.Column("grade", sa.String(8), primary_key=True),
        sa.Column("channel", sa.String(16), primary_key=True),
        sa.Column("status", sa.String(16), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
    )
    op.create_table(
        "analytics_units",
        sa.Column("district", sa.String(64), primary_key=True),
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("status", sa.String(16), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
    )
    op.create_table(
        "analytics_reports",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("area", sa.String(20), primary_key=True),
        sa.Column("period", sa.String(20), primary_key=True),
        sa.Column("issue", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("counts", JsonText, nullable=False),
        sa.Column("issued_at", Moment, nullable=False),
        sa.Column("issued_by", sa.String(80), nullable=False),
    )


def downgrade() -> None:
    for name in ("reports", "units", "counts", "cases"):
        op.drop_table(f"analytics_{name}")
