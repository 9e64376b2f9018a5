"""`fengqiao triage explain`: a text with its evidence marked, the score sheet, the questions to ask."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text as Styled

from fengqiao_contracts import codes

from .cli_platform import console
from .cli_policy import policy_of_file
from .domain.case import Rules
from .domain.text import MAX_CHARS
from .evidence import Evidence
from .handlers.in_force import with_policy
from .rules import rules as rules_of
from .sheet import dry_run
from .views import Assessment

COLOURS = {
    "red": "bold white on red",
    "yellow": "bold black on yellow",
    "blue": "bold white on blue",
}
MARKS = (
    ("type", "underline", "类型 type"),
    ("flag", "bold cyan", "风险要素 flag"),
    ("points", "bold yellow", "计分 points"),
    ("hard", "bold red", "直接定红 red at once"),
)
"""How evidence is marked, the later ones above the earlier."""


def explain(
    text: Annotated[str, typer.Argument(help="The text; `-` reads it from standard input.")],
    supplement: Annotated[
        list[str] | None, typer.Option(help="Later words; may be given again.")
    ] = None,
    people: Annotated[int | None, typer.Option(min=0, help="Stated number of people.")] = None,
    amount: Annotated[str, typer.Option(help="Stated amount in yuan.")] = "",
    policy: Annotated[
        Path | None,
        typer.Option(help="Grade by this policy file.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Show a text with its evidence, the score sheet and the questions to ask.

    Example: fengqiao triage explain "楼上漏水两年了，找他三次都不管，昨天他说再来就拿刀"
    """
    texts = [sys.stdin.read() if text == "-" else text, *(supplement or [])]
    if any(not words.strip() or len(words) > MAX_CHARS for words in texts):
        raise typer.BadParameter(
            f"文字应为 1 至 {MAX_CHARS} 个字符 · a text must have 1 to {MAX_CHARS} characters",
            param_hint="TEXT",
        )
    rules = _rules(policy)
    view = dry_run(rules, texts, datetime.now(UTC), people=people, amount=_money(amount))
    for part, words in enumerate(texts):
        console.print(marked(words, part, view))
    console.print(_legend())
    _print_verdict(view)
    _print_told(view)
    _print_factors(view, rules)
    _print_screening(view)
    _print_questions(view)


def marked(words: str, part: int, view: Assessment) -> Styled:
    """The words of a part with the evidence in them marked; what would steer a terminal is not."""
    shown = Styled("".join([c if c.isprintable() or c in "\n\t" else "\ufffd" for c in words]))
    styles = {name: style for name, style, _ in MARKS}
    for name, evidence in _evidence(view):
        if evidence.part == part:
            shown.stylize(styles[name], evidence.start, evidence.end)
    return shown


def _evidence(view: Assessment) -> Iterator[tuple[str, Evidence]]:
    yield from (("type", e) for e in view.type_evidence)
    yield from (("flag", e) for flag in view.flags for e in flag.evidence)
    yield from (("points", e) for f in view.factors if not f.hard for e in f.evidence)
    yield from (("hard", e) for f in view.factors if f.hard for e in f.evidence)


def _rules(policy: Path | None) -> Rules:
    return rules_of() if policy is None else with_policy(rules_of(), policy_of_file(policy))


def _money(amount: str) -> Decimal | None:
    try:
        found = Decimal(amount) if amount else None
    except InvalidOperation:
        found = Decimal(-1)
    if found is not None and not (found.is_finite() and 0 <= found < 10**12):
        raise typer.BadParameter(
            "应为元，如 1200.50 · must be yuan, like 1200.50", param_hint="--amount"
        )
    return found


def _legend() -> Styled:
    return Styled("  ").join(Styled(f"▍{words}", style=style) for _, style, words in MARKS)


def _print_verdict(view: Assessment) -> None:
    suit = codes.table("suitability").row(view.suitability)
    line = Styled(f" {codes.table('grades').row(view.risk).zh} {view.risk} ")
    line.stylize(COLOURS.get(view.risk, "reverse"))
    line.append(f"  {view.score} 分 points · {view.type.code} {view.type.name}", style="default")
    line.append(f" ({view.type_confidence:.0%})", style="default")
    line.append(
        f" · {view.suitability} {suit.zh} ({_guess(view)}{view.suitability_confidence:.0%})",
        style="default",
    )
    line.append(f" · 把握 confidence {view.confidence:.0%}", style="default")
    console.print(line)
    facts = [
        f"{name} {value}"
        for name, value in (
            ("人数 people", view.people),
            ("金额 amount", view.amount),
            ("已持续月数 months", view.months),
            ("地点 place", view.area and view.area.name),
        )
        if value is not None
    ]
    console.print(
        Styled(" · ".join([*facts, f"{view.policy_version}, {view.analyser}"]), style="dim")
    )


def _guess(view: Assessment) -> str:
    return f"像是 looks like {view.likely} " if view.likely else ""


def _print_told(view: Assessment) -> None:
    """Who stands against whom, and where the matter has been before."""
    named = [f"{party.name}「{party.evidence.text}」" for party in view.parties]
    tried = [f"{one.name}「{quoted(one.evidence)}」" for one in view.prior_attempts]
    related = view.relation and f"{view.relation.name}「{quoted(view.relation.evidence)}」"
    for title, words in (
        ("当事人 parties", " ".join(named)),
        ("关系 relation", related),
        ("此前途径 before", " ".join(tried)),
    ):
        if words:
            console.print(Styled(f"{title}: {words}"))


def _print_factors(view: Assessment, rules: Rules) -> None:
    table = Table("因素 factor", "分 points", "原文 words")
    groups = {rule.code: group for group in rules.policy.groups for rule in group.rules}
    for f in view.factors:
        points = "直接定红 red" if f.hard else str(f.points)
        group = groups.get(f.code)
        cap = f" / {group.cap}" if group and not f.hard else ""
        table.add_row(
            Styled(f"{f.code} {f.name or ''}".rstrip()), points + cap, Styled(quoted(f.evidence))
        )
    if view.factors:
        console.print(table)


def quoted(evidence: Sequence[Evidence]) -> str:
    """The words, each once, in the order in which they stand."""
    return " … ".join(dict.fromkeys(e.text for e in evidence if e.text))


def _print_screening(view: Assessment) -> None:
    outlets = codes.table("outlets")
    for s in view.screening:
        where = f"→ {s.instead} {outlets.row(s.instead).zh}" if s.instead else "须报告或提示 notice"
        console.print(Styled(f"审查 screening: {s.rule}（{s.article}） {where}"))


def _print_questions(view: Assessment) -> None:
    for q in view.questions:
        line = Styled(f"？ {q.zh}  {q.en}")
        if q.safety:
            line.append("  安全问题 safety", style="bold red")
        console.print(line)
