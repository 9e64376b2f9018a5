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
    Index("ix_triage_cases_area_path", "area_path"),
)
"""`people` to `answered` are the form; `unanswered` that a safety question once stood too long."""

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
)
"""The words of a case by part (class 2, null once erased), and what was read in them."""

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
