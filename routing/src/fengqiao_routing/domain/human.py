"""A dispatcher's decision: what it may say, and when the state of the case does not allow it."""

from __future__ import annotations

from dataclasses import dataclass

from fengqiao_contracts.errors import Conflict, Invalid
from fengqiao_contracts.values import Outlet

from .life import Standing
from .table import Dispute, mediating

_MAY_BE_MEDIATED = ("M", "U")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a dispatcher decides, and why in his own words (kept here, never sent on)."""

    outlet: Outlet
    reason: str
    unit_id: str | None = None
    mediator_id: str | None = None


def check_choice(choice: Choice, now: Standing, dispute: Dispute) -> None:
    """Raises Conflict or Invalid where the decision may not be carried out.

    Nobody gives a mediator to what is not for mediation: type 00, or a suitability that triage
    found to be other than M. U is what the dispatcher is asked for. An accepted case leaves its
    committee by the committee's own termination only (PML 26).
    """
    if now.state == "ended":
        raise Conflict(
            "case-ended", "案件已办结，不能再分流", "the case has ended: register a new one"
        )
    if not dispute.suitability:
        raise Conflict(
            "not-assessed-yet",
            "案件尚未完成分类评估，请稍后再试",
            "the case has not been assessed yet: try again when it is",
        )
    if mediating(choice.outlet):
        _check_mediation(dispute)
        return
    if choice.unit_id or choice.mediator_id:
        raise Invalid(
            "no-unit-for-outlet",
            "非调解出口不能指定调委会或者调解员：请去掉 unit_id 和 mediator_id",
            "an outlet other than mediation takes no unit_id and no mediator_id: leave them out",
            "unit_id" if choice.unit_id else "mediator_id",
        )
    if now.accepted and now.state == "assigned":
        raise Conflict(
            "accepted-already",
            "调委会已受理：请先由调委会终止调解",
            "the committee accepted the case: let it terminate the mediation first",
            "outlet",
        )


def _check_mediation(dispute: Dispute) -> None:
    if dispute.type != "00" and dispute.suitability in _MAY_BE_MEDIATED:
        return
    raise Conflict(
        "not-for-mediation",
        "该事项经评估不属于人民调解范围：请选择其他出口，或者补充材料后重新评估",
        "triage found that this is not for mediation: choose another outlet, or add a supplement",
        "outlet",
    )


def check_unit(now: Standing, present: str | None, chosen: str) -> None:
    """An accepted case stays with its committee; raises Conflict (`accepted-already`)."""
    if now.accepted and present is not None and chosen != present:
        raise Conflict(
            "accepted-already",
            "调委会已受理：只能在该调委会内改派调解员",
            "the committee accepted the case: only its own mediators can take it",
            "unit_id",
        )
