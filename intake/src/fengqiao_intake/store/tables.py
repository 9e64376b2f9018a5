"""The tables of intake: cases, parties, words, counters, referrals, imports and the timeline."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fengqiao_chassis.store import JsonText, Moment, Money, access_columns, new_metadata

metadata = new_metadata()

_BigKey = BigInteger().with_variant(Integer(), "sqlite")

cases = Table(
    "intake_cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", String(32), nullable=False),
    Column("unit", String(20), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("source", String(20), nullable=False),
    Column("area", String(20), nullable=False),
    *access_columns(),
    Column("occurred_on", Date),
    Column("reported_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("people_count", Integer),
    Column("amount", Money),
    Column("claims", JsonText),
    Column("external_system", String(64)),
    Column("external_number", String(128)),
    Column("words_hash", String(32)),
    Column("copy_of", String(36)),
    Column("receipt_sha256", String(64), nullable=False),
    Column("code_hash", String(32), nullable=False),
    Column("code_tries", Integer, nullable=False),
    Column("code_locked_until", Moment),
    Column("supplements", Integer, nullable=False),
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
    Column("dossier_number", String(64)),
    Column("updated_at", Moment, nullable=False),
    Column("erased_at", Moment),
    UniqueConstraint("number", name="uq_intake_cases_number"),
    Index("ix_intake_cases_words_hash", "words_hash"),
    Index("ix_intake_cases_status_id", "status", "id"),
    Index("ix_intake_cases_unit_id", "unit", "id"),
    Index(
        "ix_intake_cases_mediator",
        "mediator",
        postgresql_where=text("mediator IS NOT NULL"),
        sqlite_where=text("mediator IS NOT NULL"),
    ),
)
"""The register. Narrow, because every stage moves its status; the words lie in `intake_texts`."""

parties = Table(
    "intake_parties",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("position", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(200)),
    Column("id_kind", String(32)),
    Column("id_number", Text),
    Column("id_blind", String(32)),
    Column("phone", Text),
    Column("phone_blind", String(32)),
    Column("address", Text),
    Index("ix_intake_parties_case_id", "case_id"),
    Index(
        "ix_intake_parties_id_blind",
        "id_blind",
        postgresql_where=text("id_blind IS NOT NULL"),
        sqlite_where=text("id_blind IS NOT NULL"),
    ),
    Index(
        "ix_intake_parties_phone_blind",
        "phone_blind",
        postgresql_where=text("phone_blind IS NOT NULL"),
        sqlite_where=text("phone_blind IS NOT NULL"),
    ),
)
"""Class 1 (id_number, phone, address) is sealed, with blind indexes; the name is class 2."""

texts = Table(
    "intake_texts",
    metadata,
    Column("doc", _BigKey, primary_key=True, autoincrement=True),
    Column("case_id", String(36), nullable=False),
    Column("part", Integer, nullable=False),
    Column("text", Text),
    Column("names", Text),
    Index("ix_intake_texts_case_id_part", "case_id", "part", unique=True),
)
"""The words of a case: part 0 the narrative, part n the n-th supplement; `doc` is the search's."""

supplements = Table(
    "intake_supplements",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("people_count", Integer),
    Column("amount", Money),
    Column("actor", String(80), nullable=False),
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("case_id", "number", name="uq_intake_supplements_case_id_number"),
)

counters = Table(
    "intake_counters",
    metadata,
    Column("unit", String(20), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
"""The last number given per receiving unit and year; its row lock makes the numbers gap-free."""

referrals = Table(
    "intake_referrals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("system", String(64), nullable=False),
    Column("number", String(128), nullable=False),
    Column("case_id", String(36), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("acknowledged_at", Moment),
    Column("returned_at", Moment),
    Column("return_reason", String(200)),
    Column("suggested_unit", String(200)),
    UniqueConstraint("system", "number", name="uq_intake_referrals_system_number"),
    Index("ix_intake_referrals_case_id", "case_id"),
)
"""A referrer's number and the case that it is: linked, never copied."""

imports = Table(
    "intake_imports",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("import_key", String(128), nullable=False),
    *access_columns(),
    Column("registered", Integer, nullable=False),
    Column("last_line", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("owner", "import_key", name="uq_intake_imports_owner_import_key"),
)

import_rows = Table(
    "intake_import_rows",
    metadata,
    Column("import_id", String(36), primary_key=True),
    Column("row_key", String(48), primary_key=True),
    Column("case_id", String(36), nullable=False),
)
"""Rows without a referrer's number: line and content, so that a second run finds its cases."""

import_errors = Table(
    "intake_import_errors",
    metadata,
    Column("import_id", String(36), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("field", String(80)),
    Column("code", String(64), nullable=False),
    Column("zh", String(400), nullable=False),
    Column("en", String(400), nullable=False),
)

timeline = Table(
    "intake_timeline",
    metadata,
    Column("id", _BigKey, primary_key=True, autoincrement=True),
    Column("case_id", String(36), nullable=False),
    Column("fact_id", String(36), nullable=False),
    Column("name", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("data", JsonText, nullable=False),
    Index("ix_intake_timeline_case_id", "case_id"),
)
"""Every fact of a case in the register's order, without personal data."""
