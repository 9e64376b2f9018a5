"""The route table: which service answers which public path, and which outsiders may come through.

Services check every right again; the table only keeps outsiders away from what is never for them.
"""

from __future__ import annotations

from dataclasses import dataclass

INTAKE, TRIAGE, ROUTING = "intake", "triage", "routing"
REGISTRY, MEDIATION, ANALYTICS = "mediator-registry", "mediation", "analytics"
SERVICES = (INTAKE, TRIAGE, ROUTING, REGISTRY, MEDIATION, ANALYTICS)
SELF = "gateway"

_PARTNER, _PARTY = frozenset({"partner"}), frozenset({"party"})
_BOTH, _NONE = _PARTNER | _PARTY, frozenset[str]()

_CASEWORK = (
    "acceptance",
    "consents",
    "sessions",
    "agreements",
    "signatures",
    "performance",
    "confirmation",
    "termination",
    "closing",
    "archive",
    "extensions",
    "casework",
    "dossier",
    "documents",
)


@dataclass(frozen=True, slots=True)
class Route:
    """A public path pattern, its service, who else than staff may come, and whether files come in bulk.

    `*` stands for one segment, a last `**` for any number of them, also none.
    """

    pattern: str
    service: str
    outsiders: frozenset[str] = _NONE
    bulk: bool = False


ROUTES = (
    Route("cases/*/assessment/**", TRIAGE, _PARTNER),
    Route("cases/*/questions/**", TRIAGE, _BOTH),
    Route("cases/*/duplicates/**", TRIAGE),
    Route("cases/*/routing/**", ROUTING, _BOTH),
    *(Route(f"cases/*/{word}/**", MEDIATION, _BOTH) for word in _CASEWORK),
    Route("cases/**", INTAKE, _BOTH),
    Route("imports/**", INTAKE, _PARTNER, bulk=True),
    Route("codes/**", INTAKE, _BOTH),
    Route("referrals/**", INTAKE, _PARTNER),
    Route("analyze/**", TRIAGE),
    Route("policies/**", TRIAGE),
    Route("route/**", ROUTING),
    Route("waiting/**", ROUTING),
    Route("desk/**", MEDIATION),
    Route("overdue/**", MEDIATION),
    Route("areas/**", REGISTRY, _BOTH),
    Route("committees/**", REGISTRY, _PARTNER),
    Route("mediators/**", REGISTRY),
    Route("experts/**", REGISTRY),
    Route("registry/**", REGISTRY, bulk=True),
    Route("stats/**", ANALYTICS),
    Route("reports/**", ANALYTICS),
    Route("forms/**", ANALYTICS),
    Route("alerts/**", ANALYTICS),
    Route("recount/**", ANALYTICS),
)
"""First match wins, so the narrower pattern stands above."""

_COMPILED = tuple((tuple(r.pattern.split("/")), r) for r in ROUTES)


def find_route(path: str) -> Route | None:
    """The route of a path without `/v1/`; None where no service answers, also for odd paths."""
    segments = path.split("/")
    if any(s in ("", ".", "..") or "\\" in s for s in segments):
        return None
    for pattern, route in _COMPILED:
        if _matches(pattern, segments):
            return route
    return None


def _matches(pattern: tuple[str, ...], segments: list[str]) -> bool:
    for at, word in enumerate(pattern):
        if word == "**":
            return True
        if at >= len(segments) or word not in ("*", segments[at]):
            return False
    return len(pattern) == len(segments)
