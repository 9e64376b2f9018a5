"""`fengqiao triage`: measure the rules, explain a text, compute an assessment again."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from . import evaluate as ev
from .domain.text import MAX_CHARS
from .rules import rules as rules_of
from .sheet import dry_run
from .views import Assessment

app = typer.Typer(
    no_args_is_help=True,
    help="Analyze and assess (分析研判、分类评估): measure the rules on labelled texts, explain what they "
    "say of one text, compute a stored assessment again.",
)
console = Console()
COLOURS = {
    "red": "bold white on red",
    "yellow": "bold black on yellow",
    "blue": "bold white on blue",
}


@app.command()
def evaluate(
    data: Annotated[
        Path,
        typer.Argument(
            help="JSON lines, plain or gzipped, each with text, type, suit, colour "
            "(and, if labelled, people, amount, flags).",
            exists=True,
            dir_okay=False,
        ),
    ],
    errors: Annotated[
        int, typer.Option(min=0, help="Show so many texts that were read wrong.")
    ] = 0,
) -> None:
    """Print how well the rules in force read a labelled file.

    Example: fengqiao triage evaluate ../shared/data/annotated/test.jsonl.gz --errors 10
    """
    try:
        records = ev.load(data)
    except (ev.BadFile, OSError) as bad:
        raise typer.BadParameter(str(bad), param_hint="DATA") from bad
    rules = rules_of()
    start = time.perf_counter()
    readings = ev.read(rules, records)
    seconds = time.perf_counter() - start
    _print_summary(readings, seconds)
    _print_codes(readings)
    _print_colours(readings)
    _print_flags(readings)
    _print_confusions(readings)
    _print_errors(readings, errors)


def _print_summary(readings: list[ev.Reading], seconds: float) -> None:
    red = ev.by_code(readings, "colour").get("red")
    console.print(
        f"[bold]{len(readings)}[/] texts, {len(readings) / seconds:,.0f} texts/s; "
        f"rules {rules_of().versions.analyser}, {rules_of().versions.policy}"
    )
    table = Table("task", "measure", "value", title="summary")
    table.add_row("type", "accuracy", f"{ev.accuracy(readings, 'type'):.3f}")
    table.add_row("type", "macro-F1", f"{ev.macro_f1(readings, 'type'):.3f}")
    table.add_row("suitability", "accuracy", f"{ev.accuracy(readings, 'suit'):.3f}")
    table.add_row("suitability", "macro-F1", f"{ev.macro_f1(readings, 'suit'):.3f}")
    table.add_row("colour", "accuracy", f"{ev.accuracy(readings, 'colour'):.3f}")
    table.add_row("colour", "kappa (linear)", f"{ev.kappa(readings):.3f}")
    if red:
        table.add_row("red", "recall", f"{red.recall:.3f}")
        table.add_row("red", "precision", f"{red.precision:.3f}")
    for field in ("people", "amount"):
        if any(r.label.get(field) is not None for r in readings):
            table.add_row(field, "right where stated", f"{_stated(readings, field):.3f}")
    console.print(table)


def _stated(readings: list[ev.Reading], field: str) -> float:
    stated = [r for r in readings if r.label.get(field) is not None]
    return sum(bool(r.label[field] == r.said[field]) for r in stated) / len(stated)


def _print_codes(readings: list[ev.Reading]) -> None:
    for field in ("type", "suit"):
        table = Table(field, "precision", "recall", "F1", "texts")
        for code, s in ev.by_code(readings, field).items():
            table.add_row(
                code, f"{s.precision:.2f}", f"{s.recall:.2f}", f"{s.f1:.2f}", str(s.support)
            )
        console.print(table)


def _print_colours(readings: list[ev.Reading]) -> None:
    seen = ev.confusion(readings, "colour")
    table = Table("labelled \\ said", *ev.GRADES, title="colour")
    for label in ev.GRADES:
        table.add_row(label, *[str(seen[label, said]) for said in ev.GRADES])
    console.print(table)


def _print_flags(readings: list[ev.Reading]) -> None:
    scores = ev.flags(readings)
    if not scores:
        return
    table = Table("flag", "precision", "recall", "F1", "texts")
    for flag, s in scores.items():
        table.add_row(flag, f"{s.precision:.2f}", f"{s.recall:.2f}", f"{s.f1:.2f}", str(s.support))
    console.print(table)


def _print_confusions(readings: list[ev.Reading]) -> None:
    table = Table("labelled", "said", "texts", title="types most often confused")
    pairs = [(n, p) for p, n in ev.confusion(readings, "type").items() if p[0] != p[1]]
    for count, (label, said) in sorted(pairs, reverse=True)[:12]:
        table.add_row(label, said, str(count))
    console.print(table)


def _print_errors(readings: list[ev.Reading], count: int) -> None:
    fields = ("type", "suit", "colour")
    wrong = [r for r in readings if any(r.label[f] != r.said[f] for f in fields)]
    for r in wrong[:count]:
        said = ", ".join(f"{f} {r.label[f]}→{r.said[f]}" for f in fields if r.label[f] != r.said[f])
        console.print(f"[bold]{r.id}[/] {said}", highlight=False)
        console.print(Styled(r.text[:160].replace("\n", " ")))


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="The text; `-` reads it from standard input.")],
    people: Annotated[int | None, typer.Option(min=0, help="Stated number of people.")] = None,
) -> None:
    """Show a text with its evidence, the score sheet and the questions to ask.

    Example: fengqiao triage explain "楼上漏水两年了，找他三次都不管，昨天他说再来就拿刀"
    """
    words = sys.stdin.read() if text == "-" else text
    if not words.strip() or len(words) > MAX_CHARS:
        raise typer.BadParameter(
            f"the text must have 1 to {MAX_CHARS} characters", param_hint="TEXT"
        )
    view = dry_run(rules_of(), [words], datetime.now(UTC), people=people)
    _show(words, view)


def _show(words: str, view: Assessment) -> None:
    shown = Styled(words)
    for e in [e for flag in view.flags for e in flag.evidence]:
        shown.stylize("bold cyan", e.start, e.end)
    for e in [e for factor in view.factors if factor.hard for e in factor.evidence]:
        shown.stylize("bold red", e.start, e.end)
    console.print(shown)
    console.print(Styled(f" {view.risk} ", style=COLOURS.get(view.risk, "reverse")), end=" ")
    console.print(
        f"{view.score} points · {view.type.code} {view.type.name} ({view.type_confidence:.0%})"
        f" · suitability {view.suitability} · confidence {view.confidence:.0%}"
    )
    table = Table("factor", "points", "words")
    for f in view.factors:
        quoted = " … ".join(e.text or "" for e in f.evidence)
        table.add_row(f.code, "red" if f.hard else str(f.points), quoted)
    console.print(table)
    for s in view.screening:
        console.print(
            f"screening: {s.rule} ({s.article})" + (f" → {s.instead}" if s.instead else "")
        )
    for q in view.questions:
        console.print(f"? {q.zh}  {q.en}" + (" [bold red]safety[/]" if q.safety else ""))


@app.command()
def replay(
    case: Annotated[str, typer.Option("--case", help="The id of the case.")],
    revision: Annotated[
        int | None, typer.Option(min=1, help="Which assessment; else the last.")
    ] = None,
    url: Annotated[
        str, typer.Option(envvar="FENGQIAO_URL", help="The running platform.")
    ] = "http://127.0.0.1:8080",
    token: Annotated[
        str, typer.Option(envvar="FENGQIAO_TOKEN", help="An access token (POST /v1/auth/login).")
    ] = "",
) -> None:
    """Compute a stored assessment again from its inputs; exit 1 where the answer differs.

    Example: FENGQIAO_TOKEN=… fengqiao triage replay --case 0199…
    """
    query = {} if revision is None else {"revision": revision}
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}/v1/cases/{case}/assessment/replay",
            params=query,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=30,
        )
    except httpx.HTTPError as failed:
        console.print(f"cannot reach {url}: {failed}. Is it running (fengqiao up)? See --url.")
        raise typer.Exit(2) from failed
    body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if answer.is_error:
        console.print(
            f"{answer.status_code}: {body.get('title') or body.get('detail') or answer.text}"
        )
        raise typer.Exit(2)
    console.print(f"revision {body['revision']}: {'same answer' if body['same'] else 'DIFFERENT'}")
    if not body["same"]:
        console.print_json(
            json.dumps({k: body[k] for k in ("stored", "computed")}, ensure_ascii=False)
        )
        raise typer.Exit(1)
