"""What happens to a case after it was told: events, and the order in which its words came."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("triage_cases", sa.Column("events", JsonText))
    # Until now words came as supplements alone, in the order of their numbers.
    turn = sa.Column("turn", sa.Integer, nullable=False, server_default="0")
    op.add_column("triage_inputs", turn)
    op.execute("UPDATE triage_inputs SET turn = part")


def downgrade() -> None:
    op.drop_column("triage_inputs", "turn")
    op.drop_column("triage_cases", "events")
