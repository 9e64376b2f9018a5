"""The timeline's words: what is kept of a fact, and what each fact is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAX_TEXT = 200
_DROPPED = frozenset({"case_id", "pii", "input_sha256", "area_path"})

TITLES: Mapping[str, tuple[str, str]] = {
    "case.registered": ("受理登记", "registered"),
    "referral.received": ("收到转介", "referral received"),
    "case.supplemented": ("补充材料", "supplemented"),
    "case.linked": ("案件关联", "linked with another case"),
    "case.merged": ("并案", "found to be one dispute with another case"),
    "case.unmerged": ("拆案", "parted from its dispute"),
    "personal_data.erased": ("个人信息已删除", "personal data erased"),
    "case.analyzed": ("分析研判", "analysed"),
    "case.assessed": ("分类评估", "assessed"),
    "assessment.overridden": ("人工改判", "assessment overridden"),
    "override.released": ("撤销改判", "override released"),
    "expert_review.requested": ("提请专家会商", "expert review requested"),
    "case.routed": ("分流归口", "routed"),
    "case.redirected": ("导入其他渠道", "redirected"),
    "case.waitlisted": ("等待分派", "waiting"),
    "mediator.assigned": ("指派调解员", "mediator assigned"),
    "assignment.withdrawn": ("撤回指派", "assignment withdrawn"),
    "case.accepted": ("调委会受理", "accepted by the committee"),
    "case.refused": ("不予受理", "not accepted"),
    "consent.given": ("同意调解", "consent given"),
    "consent.refused": ("拒绝调解", "consent refused"),
    "session.held": ("召开调解会", "session held"),
    "agreement.reached": ("达成协议", "agreement reached"),
    "agreement.signed": ("签署协议", "agreement signed"),
    "agreement.effective": ("协议生效", "agreement effective"),
    "obligation.performed": ("履行", "obligation performed"),
    "obligation.breached": ("未履行", "obligation breached"),
    "confirmation.decided": ("司法确认", "judicial confirmation decided"),
    "case.terminated": ("终止调解", "terminated"),
    "case.closed": ("结案", "closed"),
    "case.archived": ("归档", "archived"),
    "deadline.missed": ("超过期限", "deadline missed"),
}


def title(name: str) -> tuple[str, str]:
    """Chinese and English for a fact's name; a fact unknown here is called by its name."""
    return TITLES.get(name, (name, name))


def brief(data: Mapping[str, Any]) -> dict[str, Any]:
    """A fact's data without nested lists and long texts: what a reader of the timeline needs.

    Facts keep personal data in `pii` only, so nothing personal can come through here.
    """
    return {k: v for k, v in data.items() if k not in _DROPPED and _plain(v)}


def _plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _MAX_TEXT
    if isinstance(value, list):
        return 0 < len(value) <= 12 and all(isinstance(v, str) and _plain(v) for v in value)
    return isinstance(value, int | float)
