"""The shape of a policy file: every field a bureau may write, with its bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_Codes = Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=60)]
_Words = Annotated[str, Field(min_length=1, max_length=300)]
_Size = Annotated[int, Field(ge=1, le=10_000_000)]

VERSION = r"^policy-[a-z0-9][a-z0-9.-]{0,40}$"


class _Doc(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ConditionDoc(_Doc):
    """When a rule holds: all that is written must be so."""

    signs: _Codes = []
    needs: _Codes = []
    without: _Codes = []
    types: _Codes = []
    not_types: _Codes = []
    suits: _Codes = []
    min_count: Annotated[int, Field(ge=0, le=1000)] = 0
    min_places: Annotated[int, Field(ge=0, le=1000)] = 0
    min_people: _Size | None = None
    min_amount: Annotated[int, Field(ge=1, le=999_999_999_999)] | None = None
    min_months: Annotated[int, Field(ge=1, le=1200)] | None = None

    def positive(self) -> bool:
        """Whether it asks for something; to exclude alone holds for nearly every case."""
        return bool(
            self.signs
            or self.needs
            or self.types
            or self.suits
            or self.min_people
            or self.min_amount
            or self.min_months
        )


class RuleDoc(ConditionDoc):
    """A rule: its code, its points, and whether it holds where no dispute is seen (`safety`)."""

    code: _Code
    points: Annotated[int, Field(ge=0, le=100)] = 0
    safety: bool = False


class GroupDoc(_Doc):
    """Rules of one theme, of which the best counts or all, never above the cap."""

    group: _Code
    take: Literal["best", "sum"]
    cap: Annotated[int, Field(ge=0, le=200)]
    rules: Annotated[list[RuleDoc], Field(min_length=1, max_length=60)]


class QuestionDoc(_Doc):
    """A question in plain words, and when it is asked."""

    code: _Code
    zh: _Words
    en: _Words
    doubt: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    unknown: Literal["people", "amount", "months"] | None = None
    absent: _Codes = []
    unsure: _Codes = []
    doubt_of: Literal["type", "suitability"] | None = None


class LeastSureDoc(_Doc):
    """Below which probabilities a reading is no answer and a human is asked."""

    type: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    suitability: Annotated[float, Field(ge=0, le=0.9)] = 0.0


class ThresholdsDoc(_Doc):
    """From how many points a case is red or yellow."""

    red: Annotated[int, Field(ge=2, le=1000)]
    yellow: Annotated[int, Field(ge=1, le=1000)]


class SafetyDoc(_Doc):
    """Questions of safety, and after how many days without an answer the grade rises."""

    raise_after_days: Annotated[int, Field(ge=1, le=30)]
    questions: Annotated[list[QuestionDoc], Field(max_length=30)]


class DowngradeDoc(_Doc):
    """How a grade may fall after a red; that a human must say so cannot be switched off."""

    red_needs_human: Literal[True]
    floor: Literal["red", "yellow", "blue", "none"]
    floor_days: Annotated[int, Field(ge=0, le=365)]


class PolicyDoc(_Doc):
    """The whole file."""

    version: Annotated[str, Field(pattern=VERSION)]
    source: Annotated[str, Field(min_length=1, max_length=4000)]
    thresholds: ThresholdsDoc
    least_sure: LeastSureDoc = LeastSureDoc()
    none_types: _Codes
    hard: Annotated[list[RuleDoc], Field(min_length=1, max_length=100)]
    points: Annotated[list[GroupDoc], Field(min_length=1, max_length=60)]
    missing: Annotated[list[QuestionDoc], Field(max_length=60)]
    safety: SafetyDoc
    downgrade: DowngradeDoc
