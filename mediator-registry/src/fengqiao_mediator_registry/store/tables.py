"""The tables of the registry, prefix `registry_`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, Text

from fengqiao_chassis.store import JsonText, Moment, new_metadata

metadata = new_metadata()

committees = Table(
    "registry_committees",
    metadata,
    Column("committee_id", String(36), primary_key=True),
    Column("external_id", String(64)),
    Column("revision", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("area", String(16), nullable=False),
    Column("area_path", String(120), nullable=False),
    Column("specialities", JsonText, nullable=False),
    Column("setter", String(200)),
    Column("filing_number", String(64)),
    Column("filed_on", Date),
    Column("address", String(300)),
    Column("phone", String(32)),
    Column("members", Integer),
    Column("women", Integer),
    Column("term_ends_on", Date),
    Column("active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_registry_committees_external_id", "external_id", unique=True),
    Index("ix_registry_committees_area_path", "area_path"),
)
"""Filing data of committees; `phone` and `address` are the office's, published, not a person's."""

mediators = Table(
    "registry_mediators",
    metadata,
    Column("mediator_id", String(36), primary_key=True),
    Column("external_id", String(64)),
    Column("revision", Integer, nullable=False),
    Column("committee_id", String(36), nullable=False),
    Column("area_path", String(120), nullable=False),
    Column("name", String(80), nullable=False),
    Column("id_kind", String(24), nullable=False),
    Column("id_sealed", Text, nullable=False),
    Column("id_blind", String(32), nullable=False),
    Column("phone_sealed", Text),
    Column("employment", String(16), nullable=False),
    Column("tags", JsonText, nullable=False),
    Column("specialities", JsonText, nullable=False),
    Column("grade", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("certificate_number", String(64)),
    Column("certificate_expires_on", Date),
    Column("state", String(16), nullable=False),
    Column("reason", String(32)),
    Column("applied_at", Moment, nullable=False),
    Column("admitted_at", Moment),
    Column("updated_at", Moment, nullable=False),
    Index("ix_registry_mediators_external_id", "external_id", unique=True),
    Index("ix_registry_mediators_id_blind", "id_blind", unique=True),
    Index("ix_registry_mediators_committee_id", "committee_id"),
    Index("ix_registry_mediators_area_path", "area_path"),
)
"""One row per person (`id_blind` is unique); id number and phone are sealed, class 1."""

standings = Table(
    "registry_standings",
    metadata,
    Column("mediator_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("action", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32)),
    Column("note", Text),
    Column("actor", String(80), nullable=False),
    Column("at", Moment, nullable=False),
)
"""Every move of a mediator's standing, 1..n: who decided what, when and why."""

experts = Table(
    "registry_experts",
    metadata,
    Column("expert_id", String(36), primary_key=True),
    Column("external_id", String(64)),
    Column("name", String(80), nullable=False),
    Column("title", String(80)),
    Column("organisation", String(200)),
    Column("fields", JsonText, nullable=False),
    Column("area", String(16), nullable=False),
    Column("area_path", String(120), nullable=False),
    Column("phone_sealed", Text),
    Column("enrolled_at", Moment, nullable=False),
    Index("ix_registry_experts_external_id", "external_id", unique=True),
    Index("ix_registry_experts_area_path", "area_path"),
)
"""The pool of experts (专家智库)."""

assignments = Table(
    "registry_assignments",
    metadata,
    Column("assignment_id", String(36), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("mediator_id", String(36), nullable=False),
    Column("committee_id", String(36), nullable=False),
    Column("assigned_at", Moment, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("agreed", Boolean, nullable=False),
    Column("performed", Boolean, nullable=False),
    Column("terminated", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    Index("ix_registry_assignments_case_id", "case_id"),
    Index("ix_registry_assignments_mediator_id", "mediator_id"),
    Index("ix_registry_assignments_committee_id", "committee_id"),
)
"""How each assignment went on, heard from facts; outcome counters are counts over these rows."""
