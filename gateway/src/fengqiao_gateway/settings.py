"""Settings of the gateway, prefix `FENGQIAO_GATEWAY_`."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Limits are `<number>/<second|minute|hour>`; an empty text means no limit."""

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_GATEWAY_", extra="ignore")

    session_hours: float = Field(default=12, gt=0, le=72)
    idle_minutes: float = Field(default=30, ge=0, le=24 * 60)
    """A browser's session ends when nobody acted in it for so long; 0 is never. A token has no such end."""
    cookie_secure: bool | None = None
    """None: Secure cookies everywhere but on loopback and in demo and test mode, which speak plain http."""

    limit_user: str = "6000/minute"
    limit_partner: str = "60000/minute"
    limit_address: str = "60000/minute"
    limit_login: str = "60/minute"
    limit_party_writes: str = "60/hour"
    trusted_proxies: str = ""
    """Addresses of our own reverse proxies, comma separated: only theirs X-Forwarded-For is read."""

    keep_facts_days: float = Field(default=14, gt=0)
    keep_facts: int = Field(default=2_000_000, ge=1000)
    keep_deliveries_days: float = Field(default=30, gt=0)
    reader_backlog: int = Field(default=1000, ge=1)
    """A stream reader that is this many facts behind is closed."""

    webhook_allow: str = ""
    """`host:port`, comma separated, that webhooks may call by http and inside: demo and tests only."""
    webhook_timeout: float = Field(default=10, gt=0, le=60)
    webhook_pauses: tuple[int, ...] = (
        5,
        30,
        120,
        600,
        3600,
        3 * 3600,
        6 * 3600,
        12 * 3600,
        24 * 3600,
    )
    """Seconds between tries; after the last one a delivery is failed and waits for a replay."""
    webhook_parallel: int = Field(default=8, ge=1, le=64)
    """How many cases of one webhook are delivered at the same time."""

    upstream_timeout: float = Field(default=30, gt=0)

    def idle(self) -> timedelta:
        """How long a browser's session lives without anybody acting in it."""
        return timedelta(minutes=self.idle_minutes)

    def proxies(self) -> frozenset[str]:
        """The trusted proxies."""
        return _set(self.trusted_proxies)

    def allowed_targets(self) -> frozenset[str]:
        """The targets that are allowed though they are inside."""
        return _set(self.webhook_allow)


def _set(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())
