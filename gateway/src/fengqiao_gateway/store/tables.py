"""The gateway's tables, prefix `gateway_`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from fengqiao_chassis.store import JsonText, Moment, access_columns, new_metadata

metadata = new_metadata()

BigKey = BigInteger().with_variant(Integer(), "sqlite")

accounts = Table(
    "gateway_accounts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("username", String(64), nullable=False),
    Column("name", String(80), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("areas", JsonText, nullable=False),
    Column("person_id", String(64)),
    Column("system", String(40)),
    Column("active", Boolean, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("username", name="uq_gateway_accounts_username"),
)
"""`areas` are area codes; `person_id` names the mediator of the registry; `system` the institution."""

sessions = Table(
    "gateway_sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("account_id", String(36)),
    Column("case_id", String(36)),
    Column("csrf_sha256", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("active_at", Moment),
    Index("ix_gateway_sessions_account_id", "account_id"),
    Index("ix_gateway_sessions_expires_at", "expires_at"),
)
"""One row per live login, of an account or of a party by its receipt; ending one deletes it.

`active_at` is when somebody last acted in the browser that holds it."""

tries = Table(
    "gateway_tries",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("changed_at", Moment, nullable=False),
)
"""Wrong receipt codes by the blind index of the case number."""

partners = Table(
    "gateway_partners",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("system", String(40), nullable=False),
    Column("name", String(80), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("areas", JsonText, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("rotated_at", Moment),
    UniqueConstraint("system", name="uq_gateway_partners_system"),
)

partner_keys = Table(
    "gateway_partner_keys",
    metadata,
    Column("key_id", String(12), primary_key=True),
    Column("partner_id", String(36), nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Index("ix_gateway_partner_keys_partner_id", "partner_id"),
)
"""`expires_at` is set when the key is rotated: until then the old one still opens."""

case_access = Table(
    "gateway_case_access",
    metadata,
    Column("case_id", String(36), primary_key=True),
    *access_columns(),
)
"""Who may know of a case, from facts; read at delivery."""

facts = Table(
    "gateway_facts",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("slot", Integer, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("fact_id", String(36), nullable=False),
    Column("source", String(64), nullable=False),
    Column("type", String(80), nullable=False),
    Column("at", Moment, nullable=False),
    Column("subject", String(64), nullable=False),
    Column("case_id", String(36)),
    Column("area_path", String(120), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("correlation_id", String(64), nullable=False),
    Column("causation_id", String(36)),
    Column("data", Text, nullable=False),
    Column("noted_at", Moment, nullable=False),
    UniqueConstraint("slot", "place", name="uq_gateway_facts_slot_place"),
    Index("ix_gateway_facts_noted_at", "noted_at"),
)
"""The facts that are kept for the stream and the cursor, without personal data. `slot` is the
partition, `place` counts 1..n in it; `seq` only orders what is read together."""

places = Table(
    "gateway_places",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
)
"""Per partition the last place given and the last one no longer kept."""

webhooks = Table(
    "gateway_webhooks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    Column("system", String(40)),
    Column("paths", JsonText, nullable=False),
    Column("url", String(2000), nullable=False),
    Column("types", JsonText, nullable=False),
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_until", Moment),
    Column("active", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("sender", String(64)),
    Column("sender_until", Moment),
    Index("ix_gateway_webhooks_owner", "owner"),
)
"""`secret` is sealed; `sender` is the process that sends at present, until `sender_until`."""

deliveries = Table(
    "gateway_deliveries",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False),
    Column("webhook_id", String(36), nullable=False),
    Column("fact_id", String(36), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("type", String(80), nullable=False),
    Column("payload", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment),
    Column("last_status", Integer),
    Column("last_error", String(40)),
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
    UniqueConstraint("id", name="uq_gateway_deliveries_id"),
    UniqueConstraint("webhook_id", "fact_id", name="uq_gateway_deliveries_webhook_id_fact_id"),
    Index("ix_gateway_deliveries_webhook_id_status_seq", "webhook_id", "status", "seq"),
    Index("ix_gateway_deliveries_webhook_id_subject", "webhook_id", "subject"),
    Index("ix_gateway_deliveries_done_at", "done_at"),
)
"""What each webhook owes or has delivered: pending, failed (holds its case) or delivered."""
