"""The chassis's first tables: outbox, inbox, due work, idempotency keys and the audit trail."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _outgoing()
    _incoming()
    _commands()


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(f"bus_{name}")


TABLES = (
    "audit",
    "idempotency",
    "due",
    "held",
    "parked",
    "journal",
    "passed",
    "offsets",
    "leases",
    "sources",
    "positions",
    "sequences",
    "outbox",
)


def _outgoing() -> None:
    op.create_table(
        "bus_outbox",
        sa.Column("id", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("fact_order", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("fact_id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("causation_id", sa.String(36)),
        sa.Column("traceparent", sa.String(64)),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("area", sa.String(120), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("pii", sa.Text),
        sa.UniqueConstraint("source", "topic", "partition", "position"),
        sa.Index("ix_bus_outbox_log", "topic", "partition", "id"),
        sa.Index("ix_bus_outbox_subject", "subject", "source"),
    )
    op.create_table(
        "bus_sequences",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "bus_positions",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("topic", sa.String(64), primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("last_order", sa.BigInteger, nullable=False),
        sa.Column("acked", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "bus_sources",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("incarnation", sa.Integer, nullable=False),
        sa.Column("log_number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "bus_leases",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )


def _incoming() -> None:
    op.create_table(
        "bus_offsets",
        sa.Column("grp", sa.String(64), primary_key=True),
        sa.Column("topic", sa.String(64), primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
        sa.Column("log_number", sa.BigInteger, nullable=False),
        sa.Column("order_seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "bus_passed",
        sa.Column("grp", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("topic", sa.String(64), primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "bus_journal",
        sa.Column("topic", sa.String(64), primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("source", "topic", "partition", "position"),
    )
    op.create_table(
        "bus_parked",
        sa.Column("id", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("grp", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("parked_at", Moment, nullable=False),
        sa.Column("envelope", JsonText, nullable=False),
        sa.UniqueConstraint("grp", "source", "topic", "partition", "position"),
        sa.Index("ix_bus_parked_subject", "grp", "subject", "id"),
    )
    op.create_table(
        "bus_held",
        sa.Column("grp", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
    )


def _commands() -> None:
    op.create_table(
        "bus_due",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(120), primary_key=True),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("data", JsonText),
        sa.Index("ix_bus_due_at", "service", "due_at"),
    )
    op.create_table(
        "bus_idempotency",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("actor", sa.String(80), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("response", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Index("ix_bus_idempotency_created", "created_at"),
    )
    op.create_table(
        "bus_audit",
        sa.Column("id", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("purpose", sa.String(200)),
        sa.Column("fields", JsonText, nullable=False),
        sa.Column("chain", sa.BigInteger),
        sa.Column("hash", sa.String(64)),
        sa.UniqueConstraint("service", "chain"),
        sa.CheckConstraint("(chain IS NULL) = (hash IS NULL)", name="sealed"),
    )
