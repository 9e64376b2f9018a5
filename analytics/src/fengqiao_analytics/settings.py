"""The settings of the statistics, prefix FENGQIAO_ANALYTICS_."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AnalyticsSettings(BaseSettings):
    """The statistics have no secret of their own."""

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_ANALYTICS_", extra="ignore")

    correction_days: int = Field(default=1, ge=0, le=31)
    """How many past days the daily run looks back over for late events."""
