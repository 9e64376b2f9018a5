"""The tables of casework, prefix `mediation_`.

Personal data: class 1 (id number, phone, address) sealed in `parties.sealed`; class 2 (names,
narrative, records, wording) clear in the columns that `facts.erase` nulls.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, Text, UniqueConstraint

from fengqiao_chassis.store import JsonText, Moment, Money, access_columns, new_metadata

metadata = new_metadata()

cases = Table(
    "mediation_cases",
    metadata,
    Column("case_id", String(36), primary_key=True),
    Column("number", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("area", String(12), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("source", String(32), nullable=False),
    Column("type", String(2)),
    Column("grade", String(8), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("committee_id", String(64)),
    Column("assignment_id", String(64)),
    Column("assigned_at", Moment),
    Column("sign_due_at", Moment),
    Column("accepted_at", Moment),
    Column("term_due_on", Date),
    Column("dossier_number", String(80)),
    Column("end_reason", String(32)),
    Column("guidance", Text),
    Column("outcome", String(16)),
    Column("note", Text),
    Column("closed_at", Moment),
    Column("archived_at", Moment),
    Column("retention_years", Integer),
    Column("narrative", Text),
    Column("claims", JsonText),
    Column("erased_at", Moment),
    *access_columns(),
    Index("ix_mediation_cases_mediator_state", "mediator", "state"),
    Index("ix_mediation_cases_area_path", "area_path"),
    Index("ix_mediation_cases_committee_id", "committee_id"),
)
"""One row per registered case; `mediator` among the access columns is the assigned mediator."""

parties = Table(
    "mediation_parties",
    metadata,
    Column("case_id", String(36), primary_key=True),
    Column("party_id", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", Text),
    Column("sealed", Text),
    Column("identified", Boolean, nullable=False),
    Column("consent", String(8), nullable=False),
    Column("consent_at", Moment),
    Column("consent_note", Text),
)

sessions = Table(
    "mediation_sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("held_at", Moment, nullable=False),
    Column("attended", JsonText, nullable=False),
    Column("place", Text),
    Column("record", Text),
    UniqueConstraint("case_id", "number"),
)

agreements = Table(
    "mediation_agreements",
    metadata,
    Column("agreement_id", String(36), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("serial", Integer, nullable=False),
    Column("number", String(96), nullable=False),
    Column("form", String(8), nullable=False),
    Column("content", Text),
    Column("reached_at", Moment, nullable=False),
    Column("effective_on", Date),
    Column("confirmation_due_on", Date),
    Column("confirmation", String(8), nullable=False),
    Column("confirmation_applied_on", Date),
    Column("confirmation_decided_on", Date),
    Column("confirmation_reason", Text),
    Column("void", Boolean, nullable=False),
    UniqueConstraint("case_id", "serial"),
)

obligations = Table(
    "mediation_obligations",
    metadata,
    Column("agreement_id", String(36), primary_key=True),
    Column("obligation_id", String(64), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("place", Integer, nullable=False),
    Column("debtor", String(64), nullable=False),
    Column("creditor", String(64)),
    Column("amount", Money),
    Column("due_on", Date, nullable=False),
    Column("text", Text),
    Column("paid", Money, nullable=False),
    Column("performed_on", Date),
    Column("breached_on", Date),
    Column("breach_reason", String(32)),
    Index("ix_mediation_obligations_case_id", "case_id"),
)

performances = Table(
    "mediation_performances",
    metadata,
    Column("performance_id", String(36), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("agreement_id", String(36), nullable=False),
    Column("obligation_id", String(64), nullable=False),
    Column("performed_on", Date, nullable=False),
    Column("amount", Money),
    Column("recorded_at", Moment, nullable=False),
    Index("ix_mediation_performances_case_id", "case_id"),
)
"""Each recorded performance, part payments too."""

signatures = Table(
    "mediation_signatures",
    metadata,
    Column("agreement_id", String(36), primary_key=True),
    Column("signer_kind", String(8), primary_key=True),
    Column("signer_id", String(64), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("signed_at", Moment, nullable=False),
    Index("ix_mediation_signatures_case_id", "case_id"),
)

extensions = Table(
    "mediation_extensions",
    metadata,
    Column("extension_id", String(36), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("agreed_by", JsonText, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    UniqueConstraint("case_id", "number"),
)

clocks = Table(
    "mediation_clocks",
    metadata,
    Column("case_id", String(36), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("ref", String(64), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("missed_at", Moment),
    Index("ix_mediation_clocks_ended_at_due_at", "ended_at", "due_at"),
)
"""An index over the dates that `domain.clocks` computes, so that lists need no computation."""

counters = Table(
    "mediation_counters",
    metadata,
    Column("committee_id", String(64), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)
"""The last dossier number of a committee and year: a locked row, so without gap."""

committees = Table(
    "mediation_committees",
    metadata,
    Column("committee_id", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("area", String(12), nullable=False),
    Column("area_path", String(120), nullable=False),
)
"""What the registry said of committees: name and area, for dossier numbers and documents."""
