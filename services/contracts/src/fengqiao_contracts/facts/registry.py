"""What the registry states: committees, mediators and experts, and their right to be assigned."""

from __future__ import annotations

from datetime import datetime

from ..values import CommitteeKind
from .base import REGISTRY, Fact, Pii


class PersonPii(Pii):
    """A person of the registry."""

    name: str
    phone: str | None = None


class CommitteeRegistered(
    Fact, name="committee.registered", topic=REGISTRY, subject="committee_id"
):
    """A people's mediation committee was filed, or its entry changed (`revision` counts)."""

    committee_id: str
    revision: int
    name: str
    kind: CommitteeKind
    area: str
    area_path: str
    specialities: tuple[str, ...] = ()
    active: bool = True
    registered_at: datetime


class MediatorAdmitted(Fact, name="mediator.admitted", topic=REGISTRY, subject="mediator_id"):
    """A mediator passed the admission review (准入): from now on assignable."""

    mediator_id: str
    committee_id: str
    area_path: str
    specialities: tuple[str, ...]
    grade: int
    capacity: int
    admitted_at: datetime
    pii: PersonPii | None = None


class MediatorChanged(Fact, name="mediator.changed", topic=REGISTRY, subject="mediator_id"):
    """Capacity, specialities, grade or committee of an admitted mediator changed."""

    mediator_id: str
    committee_id: str
    area_path: str
    specialities: tuple[str, ...]
    grade: int
    capacity: int
    changed_at: datetime


class MediatorSuspended(Fact, name="mediator.suspended", topic=REGISTRY, subject="mediator_id"):
    """Not assignable any more: suspension, leave or expired certificate; open cases move on."""

    mediator_id: str
    reason: str
    suspended_at: datetime


class MediatorReinstated(Fact, name="mediator.reinstated", topic=REGISTRY, subject="mediator_id"):
    """Assignable again."""

    mediator_id: str
    reinstated_at: datetime


class MediatorRetired(Fact, name="mediator.retired", topic=REGISTRY, subject="mediator_id"):
    """Left for good (退出)."""

    mediator_id: str
    reason: str
    retired_at: datetime


class ExpertEnrolled(Fact, name="expert.enrolled", topic=REGISTRY, subject="expert_id"):
    """An expert joined the pool (专家智库)."""

    expert_id: str
    fields: tuple[str, ...]
    area_path: str
    enrolled_at: datetime
    pii: PersonPii | None = None
