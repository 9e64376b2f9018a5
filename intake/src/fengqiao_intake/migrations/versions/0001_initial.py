"""The first tables of intake, and its search index in the form of the database."""

import sqlalchemy as sa
from alembic import op

from fengqiao_chassis.store import JsonText, Moment, Money, access_columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEARCH = {
    "sqlite": (
        """CREATE VIRTUAL TABLE intake_search USING fts5(
            words, content='', detail=none, tokenize='ascii')""",
        "INSERT INTO intake_search (intake_search, rank) VALUES ('hashsize', 8388608)",
    ),
    "postgresql": (
        "CREATE TABLE intake_search (doc bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX ix_intake_search_words ON intake_search USING gin (words)",
    ),
}
TABLES = (
    "search",
    "timeline",
    "import_errors",
    "import_rows",
    "imports",
    "referrals",
    "counters",
    "supplements",
    "texts",
    "parties",
    "cases",
)


def upgrade() -> None:
    _cases()
    _parties()
    _words()
    _numbers()
    _imports()
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(f"intake_{name}")


def _index_present(table: str, column: str) -> None:
    """An index of the rows that have the column."""
    present = sa.text(f"{column} IS NOT NULL")
    op.create_index(
        f"ix_{table}_{column}",
        table,
        [column],
        postgresql_where=present,
        sqlite_where=present,
    )


def _cases() -> None:
    op.create_table(
        "intake_cases",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("area", sa.String(20), nullable=False),
        *access_columns(),
        sa.Column("occurred_on", sa.Date),
        sa.Column("reported_at", Moment, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("people_count", sa.Integer),
        sa.Column("amount", Money),
        sa.Column("claims", JsonText),
        sa.Column("external_system", sa.String(64)),
        sa.Column("external_number", sa.String(128)),
        sa.Column("words_hash", sa.String(32)),
        sa.Column("copy_of", sa.String(36)),
        sa.Column("receipt_sha256", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(32), nullable=False),
        sa.Column("code_tries", sa.Integer, nullable=False),
        sa.Column("code_locked_until", Moment),
        sa.Column("supplements", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("type", sa.String(8)),
        sa.Column("grade", sa.String(8)),
        sa.Column("suitability", sa.String(8)),
        sa.Column("outlet", sa.String(32)),
        sa.Column("committee_id", sa.String(64)),
        sa.Column("waiting_reason", sa.String(32)),
        sa.Column("overdue", sa.String(16)),
        sa.Column("resume", sa.String(16)),
        sa.Column("open_obligations", JsonText),
        sa.Column("dossier_number", sa.String(64)),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("erased_at", Moment),
        sa.UniqueConstraint("number", name="uq_intake_cases_number"),
    )
    op.create_index("ix_intake_cases_words_hash", "intake_cases", ["words_hash"])
    op.create_index("ix_intake_cases_status_id", "intake_cases", ["status", "id"])
    op.create_index("ix_intake_cases_unit_id", "intake_cases", ["unit", "id"])
    _index_present("intake_cases", "mediator")


def _parties() -> None:
    op.create_table(
        "intake_parties",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("id_kind", sa.String(32)),
        sa.Column("id_number", sa.Text),
        sa.Column("id_blind", sa.String(32)),
        sa.Column("phone", sa.Text),
        sa.Column("phone_blind", sa.String(32)),
        sa.Column("address", sa.Text),
    )
    op.create_index("ix_intake_parties_case_id", "intake_parties", ["case_id"])
    for column in ("id_blind", "phone_blind"):
        _index_present("intake_parties", column)


def _words() -> None:
    op.create_table(
        "intake_texts",
        sa.Column("doc", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("names", sa.Text),
    )
    op.create_index(
        "ix_intake_texts_case_id_part", "intake_texts", ["case_id", "part"], unique=True
    )
    op.create_table(
        "intake_supplements",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("people_count", sa.Integer),
        sa.Column("amount", Money),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.UniqueConstraint("case_id", "number", name="uq_intake_supplements_case_id_number"),
    )
    op.create_table(
        "intake_timeline",
        sa.Column("id", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("fact_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("data", JsonText, nullable=False),
    )
    op.create_index("ix_intake_timeline_case_id", "intake_timeline", ["case_id"])


def _numbers() -> None:
    op.create_table(
        "intake_counters",
        sa.Column("unit", sa.String(20), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "intake_referrals",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("number", sa.String(128), nullable=False),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("acknowledged_at", Moment),
        sa.Column("returned_at", Moment),
        sa.Column("return_reason", sa.String(200)),
        sa.Column("suggested_unit", sa.String(200)),
        sa.UniqueConstraint("system", "number", name="uq_intake_referrals_system_number"),
    )
    op.create_index("ix_intake_referrals_case_id", "intake_referrals", ["case_id"])


def _imports() -> None:
    op.create_table(
        "intake_imports",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("import_key", sa.String(128), nullable=False),
        *access_columns(),
        sa.Column("registered", sa.Integer, nullable=False),
        sa.Column("last_line", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.UniqueConstraint("owner", "import_key", name="uq_intake_imports_owner_import_key"),
    )
    op.create_table(
        "intake_import_rows",
        sa.Column("import_id", sa.String(36), primary_key=True),
        sa.Column("row_key", sa.String(48), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
    )
    op.create_table(
        "intake_import_errors",
        sa.Column("import_id", sa.String(36), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("field", sa.String(80)),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("zh", sa.String(400), nullable=False),
        sa.Column("en", sa.String(400), nullable=False),
    )
