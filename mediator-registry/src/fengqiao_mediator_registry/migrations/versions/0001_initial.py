"""The first tables of the registry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create committees, mediators, standings, experts and assignments."""
    _create_committees()
    _create_mediators()
    _create_standings()
    _create_experts()
    _create_assignments()


def _create_committees() -> None:
    op.create_table(
        "registry_committees",
        sa.Column("committee_id", sa.String(36), nullable=False),
        sa.Column("external_id", sa.String(64)),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("area_path", sa.String(120), nullable=False),
        sa.Column("specialities", JsonText, nullable=False),
        sa.Column("setter", sa.String(200)),
        sa.Column("filing_number", sa.String(64)),
        sa.Column("filed_on", sa.Date),
        sa.Column("address", sa.String(300)),
        sa.Column("phone", sa.String(32)),
        sa.Column("members", sa.Integer),
        sa.Column("women", sa.Integer),
        sa.Column("term_ends_on", sa.Date),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("committee_id", name="pk_registry_committees"),
    )
    op.create_index(
        "ix_registry_committees_external_id", "registry_committees", ["external_id"], unique=True
    )
    op.create_index("ix_registry_committees_area_path", "registry_committees", ["area_path"])


def _create_mediators() -> None:
    op.create_table(
        "registry_mediators",
        sa.Column("mediator_id", sa.String(36), nullable=False),
        sa.Column("external_id", sa.String(64)),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("committee_id", sa.String(36), nullable=False),
        sa.Column("area_path", sa.String(120), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("id_kind", sa.String(24), nullable=False),
        sa.Column("id_sealed", sa.Text, nullable=False),
        sa.Column("id_blind", sa.String(32), nullable=False),
        sa.Column("phone_sealed", sa.Text),
        sa.Column("employment", sa.String(16), nullable=False),
        sa.Column("tags", JsonText, nullable=False),
        sa.Column("specialities", JsonText, nullable=False),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("certificate_number", sa.String(64)),
        sa.Column("certificate_expires_on", sa.Date),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("applied_at", Moment, nullable=False),
        sa.Column("admitted_at", Moment),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("mediator_id", name="pk_registry_mediators"),
    )
    op.create_index(
        "ix_registry_mediators_external_id", "registry_mediators", ["external_id"], unique=True
    )
    op.create_index(
        "ix_registry_mediators_id_blind", "registry_mediators", ["id_blind"], unique=True
    )
    op.create_index("ix_registry_mediators_committee_id", "registry_mediators", ["committee_id"])
    op.create_index("ix_registry_mediators_area_path", "registry_mediators", ["area_path"])


def _create_standings() -> None:
    op.create_table(
        "registry_standings",
        sa.Column("mediator_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("note", sa.Text),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("mediator_id", "number", name="pk_registry_standings"),
    )


def _create_experts() -> None:
    op.create_table(
        "registry_experts",
        sa.Column("expert_id", sa.String(36), nullable=False),
        sa.Column("external_id", sa.String(64)),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("title", sa.String(80)),
        sa.Column("organisation", sa.String(200)),
        sa.Column("fields", JsonText, nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("area_path", sa.String(120), nullable=False),
        sa.Column("phone_sealed", sa.Text),
        sa.Column("enrolled_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("expert_id", name="pk_registry_experts"),
    )
    op.create_index(
        "ix_registry_experts_external_id", "registry_experts", ["external_id"], unique=True
    )
    op.create_index("ix_registry_experts_area_path", "registry_experts", ["area_path"])


def _create_assignments() -> None:
    op.create_table(
        "registry_assignments",
        sa.Column("assignment_id", sa.String(36), nullable=False),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("mediator_id", sa.String(36), nullable=False),
        sa.Column("committee_id", sa.String(36), nullable=False),
        sa.Column("assigned_at", Moment, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.Column("agreed", sa.Boolean, nullable=False),
        sa.Column("performed", sa.Boolean, nullable=False),
        sa.Column("terminated", sa.Boolean, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("assignment_id", name="pk_registry_assignments"),
    )
    op.create_index("ix_registry_assignments_case_id", "registry_assignments", ["case_id"])
    op.create_index("ix_registry_assignments_mediator_id", "registry_assignments", ["mediator_id"])
    op.create_index(
        "ix_registry_assignments_committee_id", "registry_assignments", ["committee_id"]
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("registry_assignments")
    op.drop_table("registry_experts")
    op.drop_table("registry_standings")
    op.drop_table("registry_mediators")
    op.drop_table("registry_committees")
