"""Which facts a reader may see, and which parts of them. Personal data never come this far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STAFF = frozenset({"admin", "city", "district", "clerk", "auditor"})

_HIDDEN = {
    "party": frozenset(
        {
            "case.analyzed",
            "case.assessed",
            "case.linked",
            "assessment.overridden",
            "override.released",
            "expert_review.requested",
            "case.merged",
            "case.unmerged",
            "deadline.missed",
            "referral.received",
        }
    ),
    "partner": frozenset(
        {
            "case.linked",
            "case.merged",
            "case.unmerged",
            "assessment.overridden",
            "override.released",
        }
    ),
    "mediator": frozenset({"case.linked", "case.merged", "case.unmerged"}),
}
"""Fact names kept from outsiders: how the platform judged, and who corrected it, is for staff; a
link names other people's case, which may be another mediator's."""

_WITHHELD = {
    "party": frozenset({"reporter", "external_ref", "copy_of", "alternatives", "reasons"}),
    "partner": frozenset({"reporter", "copy_of", "alternatives"}),
    "mediator": frozenset({"alternatives"}),
}
"""Top-level fields of a fact's data left out for a role."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads: role, area paths, and the one person, system or case that binds the role."""

    role: str
    paths: tuple[str, ...] = ()
    person: str | None = None
    system: str | None = None
    case_id: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """Who may know of a fact: its area and, where it speaks of a case, the case's people."""

    area_path: str
    case_id: str | None = None
    mediator: str | None = None
    reporter: str | None = None
    referrers: tuple[str, ...] = ()


def may_see(viewer: Viewer, access: Access) -> bool:
    """Whether the viewer may know of what `access` guards, at this moment."""
    if viewer.role in STAFF:
        return viewer.role == "admin" or _under(access.area_path, viewer.paths)
    if access.case_id is None:
        return False
    if viewer.role == "mediator":
        return viewer.person is not None and access.mediator == viewer.person
    if viewer.role == "partner":
        return viewer.system is not None and viewer.system in access.referrers
    if viewer.role == "party":
        own = viewer.case_id is not None and access.case_id == viewer.case_id
        return own or (viewer.actor is not None and access.reporter == viewer.actor)
    return False


def shown(viewer: Viewer, name: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The data of a fact as the viewer may see it, or None where its kind is not for the role."""
    if name in _HIDDEN.get(viewer.role, frozenset()):
        return None
    withheld = _WITHHELD.get(viewer.role, frozenset())
    out = {key: value for key, value in data.items() if key not in withheld}
    if viewer.role == "partner" and not _own_reference(viewer, name, out):
        return None
    return out


def _own_reference(viewer: Viewer, name: str, data: dict[str, Any]) -> bool:
    """Another institution's number is not the partner's business: drop the field, or the fact."""
    reference = data.get("external_ref")
    if isinstance(reference, dict) and reference.get("system") != viewer.system:
        data["external_ref"] = None
    return name != "referral.received" or data.get("system") == viewer.system


def _under(path: str, roots: tuple[str, ...]) -> bool:
    return any(path.startswith(root) for root in roots)
