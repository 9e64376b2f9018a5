"""The names of committees."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analytics_committees",
        sa.Column("committee_id", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("area_path", sa.String(120), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("analytics_committees")
