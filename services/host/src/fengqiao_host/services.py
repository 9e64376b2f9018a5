"""Every service by its name: the only list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fengqiao_analytics.app import build as analytics
from fengqiao_chassis.service import Service
from fengqiao_gateway.app import build as gateway
from fengqiao_intake.app import build as intake
from fengqiao_mediation.app import build as mediation
from fengqiao_mediator_registry.app import build as mediator_registry
from fengqiao_routing.app import build as routing
from fengqiao_triage.app import build as triage

from .problems import CliProblem

BUILDERS: Mapping[str, Callable[[], Service]] = {
    "intake": intake,
    "triage": triage,
    "routing": routing,
    "mediator-registry": mediator_registry,
    "mediation": mediation,
    "analytics": analytics,
    "gateway": gateway,
}


def build_all() -> list[Service]:
    """All services, the gateway last."""
    return [build() for build in BUILDERS.values()]


def build_one(name: str) -> Service:
    """The service of a name; raises CliProblem naming those that exist."""
    if name not in BUILDERS:
        known = " ".join(BUILDERS)
        raise CliProblem(
            f"没有服务 {name}：可用 {known}", f"no service is named {name}: there are {known}"
        )
    return BUILDERS[name]()
