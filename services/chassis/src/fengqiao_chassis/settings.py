"""Settings of the platform, read from the environment only; two combinations of store and bus exist."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_OWN = re.compile(r"FENGQIAO_[A-Z_]+_DATABASE_URL")


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
        """The database address of a service: its own, the common one, or the embedded file.

        Raises SettingsError for a service that has none beside Kafka: a file there would be a third
        combination, and each process would have one of its own.
        """
        own = own_variable(service)
        found = os.environ.get(own, "") or self.database_url
        if not found and self.kafka_bootstrap:
            raise SettingsError(
                f"{own} 未设置：使用 Kafka 时每个服务都需要 PostgreSQL 数据库；请设置 {own}，"
                "或用 FENGQIAO_DATABASE_URL 设置共用数据库。\n"
                f"{own} is not set: beside Kafka every service needs a PostgreSQL database; set "
                f"{own}, or FENGQIAO_DATABASE_URL for all services in one "
                "(postgresql+asyncpg://…)."
            )
        return found or f"sqlite+aiosqlite:///{self.data_dir / 'fengqiao.db'}"

    def check(self) -> Settings:
        """Refuse any other combination than SQLite + SQL log or PostgreSQL + Kafka.

        Which services run here is not known yet: `database_for` refuses one that has no database.
        """
        own = own_databases()
        has_database = bool(self.database_url or own)
        if has_database != bool(self.kafka_bootstrap):
            missing = "FENGQIAO_KAFKA_BOOTSTRAP" if has_database else "FENGQIAO_DATABASE_URL"
            raise SettingsError(
                f"{missing} 未设置：只支持 SQLite+内置日志 或 PostgreSQL+Kafka 两种组合。\n"
                f"{missing} is not set: set both FENGQIAO_DATABASE_URL (postgresql+asyncpg://…) and "
                "FENGQIAO_KAFKA_BOOTSTRAP for PostgreSQL + Kafka, or neither for one process on SQLite."
            )
        for name, value in {"FENGQIAO_DATABASE_URL": self.database_url, **own}.items():
            if value:
                _check_address(name, value)
        return self


def own_variable(service: str) -> str:
    """The variable that gives a service a database of its own."""
    return f"FENGQIAO_{service.upper().replace('-', '_')}_DATABASE_URL"


def own_databases() -> dict[str, str]:
    """What is set of `FENGQIAO_<SERVICE>_DATABASE_URL`."""
    return {name: value for name, value in os.environ.items() if _OWN.fullmatch(name) and value}


def _check_address(name: str, value: str) -> None:
    if not value.startswith("postgresql+asyncpg://"):
        raise SettingsError(
            f"{name} 必须以 postgresql+asyncpg:// 开头。\n"
            f"{name} must begin with postgresql+asyncpg:// (SQLite needs no setting at all)."
        )
    try:
        make_url(value)
    except (ArgumentError, ValueError):
        form = "postgresql+asyncpg://USER:PASSWORD@HOST:PORT/DATABASE"
        raise SettingsError(
            f"{name} 不是有效地址，请写成 {form}（特殊字符用 %xx）。\n"
            f"{name} is no address: write {form}, special characters as %xx."
        ) from None
