"""The gateway's first tables."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment, access_columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BigKey = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _accounts()
    _partners()
    _facts()
    _webhooks()
    _deliveries()


def _accounts() -> None:
    op.create_table(
        "gateway_accounts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("areas", JsonText, nullable=False),
        sa.Column("person_id", sa.String(64)),
        sa.Column("system", sa.String(40)),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.UniqueConstraint("username", name="uq_gateway_accounts_username"),
    )
    op.create_table(
        "gateway_sessions",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(36)),
        sa.Column("case_id", sa.String(36)),
        sa.Column("csrf_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )
    op.create_index("ix_gateway_sessions_account_id", "gateway_sessions", ["account_id"])
    op.create_index("ix_gateway_sessions_expires_at", "gateway_sessions", ["expires_at"])
    op.create_table(
        "gateway_tries",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", Moment),
        sa.Column("changed_at", Moment, nullable=False),
    )


def _partners() -> None:
    op.create_table(
        "gateway_partners",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("system", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("areas", JsonText, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("rotated_at", Moment),
        sa.UniqueConstraint("system", name="uq_gateway_partners_system"),
    )
    op.create_table(
        "gateway_partner_keys",
        sa.Column("key_id", sa.String(12), primary_key=True),
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment),
    )
    op.create_index("ix_gateway_partner_keys_partner_id", "gateway_partner_keys", ["partner_id"])


def _facts() -> None:
    op.create_table(
        "gateway_case_access",
        sa.Column("case_id", sa.String(36), primary_key=True),
        *access_columns(),
    )
    op.create_table(
        "gateway_facts",
        sa.Column("seq", BigKey, primary_key=True, autoincrement=True),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("fact_id", sa.String(36), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(36)),
        sa.Column("area_path", sa.String(120), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("causation_id", sa.String(36)),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("noted_at", Moment, nullable=False),
        sa.UniqueConstraint("slot", "place", name="uq_gateway_facts_slot_place"),
    )
    op.create_index("ix_gateway_facts_noted_at", "gateway_facts", ["noted_at"])
    op.create_table(
        "gateway_places",
        sa.Column("slot", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
    )


def _webhooks() -> None:
    op.create_table(
        "gateway_webhooks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("system", sa.String(40)),
        sa.Column("paths", JsonText, nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("types", JsonText, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text()),
        sa.Column("old_until", Moment),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("sender", sa.String(64)),
        sa.Column("sender_until", Moment),
    )
    op.create_index("ix_gateway_webhooks_owner", "gateway_webhooks", ["owner"])


def _deliveries() -> None:
    op.create_table(
        "gateway_deliveries",
        sa.Column("seq", BigKey, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("webhook_id", sa.String(36), nullable=False),
        sa.Column("fact_id", sa.String(36), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Moment),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.String(40)),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("done_at", Moment),
        sa.UniqueConstraint("id", name="uq_gateway_deliveries_id"),
        sa.UniqueConstraint(
            "webhook_id", "fact_id", name="uq_gateway_deliveries_webhook_id_fact_id"
        ),
    )
    op.create_index("ix_gateway_deliveries_done_at", "gateway_deliveries", ["done_at"])
    op.create_index(
        "ix_gateway_deliveries_webhook_id_status_seq",
        "gateway_deliveries",
        ["webhook_id", "status", "seq"],
    )
    op.create_index(
        "ix_gateway_deliveries_webhook_id_subject", "gateway_deliveries", ["webhook_id", "subject"]
    )


def downgrade() -> None:
    op.drop_table("gateway_deliveries")
    op.drop_table("gateway_webhooks")
    op.drop_table("gateway_places")
    op.drop_table("gateway_facts")
    op.drop_table("gateway_case_access")
    op.drop_table("gateway_partner_keys")
    op.drop_table("gateway_partners")
    op.drop_table("gateway_tries")
    op.drop_table("gateway_sessions")
    op.drop_table("gateway_accounts")
