"""Settings of triage: which versions of its rules it follows from now on."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict

from . import rules
from .domain.case import Versions


class Settings(BaseSettings):
    """`FENGQIAO_TRIAGE_*`. Names of rule files within the package's data, without `.yaml`;
    `reading` is what weighs the words: the trained model, or the lexicon before it; `facts` is the
    model of flags and figures, empty for the rules before it (`cues-v1`).
    """

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_TRIAGE_", extra="ignore")

    reading: str = rules.READING
    cues: str = rules.CUES
    facts: str = rules.FACTS
    policy: str = rules.POLICY
    screening: str = rules.SCREENING

    def versions(self) -> Versions:
        """The versions under which new assessments are made."""
        files = [name for name in (self.reading, self.cues, self.facts) if name]
        return Versions("+".join(files), self.policy, self.screening)
