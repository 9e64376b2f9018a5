"""Settings of routing: none of its own yet but which decision table it follows."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict

from .table_file import LATEST


class Settings(BaseSettings):
    """`FENGQIAO_ROUTING_*`. `table`: the file of the decision table within the package's data."""

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_ROUTING_", extra="ignore")

    table: str = LATEST
