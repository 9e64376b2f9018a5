"""The tables of the statistics: a narrow row per case, the roll-ups, the issued reports."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text

from fengqiao_chassis.store import JsonText, Moment, access_columns, new_metadata

metadata = new_metadata()

cases = Table(
    "analytics_cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", String(32), nullable=False),
    Column("unit", String(20), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("source", String(20), nullable=False),
    Column("area", String(20), nullable=False),
    *access_columns(),
    Column("district", String(64), nullable=False),
    Column("received_on", Date, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("copy_of", String(36)),
    Column("status", String(16), nullable=False),
    Column("type", String(8)),
    Column("grade", String(8)),
    Column("suitability", String(8)),
    Column("outlet", String(32)),
    Column("committee_id", String(64)),
    Column("waiting_reason", String(32)),
    Column("overdue", String(16)),
    Column("resume", String(16)),
    Column("open_obligations", JsonText),
    Column("assigned_on", Date),
    Column("redirected_on", Date),
    Column("ended_on", Date),
    Column("overdue_on", Date),
    Index("ix_analytics_cases_district_received_on", "district", "received_on"),
    Index("ix_analytics_cases_received_on", "received_on"),
)
"""No personal data: the group drops the personal part of every fact before it is decoded."""

counts = Table(
    "analytics_counts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("district", String(64), primary_key=True),
    Column("type", String(8), primary_key=True),
    Column("grade", String(8), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("status", String(16), primary_key=True),
    Column("n", Integer, nullable=False),
)
"""Cases by registration day and all that is counted, kept in the transaction of each change."""

units = Table(
    "analytics_units",
    metadata,
    Column("district", String(64), primary_key=True),
    Column("unit", String(64), primary_key=True),
    Column("status", String(16), primary_key=True),
    Column("n", Integer, nullable=False),
)
"""Cases by the body they lie with."""

committees = Table(
    "analytics_committees",
    metadata,
    Column("committee_id", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("area_path", String(120), nullable=False),
)
"""The names of the bodies, from the registry's facts."""

reports = Table(
    "analytics_reports",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("area", String(20), primary_key=True),
    Column("period", String(20), primary_key=True),
    Column("issue", Integer, primary_key=True, autoincrement=False),
    Column("counts", JsonText, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("issued_by", String(80), nullable=False),
)
"""Issued products; an issue is never changed, late events make the next."""
