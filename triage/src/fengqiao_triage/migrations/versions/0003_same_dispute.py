"""Which cases are one dispute: signatures, disputes, index, links."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mark = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "triage_signatures",
        sa.Column("case_id", sa.String(64), primary_key=True),
        sa.Column("dispute_id", sa.String(64), nullable=False),
        sa.Column("copy_of", sa.String(64)),
        sa.Column("area_path", sa.String(120), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("words", sa.LargeBinary),
        sa.Column("parties", JsonText),
        sa.Index("ix_triage_signatures_dispute_id", "dispute_id", "case_id"),
    )
    op.create_table(
        "triage_disputes",
        sa.Column("dispute_id", sa.String(64), primary_key=True),
        sa.Column("absorbed_by", sa.String(64)),
        sa.Column("persons", sa.Integer, nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("detail", JsonText, nullable=False),
    )
    op.create_table(
        "triage_marks",
        sa.Column("mark", mark, primary_key=True, autoincrement=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("disputes", sa.Text, nullable=False),
    )
    op.create_table(
        "triage_links",
        sa.Column("case_id", sa.String(64), primary_key=True),
        sa.Column("other_case_id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("points", JsonText),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("linked_at", Moment, nullable=False),
        sa.Index("ix_triage_links_other_case_id", "other_case_id"),
    )
    turns = op.create_table("triage_turns", sa.Column("name", sa.String(32), primary_key=True))
    op.bulk_insert(turns, [{"name": "same"}])


def downgrade() -> None:
    for name in ("turns", "links", "marks", "disputes", "signatures"):
        op.drop_table(f"triage_{name}")
