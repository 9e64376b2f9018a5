"""Settings of the platform, read from the environment only; two combinations of store and bus exist."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(SystemExit):
    """A setting is wrong: the text says which, and the remedy."""


class Settings(BaseSettings):
    """`FENGQIAO_*`. A service's own database: `FENGQIAO_<SERVICE>_DATABASE_URL`."""

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_", extra="ignore")

    database_url: str = ""
    kafka_bootstrap: str = ""
    data_dir: Path = Path(".data/fengqiao")
    keys_dir: Path | None = None
    city: str = "510100"
    demo: bool = False
    test_mode: bool = False
    command_queue: int = Field(default=1000, ge=1)
    batch_size: int = Field(default=500, ge=1, le=5000)
    max_body_bytes: int = 4 * 1024 * 1024
    max_import_bytes: int = 16 * 1024 * 1024
    topic_prefix: str = ""
    log_level: str = "INFO"
    profile: Path | None = None

    @property
    def embedded(self) -> bool:
        """One process on SQLite with the SQL log, or not."""
        return not self.database_url and not self.kafka_bootstrap

    def keys_path(self) -> Path:
        """Where the key files lie."""
        return self.keys_dir or self.data_dir / "keys"

    def database_for(self, service: str) -> str:
        """The database address of a service: its own, the common one, or the embedded file."""
        own = os.environ.get(f"FENGQIAO_{service.upper().replace('-', '_')}_DATABASE_URL", "")
        if own or self.database_url:
            return own or self.database_url
        return f"sqlite+aiosqlite:///{self.data_dir / 'fengqiao.db'}"

    def check(self) -> Settings:
        """Refuse any other combination than SQLite + SQL log or PostgreSQL + Kafka."""
        own = [
            k
            for k, v in os.environ.items()
            if k.startswith("FENGQIAO_") and k.endswith("_DATABASE_URL") and v
        ]
        has_database = bool(self.database_url or own)
        if has_database != bool(self.kafka_bootstrap):
            missing = "FENGQIAO_KAFKA_BOOTSTRAP" if has_database else "FENGQIAO_DATABASE_URL"
            raise SettingsError(
                f"{missing} 未设置：只支持 SQLite+内置日志 或 PostgreSQL+Kafka 两种组合。\n"
                f"{missing} is not set: set both FENGQIAO_DATABASE_URL (postgresql+asyncpg://…) and "
                "FENGQIAO_KAFKA_BOOTSTRAP for PostgreSQL + Kafka, or neither for one process on SQLite."
            )
        for name in ["FENGQIAO_DATABASE_URL", *own]:
            value = os.environ.get(
                name, self.database_url if name == "FENGQIAO_DATABASE_URL" else ""
            )
            if value and not value.startswith("postgresql+asyncpg://"):
                raise SettingsError(
                    f"{name} 必须以 postgresql+asyncpg:// 开头。\n"
                    f"{name} must begin with postgresql+asyncpg:// (SQLite needs no setting at all)."
                )
        return self
