"""The base of every fact and the register that finds a fact's class by type and version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, override

from pydantic import BaseModel, ConfigDict

CASES = "fengqiao.cases"
REGISTRY = "fengqiao.registry"
INSIGHTS = "fengqiao.insights"
TOPICS = (CASES, REGISTRY, INSIGHTS)

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class Pii(BaseModel):
    """Base of a fact's personal part: both classes of personal data, encrypted as one."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Fact(BaseModel):
    """Something that happened, said by the service that decided it. Frozen; unknown fields ignored.

    A subclass names its type, version and topic once:
    `class CaseRegistered(Fact, name="case.registered", version=1, topic=CASES, subject="case_id")`.
    Its personal part, where it has one, is the optional field `pii` and never travels in clear.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    NAME: ClassVar[str] = ""
    VERSION: ClassVar[int] = 0
    TOPIC: ClassVar[str] = ""
    SUBJECT: ClassVar[str] = ""
    TYPE: ClassVar[str] = ""

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()

    @override
    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        name: str = "",
        version: int = 1,
        topic: str = CASES,
        subject: str = "case_id",
        **_: Any,
    ) -> None:
        if not name:
            return
        cls.NAME, cls.VERSION, cls.TOPIC, cls.SUBJECT = name, version, topic, subject
        cls.TYPE = f"{name}.v{version}"
        if cls.TYPE in FACTS:
            raise TypeError(f"two facts of type {cls.TYPE}")
        FACTS[cls.TYPE] = cls
        LATEST[name] = max(LATEST.get(name, 0), version)

    @property
    def subject(self) -> str:
        """The key of the fact's topic: whom it is about."""
        return str(getattr(self, self.SUBJECT))


FACTS: dict[str, type[Fact]] = {}
"""Every known fact class by its full type, `case.registered.v1`."""

LATEST: dict[str, int] = {}
"""The newest known version by fact name."""

UPCASTERS: dict[str, Upcaster] = {}
"""From a full type to the data of the next version; applied until the newest is reached."""


class UnknownFact(LookupError):
    """A type or a version this code does not know: park it until the code is upgraded."""


def decode(type_: str, data: dict[str, Any]) -> Fact:
    """The fact of `type_` from its JSON data, upcast to the newest version known here.

    Raises UnknownFact for a type or newer version unknown here, pydantic.ValidationError for data
    that does not fit.
    """
    if type_ not in FACTS:
        raise UnknownFact(type_)
    while type_ in UPCASTERS:
        data = UPCASTERS[type_](data)
        name, _, version = type_.rpartition(".v")
        type_ = f"{name}.v{int(version) + 1}"
    return FACTS[type_].model_validate(data)
