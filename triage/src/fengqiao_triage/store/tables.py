"""The tables of triage: cases as they stand, their texts, every assessment made."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

from fengqiao_chassis.store import JsonText, Moment, Money, access_columns, new_metadata

metadata = new_metadata()

cases = Table(
    "triage_cases",
    metadata,
    Column("case_id", String(64), primary_key=True),
    *access_columns(),
    Column("received_at", Moment, nullable=False),
    Column("people", Integer),
    Column("amount", Money),
    Column("months", Integer),
    Column("respondent", Boolean, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("unanswered", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("grade", String(8), nullable=False),
    Column("last_red_at", Moment),
    Column("override", JsonText),
    Column("answers", JsonText),
    Column("asked_at", Moment),
    Column("events", JsonText),
    Index("ix_triage_cases_area_path", "area_path"),
)
"""`people` to `answered`, `answers` and `events` are the form; `unanswered`: a safety question stood too long;
`asked_at`: since when one stands open; `override`: the human's word that holds, without its reason.
"""

inputs = Table(
    "triage_inputs",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("text", Text),
    Column("day", String(10), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("analyser", String(64), nullable=False),
    Column("analysis", JsonText, nullable=False),
    Column("turn", Integer, nullable=False, server_default="0"),
)
"""The words of a case by part (class 2, null once erased), and what was read in them; `turn` counts
them as they came: an assessment rests on the first so many.
"""

assessments = Table(
    "triage_assessments",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("cause", String(64), nullable=False),
    Column("type", String(2), nullable=False),
    Column("suitability", String(1), nullable=False),
    Column("grade", String(8), nullable=False),
    Column("previous", String(8)),
    Column("score", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("detail", JsonText, nullable=False),
    Column("inputs", JsonText, nullable=False),
    Column("input_sha256", String(64), nullable=False),
    Column("assessed_at", Moment, nullable=False),
)

overrides = Table(
    "triage_overrides",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("case_id", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("grade", String(8)),
    Column("type", String(2)),
    Column("suitability", String(1)),
    Column("policy_grade", String(8), nullable=False),
    Column("read_type", String(2), nullable=False),
    Column("read_suitability", String(1), nullable=False),
    Column("reason", Text),
    Column("decided_by", String(80), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("released_by", String(80)),
    Column("released_at", Moment),
    Column("release_reason", Text),
    Column("replaced_by", String(36)),
    Index("ix_triage_overrides_case_id", "case_id"),
)
"""What a human decided and what the policy said then; the reasons are class 2, null once erased."""

policies = Table(
    "triage_policies",
    metadata,
    Column("version", String(60), primary_key=True),
    Column("text", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("note", String(500), nullable=False),
    Column("uploaded_by", String(80), nullable=False),
    Column("uploaded_at", Moment, nullable=False),
)
"""Grading policies brought in beside those of the release, as they were written; never changed."""

policy_activations = Table(
    "triage_policy_activations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", String(60), nullable=False),
    Column("active_from", Moment, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("activated_by", String(80), nullable=False),
    Column("activated_at", Moment, nullable=False),
    Index("ix_triage_policy_activations_active_from", "active_from"),
)
"""From when a version holds, of the release's or brought in; none is ever changed."""
