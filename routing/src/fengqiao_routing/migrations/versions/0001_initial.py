"""The first tables of routing."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment, access_columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _registry()
    _cases()
    _places()
    _decisions()


def downgrade() -> None:
    for name in ("waits", "decisions", "assignments", "cases", "mediators", "committees"):
        op.drop_table(f"routing_{name}")


def _registry() -> None:
    op.create_table(
        "routing_committees",
        sa.Column("committee_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("area_path", sa.Text, nullable=False),
        sa.Column("specialities", JsonText, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Index("ix_routing_committees_area_path", "area_path"),
    )
    op.create_table(
        "routing_mediators",
        sa.Column("mediator_id", sa.String(64), primary_key=True),
        sa.Column("committee_id", sa.String(64), nullable=False),
        sa.Column("area_path", sa.Text, nullable=False),
        sa.Column("specialities", JsonText, nullable=False),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("assignable", sa.Boolean, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("live", sa.Integer, nullable=False, server_default="0"),
        sa.CheckConstraint("live >= 0", name=op.f("ck_routing_mediators_live")),
        sa.Index("ix_routing_mediators_committee_id", "committee_id"),
    )


def _cases() -> None:
    op.create_table(
        "routing_cases",
        sa.Column("case_id", sa.String(64), primary_key=True),
        *access_columns(),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("type", sa.String(2)),
        sa.Column("suitability", sa.String(1)),
        sa.Column("grade", sa.String(8)),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("screening", JsonText, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("outlet", sa.String(32)),
        sa.Column("unit_id", sa.String(64)),
        sa.Column("assignment_id", sa.String(64)),
        sa.Column("decision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("wait_reason", sa.String(24)),
        sa.Column("waiting_since", Moment),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("agreed", sa.Boolean, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Index("ix_routing_cases_state", "state", "urgency", "waiting_since", "case_id"),
    )


def _places() -> None:
    op.create_table(
        "routing_assignments",
        sa.Column("assignment_id", sa.String(64), primary_key=True),
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("committee_id", sa.String(64), nullable=False),
        sa.Column("mediator_id", sa.String(64), nullable=False),
        sa.Column("grade", sa.String(8), nullable=False),
        sa.Column("registry_sequence", sa.Integer, nullable=False),
        sa.Column("assigned_at", Moment, nullable=False),
        sa.Column("live", sa.Boolean, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("end_reason", sa.String(32)),
        sa.Index(
            "ix_routing_assignments_live_case_id",
            "case_id",
            unique=True,
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        ),
        sa.Index(
            "ix_routing_assignments_live_mediator_id",
            "mediator_id",
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        ),
    )
    op.create_table(
        "routing_waits",
        sa.Column("case_id", sa.String(64), primary_key=True),
        sa.Column("unit_id", sa.String(64), primary_key=True),
        sa.Column("rung", sa.Integer, nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Index(
            "ix_routing_waits_unit_id_urgency_since", "unit_id", "urgency", "since", "case_id"
        ),
    )


def _decisions() -> None:
    op.create_table(
        "routing_decisions",
        sa.Column("case_id", sa.String(64), primary_key=True),
        sa.Column("decision", sa.Integer, primary_key=True),
        sa.Column("action", sa.String(12), nullable=False),
        sa.Column("outlet", sa.String(32)),
        sa.Column("unit_id", sa.String(64)),
        sa.Column("mediator_id", sa.String(64)),
        sa.Column("type", sa.String(2), nullable=False),
        sa.Column("suitability", sa.String(1), nullable=False),
        sa.Column("grade", sa.String(8), nullable=False),
        sa.Column("rule", sa.String(16), nullable=False),
        sa.Column("table_version", sa.String(32), nullable=False),
        sa.Column("reasons", JsonText, nullable=False),
        sa.Column("alternatives", JsonText, nullable=False),
        sa.Column("guidance", sa.Text, nullable=False),
        sa.Column("actor", sa.String(128)),
        sa.Column("note", sa.Text),
        sa.Column("decided_at", Moment, nullable=False),
    )
