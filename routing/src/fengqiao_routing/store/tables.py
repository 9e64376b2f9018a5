"""The tables of routing: its view of the registry, its cases, places, decisions and waiting list."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from fengqiao_chassis.store import JsonText, Moment, access_columns, new_metadata

metadata = new_metadata()

committees = Table(
    "routing_committees",
    metadata,
    Column("committee_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("area_path", Text, nullable=False),
    Column("specialities", JsonText, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),
    Index("ix_routing_committees_area_path", "area_path"),
)

mediators = Table(
    "routing_mediators",
    metadata,
    Column("mediator_id", String(64), primary_key=True),
    Column("committee_id", String(64), nullable=False),
    Column("area_path", Text, nullable=False),
    Column("specialities", JsonText, nullable=False),
    Column("grade", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("assignable", Boolean, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("live", Integer, nullable=False, server_default="0"),
    CheckConstraint("live >= 0", name="live"),
    Index("ix_routing_mediators_committee_id", "committee_id"),
)

cases = Table(
    "routing_cases",
    metadata,
    Column("case_id", String(64), primary_key=True),
    *access_columns(),
    Column("number", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("type", String(2)),
    Column("suitability", String(1)),
    Column("grade", String(8)),
    Column("urgency", Integer, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("screening", JsonText, nullable=False),
    Column("state", String(12), nullable=False),
    Column("outlet", String(32)),
    Column("unit_id", String(64)),
    Column("assignment_id", String(64)),
    Column("decision", Integer, nullable=False, server_default="0"),
    Column("wait_reason", String(24)),
    Column("waiting_since", Moment),
    Column("accepted", Boolean, nullable=False),
    Column("agreed", Boolean, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Index("ix_routing_cases_state", "state", "urgency", "waiting_since", "case_id"),
)

assignments = Table(
    "routing_assignments",
    metadata,
    Column("assignment_id", String(64), primary_key=True),
    Column("case_id", String(64), nullable=False),
    Column("committee_id", String(64), nullable=False),
    Column("mediator_id", String(64), nullable=False),
    Column("grade", String(8), nullable=False),
    Column("registry_sequence", Integer, nullable=False),
    Column("assigned_at", Moment, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("ended_at", Moment),
    Column("end_reason", String(32)),
    Index(
        "ix_routing_assignments_live_case_id",
        "case_id",
        unique=True,
        sqlite_where=text("live"),
        postgresql_where=text("live"),
    ),
    Index(
        "ix_routing_assignments_live_mediator_id",
        "mediator_id",
        sqlite_where=text("live"),
        postgresql_where=text("live"),
    ),
)
"""Appended to; a place is held while `live`. The unique index is invariant I3: one at a time."""

decisions = Table(
    "routing_decisions",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("decision", Integer, primary_key=True),
    Column("action", String(12), nullable=False),
    Column("outlet", String(32)),
    Column("unit_id", String(64)),
    Column("mediator_id", String(64)),
    Column("type", String(2), nullable=False),
    Column("suitability", String(1), nullable=False),
    Column("grade", String(8), nullable=False),
    Column("rule", String(16), nullable=False),
    Column("table_version", String(32), nullable=False),
    Column("reasons", JsonText, nullable=False),
    Column("alternatives", JsonText, nullable=False),
    Column("guidance", Text, nullable=False),
    Column("actor", String(128)),
    Column("note", Text),
    Column("decided_at", Moment, nullable=False),
)
"""Appended to. `note` holds a dispatcher's own words (class 2) and never leaves this table."""

waits = Table(
    "routing_waits",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("unit_id", String(64), primary_key=True),
    Column("rung", Integer, nullable=False),
    Column("step", String(16), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Index("ix_routing_waits_unit_id_urgency_since", "unit_id", "urgency", "since", "case_id"),
)
"""A case waits at every unit of its ladder; each unit serves by urgency, then time."""
