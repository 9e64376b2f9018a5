"""The first tables of mediation."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment, Money, access_columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _cases()
    _proceedings()
    _agreements()
    _clocks()


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(f"mediation_{name}")


TABLES = (
    "committees",
    "counters",
    "clocks",
    "extensions",
    "signatures",
    "performances",
    "obligations",
    "agreements",
    "sessions",
    "parties",
    "cases",
)


def _cases() -> None:
    op.create_table(
        "mediation_cases",
        sa.Column("case_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("area", sa.String(12), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("type", sa.String(2)),
        sa.Column("grade", sa.String(8), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("committee_id", sa.String(64)),
        sa.Column("assignment_id", sa.String(64)),
        sa.Column("assigned_at", Moment),
        sa.Column("sign_due_at", Moment),
        sa.Column("accepted_at", Moment),
        sa.Column("term_due_on", sa.Date),
        sa.Column("dossier_number", sa.String(80)),
        sa.Column("end_reason", sa.String(32)),
        sa.Column("guidance", sa.Text),
        sa.Column("outcome", sa.String(16)),
        sa.Column("note", sa.Text),
        sa.Column("closed_at", Moment),
        sa.Column("archived_at", Moment),
        sa.Column("retention_years", sa.Integer),
        sa.Column("narrative", sa.Text),
        sa.Column("claims", JsonText),
        sa.Column("erased_at", Moment),
        *access_columns(),
        sa.Index("ix_mediation_cases_mediator_state", "mediator", "state"),
        sa.Index("ix_mediation_cases_area_path", "area_path"),
        sa.Index("ix_mediation_cases_committee_id", "committee_id"),
    )
    op.create_table(
        "mediation_parties",
        sa.Column("case_id", sa.String(36), primary_key=True),
        sa.Column("party_id", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("sealed", sa.Text),
        sa.Column("identified", sa.Boolean, nullable=False),
        sa.Column("consent", sa.String(8), nullable=False),
        sa.Column("consent_at", Moment),
        sa.Column("consent_note", sa.Text),
    )


def _proceedings() -> None:
    op.create_table(
        "mediation_sessions",
        sa.Column("session_id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("held_at", Moment, nullable=False),
        sa.Column("attended", JsonText, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("record", sa.Text),
        sa.UniqueConstraint("case_id", "number"),
    )
    op.create_table(
        "mediation_extensions",
        sa.Column("extension_id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("agreed_by", JsonText, nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.UniqueConstraint("case_id", "number"),
    )


def _agreements() -> None:
    op.create_table(
        "mediation_agreements",
        sa.Column("agreement_id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("number", sa.String(96), nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("reached_at", Moment, nullable=False),
        sa.Column("effective_on", sa.Date),
        sa.Column("confirmation_due_on", sa.Date),
        sa.Column("confirmation", sa.String(8), nullable=False),
        sa.Column("confirmation_applied_on", sa.Date),
        sa.Column("confirmation_decided_on", sa.Date),
        sa.Column("confirmation_reason", sa.Text),
        sa.Column("void", sa.Boolean, nullable=False),
        sa.UniqueConstraint("case_id", "serial"),
    )
    op.create_table(
        "mediation_obligations",
        sa.Column("agreement_id", sa.String(36), primary_key=True),
        sa.Column("obligation_id", sa.String(64), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("debtor", sa.String(64), nullable=False),
        sa.Column("creditor", sa.String(64)),
        sa.Column("amount", Money),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("paid", Money, nullable=False),
        sa.Column("performed_on", sa.Date),
        sa.Column("breached_on", sa.Date),
        sa.Column("breach_reason", sa.String(32)),
        sa.Index("ix_mediation_obligations_case_id", "case_id"),
    )
    op.create_table(
        "mediation_performances",
        sa.Column("performance_id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("agreement_id", sa.String(36), nullable=False),
        sa.Column("obligation_id", sa.String(64), nullable=False),
        sa.Column("performed_on", sa.Date, nullable=False),
        sa.Column("amount", Money),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Index("ix_mediation_performances_case_id", "case_id"),
    )
    op.create_table(
        "mediation_signatures",
        sa.Column("agreement_id", sa.String(36), primary_key=True),
        sa.Column("signer_kind", sa.String(8), primary_key=True),
        sa.Column("signer_id", sa.String(64), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("signed_at", Moment, nullable=False),
        sa.Index("ix_mediation_signatures_case_id", "case_id"),
    )


def _clocks() -> None:
    op.create_table(
        "mediation_clocks",
        sa.Column("case_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("ref", sa.String(64), primary_key=True),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("missed_at", Moment),
        sa.Index("ix_mediation_clocks_ended_at_due_at", "ended_at", "due_at"),
    )
    op.create_table(
        "mediation_counters",
        sa.Column("committee_id", sa.String(64), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "mediation_committees",
        sa.Column("committee_id", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("area", sa.String(12), nullable=False),
        sa.Column("area_path", sa.String(120), nullable=False),
    )
