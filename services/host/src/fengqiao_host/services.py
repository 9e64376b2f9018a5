"""Every service by its name: the only list of all of them. A service is imported when it is built."""

from __future__ import annotations

from importlib import import_module

from fengqiao_chassis.service import Service

from .problems import CliProblem

NAMES = (
    "intake",
    "triage",
    "routing",
    "mediator-registry",
    "mediation",
    "analytics",
    "gateway",
)


def build_all() -> list[Service]:
    """All services, the gateway last."""
    return [build_one(name) for name in NAMES]


def build_one(name: str) -> Service:
    """The service of a name; raises CliProblem naming those that exist."""
    if name not in NAMES:
        known = " ".join(NAMES)
        raise CliProblem(
            f"没有服务 {name}：可用 {known}", f"no service is named {name}: there are {known}"
        )
    built: Service = import_module(f"fengqiao_{name.replace('-', '_')}.app").build()
    return built
