"""The chassis's own tables, prefix `bus_`: one set per database, each row named by its service."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from .columns import JsonText, Moment, new_metadata

metadata = new_metadata()

BigKey = BigInteger().with_variant(Integer(), "sqlite")

outbox = Table(
    "bus_outbox",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("source", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("fact_order", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("subject", String(64), nullable=False),
    Column("fact_id", String(36), nullable=False),
    Column("type", String(80), nullable=False),
    Column("time", Moment, nullable=False),
    Column("correlation_id", String(64), nullable=False),
    Column("causation_id", String(36)),
    Column("traceparent", String(64)),
    Column("actor", String(80), nullable=False),
    Column("area", String(120), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("pii", Text),
    UniqueConstraint("source", "topic", "partition", "position"),
    Index("ix_bus_outbox_log", "topic", "partition", "id"),
    Index("ix_bus_outbox_subject", "subject", "source"),
)
"""The permanent record of what each service stated; in the embedded mode it is the bus's log."""

sequences = Table(
    "bus_sequences",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

positions = Table(
    "bus_positions",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("topic", String(64), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("last_order", BigInteger, nullable=False),
    Column("acked", BigInteger, nullable=False, server_default="0"),
)
"""Per (source, topic, partition): the last position and order allotted, and how far the broker has
acknowledged."""

sources = Table(
    "bus_sources",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("incarnation", Integer, nullable=False),
    Column("log_number", BigInteger, nullable=False),
)
"""Each service's incarnation (raised by a restore) and the log's number it follows."""

leases = Table(
    "bus_leases",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("term", BigInteger, nullable=False),
    Column("holder", String(64), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

offsets = Table(
    "bus_offsets",
    metadata,
    Column("grp", String(64), primary_key=True),
    Column("topic", String(64), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("log_number", BigInteger, nullable=False),
    Column("order_seen", BigInteger, nullable=False),
)
"""Where a group stands in a partition. Its update is the fence: only who began where the row stands
may move it."""

passed = Table(
    "bus_passed",
    metadata,
    Column("grp", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("topic", String(64), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

journal = Table(
    "bus_journal",
    metadata,
    Column("topic", String(64), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("position", BigInteger, nullable=False),
    UniqueConstraint("source", "topic", "partition", "position"),
)
"""The register's order of all facts, parked ones too, numbered per partition."""

parked = Table(
    "bus_parked",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("grp", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("subject", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("type", String(80), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("parked_at", Moment, nullable=False),
    Column("envelope", JsonText, nullable=False),
    UniqueConstraint("grp", "source", "topic", "partition", "position"),
    Index("ix_bus_parked_subject", "grp", "subject", "id"),
)

held = Table(
    "bus_held",
    metadata,
    Column("grp", String(64), primary_key=True),
    Column("subject", String(64), primary_key=True),
)
"""One row per held subject of a group: what parking, the hold check and `dlq replay` lock."""

due = Table(
    "bus_due",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("kind", String(64), primary_key=True),
    Column("subject", String(120), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("data", JsonText),
    Index("ix_bus_due_at", "service", "due_at"),
)

idempotency = Table(
    "bus_idempotency",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("actor", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_sha256", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("response", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_bus_idempotency_created", "created_at"),
)

audit = Table(
    "bus_audit",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("service", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("action", String(80), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("purpose", String(200)),
    Column("fields", JsonText, nullable=False),
    Column("chain", BigInteger),
    Column("hash", String(64)),
    UniqueConstraint("service", "chain"),
    CheckConstraint("(chain IS NULL) = (hash IS NULL)", name="sealed"),
)
