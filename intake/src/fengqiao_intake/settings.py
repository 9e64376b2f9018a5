"""The settings of intake, prefix FENGQIAO_INTAKE_."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IntakeSettings(BaseSettings):
    """Intake has no secret of its own; the keys are the deployment's."""

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_INTAKE_", extra="ignore")

    page_max: int = Field(default=200, ge=1, le=1000)
    """The most cases that one page of the register shows."""
