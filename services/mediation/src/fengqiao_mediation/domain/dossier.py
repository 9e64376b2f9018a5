"""The dossier (一案一卷): its number, which documents it must hold, and when it may be sealed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Literal

from fengqiao_contracts.errors import Conflict

from .calendar import day_of
from .model import Casework

Outcome = Literal["performed", "effective", "terminated", "refused", "breached"]


@dataclass(frozen=True, slots=True)
class Item:
    """A document of the checklist: whether this case must have it and whether facts show it."""

    kind: str
    zh: str
    must: bool
    present: bool

    @property
    def missing(self) -> bool:
        """A must that is not there."""
        return self.must and not self.present


def dossier_number(year: int, area_name: str, count: int) -> str:
    """The number of a dossier: `(2026)锦江区人调字第12号`, counted per committee and year."""
    return f"({year}){area_name}人调字第{count}号"


def dossier_year(moment: datetime) -> int:
    """The year in which a dossier opened at `moment` is counted (Shanghai)."""
    return day_of(moment).year


def checklist(work: Casework) -> tuple[Item, ...]:
    """The documents in the official order, computed from the facts of the case."""
    return tuple(
        Item(d["kind"], d["zh"], _NEEDS[d["need"]](work), _FACTS[d["given"]](work))
        for d in _data()["documents"]
    )


def check_complete(work: Casework, note: str | None) -> None:
    """Every must-document is there, or a note (卷宗情况说明) says why not; raises Conflict
    `documents-missing` naming them. A case that was never accepted has no dossier.
    """
    if work.case.accepted_at is None:
        return
    missing = [item for item in checklist(work) if item.missing]
    if missing and not note:
        zh = "、".join(item.zh for item in missing)
        en = ", ".join(item.kind for item in missing)
        raise Conflict(
            "documents-missing",
            f"卷宗缺少必备材料：{zh}；请补齐，或在 explanation 中写明卷宗情况说明",
            f"the dossier lacks: {en}; supply them or say why in `explanation`",
            "explanation",
        )


def check_archive(work: Casework, note: str | None) -> str:
    """The dossier number of a case that may be archived; raises Conflict `no-dossier` or
    `documents-missing`.
    """
    if work.case.dossier_number is None:
        raise Conflict(
            "no-dossier",
            "未受理的案件没有卷宗，结案即终结，不归档",
            "a case that was not accepted has no dossier and ends with its closing",
        )
    check_complete(work, note)
    return work.case.dossier_number


def closing_outcome(work: Casework, reason: str | None) -> Outcome:
    """How a case closes: performed, effective with nothing owed, ended, or breached with a reason;
    raises Conflict `obligations-open` or `reason-missing`.
    """
    state = work.case.state
    if state == "performed":
        return "performed"
    if state == "terminated":
        return "terminated"
    if state == "refused":
        return "refused"
    if state == "breached":
        if reason is None:
            raise Conflict(
                "reason-missing",
                "未履行的案件结案须说明未履行情形（码表 breach_reasons）",
                "a breached case closes only with a reason (table breach_reasons)",
                "reason",
            )
        return "breached"
    count = sum(due.open for a in work.live for due in a.obligations)
    if count:
        raise Conflict(
            "obligations-open",
            f"还有{count}项义务未履行：请先登记履行或未履行",
            f"{count} obligations are still open: record their performance or breach first",
        )
    return "effective"


def retention_years(type_: str | None) -> int:
    """The default retention of a dossier by dispute type, in years (policy data, no law)."""
    table: Mapping[str, int] = _data()["retention_years"]
    return table.get(type_ or "", table["default"])


@cache
def _data() -> dict[str, Any]:
    text = (resources.files("fengqiao_mediation") / "data" / "dossier.toml").read_text("utf-8")
    return tomllib.loads(text)


def _agreed(work: Casework, form: str) -> bool:
    return any(a.form == form for a in work.live)


def _effective(work: Casework, form: str) -> bool:
    return all(a.effective_on is not None for a in work.live if a.form == form)


Test = Callable[[Casework], bool]

_NEEDS: Mapping[str, Test] = {
    "must": lambda _: True,
    "as_needed": lambda _: False,
    "must_if_mediated": lambda w: bool(w.sessions or w.live),
    "must_if_written": lambda w: _agreed(w, "written"),
    "must_if_oral": lambda w: _agreed(w, "oral"),
    "must_if_extended": lambda w: bool(w.extensions),
    "must_if_terminated": lambda w: w.case.guidance is not None,
}
_FACTS: Mapping[str, Test] = {
    "dossier": lambda w: w.case.dossier_number is not None,
    "accepted": lambda w: w.case.accepted_at is not None,
    "told": lambda w: bool(w.sides) and all(p.consent != "none" for p in w.sides),
    "identified": lambda w: bool(w.sides) and all(p.identified for p in w.sides),
    "recorded": lambda w: bool(w.sessions) and all(s.record for s in w.sessions),
    "written_effective": lambda w: _agreed(w, "written") and _effective(w, "written"),
    "oral_effective": lambda w: _agreed(w, "oral") and _effective(w, "oral"),
    "performed": lambda w: any(d.paid or d.performed_on for a in w.live for d in a.obligations),
    "extended": lambda w: bool(w.extensions),
    "terminated": lambda w: w.case.guidance is not None,
    "confirmation": lambda w: any(a.confirmation != "none" for a in w.live),
    "note": lambda w: w.case.note is not None,
}
