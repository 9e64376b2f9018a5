"""The decision table: which outlet, by which rule, for which reason (分流归口)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal, NamedTuple

from fengqiao_contracts import codes
from fengqiao_contracts.errors import Invalid
from fengqiao_contracts.values import Alternative, Outlet, Screening

Action = Literal["mediate", "redirect", "human"]
Step = Literal["petition", "professional", "community", "street", "district"]

HUMAN_RULE = "H-1"
"""The rule id of a dispatcher's decision."""

_AXES = ("channels", "types", "suitability", "grades")
"""The published code tables that span the decision table, in the order of `Dispute`."""

URGENCY: Mapping[str, int] = {"red": 0, "yellow": 1, "blue": 2, "none": 3}
"""The order in which cases are served: 0 first."""


class Dispute(NamedTuple):
    """What the table looks at; each value is a code of the published tables."""

    channel: str
    type: str
    suitability: str
    grade: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: where a dispute goes, why, and the legal or professional source of that."""

    id: str
    then: Action
    reason: str
    source: str
    outlet: Outlet | None = None
    also: tuple[Outlet, ...] = ()
    ladder: tuple[Step, ...] = ()
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stops_accepted: bool = False

    def fits(self, dispute: Dispute) -> bool:
        """Whether each condition of the rule contains the dispute's value."""
        return all(getattr(dispute, key) in values for key, values in self.when.items())


@dataclass(frozen=True, slots=True)
class Guide:
    """What a person needs to use an outlet: the channel in words and the papers to bring."""

    outlet: Outlet
    channel: str
    materials: tuple[str, ...]
    source: str

    def text(self) -> str:
        """The guidance told to the parties (domain.md §1 row 60)."""
        papers = "、".join(self.materials)
        where = f"{outlet_name(self.outlet)}：{self.channel}"
        return f"{where}。需要的材料：{papers}。依据：{self.source}。"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the table says of one dispute. `outlet` is None only while a human must decide."""

    action: Action
    outlet: Outlet | None
    rule: str
    reasons: tuple[str, ...]
    source: str
    guidance: str = ""
    alternatives: tuple[Alternative, ...] = ()
    ladder: tuple[Step, ...] = ()
    stops_accepted: bool = False


class Table:
    """A version of the decision table, compiled: one look-up, always the same answer."""

    def __init__(
        self,
        version: str,
        rules: Iterable[Rule],
        guides: Mapping[str, Guide],
        grade_notes: Mapping[str, str],
        petition_words: Iterable[str],
    ) -> None:
        """Raises Invalid where a dispute has no rule or an outlet has no guide."""
        self.version = version
        self.rules = {rule.id: rule for rule in rules}
        self.guides = guides
        self.petition_words = tuple(petition_words)
        self._notes = grade_notes
        self._verdicts = {d: self._verdict(self._rule(d), d) for d in disputes()}

    def decide(self, dispute: Dispute, screening: Iterable[Screening] = ()) -> Verdict:
        """The verdict; a screening rule of triage may choose among the rule's other outlets.

        Promise: type 00 or a suitability other than M is never `mediate`. Raises Invalid for a
        code that no table knows.
        """
        try:
            verdict = self._verdicts[dispute]
        except KeyError:
            raise _unknown(dispute) from None
        if verdict.action != "redirect":
            return verdict
        also = self.rules[verdict.rule].also
        for named in screening:
            if named.instead is not None and named.instead in also:
                return self._verdict(self.rules[verdict.rule], dispute, named)
        return verdict

    def _rule(self, dispute: Dispute) -> Rule:
        for rule in self.rules.values():
            if rule.fits(dispute):
                return rule
        raise Invalid(
            "table-incomplete",
            "决定表没有覆盖该情形，请补充规则",
            "no rule of the decision table covers this dispute: add one",
            "rules",
        )

    def _verdict(self, rule: Rule, dispute: Dispute, named: Screening | None = None) -> Verdict:
        outlet: Outlet | None = "mediation" if rule.then == "mediate" else rule.outlet
        reasons = [rule.reason]
        if named is not None and named.instead is not None:
            outlet = named.instead
            reasons.append(
                f"筛查规则 {named.rule}（{named.article}）指明出口：{outlet_name(outlet)}"
            )
        if dispute.grade != "none":
            reasons.append(self._notes[dispute.grade])
        others = dict.fromkeys(o for o in (*rule.also, rule.outlet) if o and o != outlet)
        return Verdict(
            action=rule.then,
            outlet=outlet,
            rule=rule.id,
            reasons=tuple(reasons),
            source=rule.source,
            guidance=self.guides[outlet].text() if outlet and rule.then == "redirect" else "",
            alternatives=tuple(self._other(rule, other) for other in others),
            ladder=rule.ladder,
            stops_accepted=rule.stops_accepted,
        )

    def _other(self, rule: Rule, outlet: str) -> Alternative:
        why = "待人工判定" if rule.then == "human" else "没有筛查依据指向该出口"
        return Alternative(id=outlet, reason=f"{outlet_name(outlet)}：{why}")

    def by_human(self, outlet: Outlet, dispute: Dispute) -> Verdict:
        """The verdict of a dispatcher for an outlet; his own words stay in the decision's note.

        Where he names no unit, the ladder is that of the same dispute fit for mediation.
        """
        mediates = mediating(outlet)
        suited = dispute._replace(suitability="M")
        return Verdict(
            action="mediate" if mediates else "redirect",
            outlet=outlet,
            rule=HUMAN_RULE,
            reasons=(f"调度员人工决定：{outlet_name(outlet)}（理由见决定记录）",),
            source="domain.md §5.2; architecture.md §5",
            guidance="" if mediates else self.guides[outlet].text(),
            ladder=self._verdicts[suited].ladder if mediates else (),
        )

    def note(self, grade: str) -> str:
        """The handling sentence of a grade (domain.md §5.3)."""
        return self._notes[grade]


def mediating(outlet: str) -> bool:
    """Whether the outlet is a mediation body, so that a mediator may be assigned."""
    return bool(codes.table("outlets").row(outlet).extra["mediates"])


def outlet_name(outlet: str) -> str:
    """The outlet's Chinese name in the published code table."""
    return codes.table("outlets").row(outlet).zh


def disputes() -> Iterable[Dispute]:
    """Every combination that the published code tables allow."""
    return (Dispute(*values) for values in product(*(codes.table(t).codes for t in _AXES)))


def _unknown(dispute: Dispute) -> Invalid:
    pairs = zip(Dispute._fields, dispute, _AXES, strict=True)
    name, table = next((name, t) for name, value, t in pairs if value not in codes.table(t))
    return Invalid(
        "unknown-code",
        f"{name} 不是已公布的代码：见 GET /v1/codes/{table}",
        f"{name} is not a published code: see GET /v1/codes/{table}",
        name,
    )
