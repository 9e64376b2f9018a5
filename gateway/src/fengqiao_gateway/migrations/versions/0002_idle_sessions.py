"""When somebody last acted in a browser session."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gateway_sessions", sa.Column("active_at", Moment))


def downgrade() -> None:
    op.drop_column("gateway_sessions", "active_at")
