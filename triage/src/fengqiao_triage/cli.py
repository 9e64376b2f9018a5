"""`fengqiao triage`: measure the rules, explain a text, change the policy, compute an assessment again."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track
from rich.table import Table
from rich.text import Text as Styled

from . import cli_same, cli_speed
from . import evaluate as ev
from .cli_explain import explain
from .cli_platform import HERE, Platform, Token, Url, console
from .cli_policy import app as policy_app
from .cli_policy import backtest
from .rules import rules as rules_of

app = typer.Typer(
    no_args_is_help=True,
    help="Analyze and assess (分析研判、分类评估): measure the rules on labelled texts, explain what they "
    "say of one text, change the grading policy, compute a stored assessment again.",
)
app.command()(explain)
app.command()(backtest)
app.command()(cli_same.evaluate_same)
app.command()(cli_same.build_rarity)
app.command()(cli_speed.speed)
app.add_typer(policy_app, name="policy")


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
            table.add_row(field, "F1 of stated values", f"{ev.stated(readings, field).f1:.3f}")
    if ev.flags(readings):
        table.add_row("flags", "micro-F1", f"{ev.flags_micro(readings):.3f}")
    for field in ("type", "suit", "colour"):
        right, groups = ev.groups_right(readings, field)
        if groups:
            table.add_row(f"contrasts, {field}", "groups all right", f"{right} of {groups}")
    console.print(table)


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


@app.command("train-facts")
def train_facts(
    annotated: Annotated[
        list[Path],
        typer.Argument(help="Annotated files (JSON lines); cuts are set on them.", exists=True),
    ],
    invented: Annotated[
        list[Path] | None, typer.Option(help="Invented texts that only teach.", exists=True)
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = Path("facts-v2.json.gz"),
) -> None:
    """Train the model of flags and figures offline (needs scikit-learn); see docs/triage.md.

    Example: fengqiao triage train-facts train.jsonl.gz train_more.jsonl.gz --out facts-v3.json.gz
    """
    from . import train_facts as training  # noqa: PLC0415 needed offline only

    model = training.train(annotated, invented or [])
    training.save(model, out)
    table = Table("flag or figure", "precision", "recall", "F1", title="out of fold")
    for name, score in model["card"]["out_of_fold"].items():
        table.add_row(name, *[f"{score[k]:.2f}" for k in ("precision", "recall", "f1")])
    console.print(table)


@app.command()
def train(
    data: Annotated[
        Path,
        typer.Argument(
            help="The folder that holds annotated/ and synthetic/.", exists=True, file_okay=False
        ),
    ],
    name: Annotated[str, typer.Option(help="The version to write: model-v2, model-v3 …")],
    out: Annotated[Path, typer.Option(help="Where to write NAME.skops and NAME.yaml.")] = Path(),
    registers: Annotated[
        bool, typer.Option(help="Also measure with each register left out of training.")
    ] = True,
    vectors: Annotated[
        Path | None,
        typer.Option(
            help="Vectors of loose texts, from which runs of characters learn their meaning; "
            "see docs/model-card.md.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Train the model of type and suitability anew and measure it by cross-validation.

    Needs the extra: pip install 'fengqiao-triage[train]'.

    Example: fengqiao triage train ../shared/data --name model-v3 --vectors triage/teacher/vectors-v1.npz
    """
    try:
        from .training import train as training  # noqa: PLC0415 only training needs scikit-learn
    except ModuleNotFoundError as missing:
        console.print(f"{missing}: pip install 'fengqiao-triage\\[train]'")
        raise typer.Exit(2) from missing
    try:
        model = training.train(data, console.print, by_register=registers, vectors=vectors)
        for path in training.write(model, out, name):
            console.print(f"wrote {path}")
    except (ev.BadFile, OSError) as bad:
        raise typer.BadParameter(str(bad), param_hint="DATA") from bad


@app.command()
def measure(
    data: Annotated[
        Path, typer.Argument(help="The folder that holds teddy2020c/, lawbench/ …", exists=True)
    ],
    vectors: Annotated[
        Path | None,
        typer.Option(help="Vectors of loose texts; see docs/model-card.md.", exists=True),
    ] = None,
) -> None:
    """Measure runs of characters on the public questions: seven classes, topics, elements.

    Needs the extra: pip install 'fengqiao-triage[train]'. Takes some minutes.

    Example: fengqiao triage measure ../shared/data --vectors triage/teacher/vectors-v1.npz
    """
    try:
        from .training import tasks  # noqa: PLC0415 only measuring needs scikit-learn
    except ModuleNotFoundError as missing:
        console.print(f"{missing}: pip install 'fengqiao-triage\\[train]'")
        raise typer.Exit(2) from missing
    table = Table("task, measure", "value")
    every = partial(track, console=console, description="elements", transient=True)
    try:
        for values in (
            tasks.consult_topics(data, vectors),
            tasks.seven_classes(data),
            tasks.elements(data, every),
        ):
            for name, value in values.items():
                table.add_row(name, f"{value:.3f}")
    except OSError as bad:
        raise typer.BadParameter(str(bad), param_hint="DATA") from bad
    console.print(table)


@app.command()
def replay(
    case: Annotated[str, typer.Option("--case", help="The id of the case.")],
    revision: Annotated[
        int | None, typer.Option(min=1, help="Which assessment; else the last.")
    ] = None,
    url: Url = HERE,
    token: Token = "",
) -> None:
    """Compute a stored assessment again from its inputs; exit 1 where the answer differs.

    Example: FENGQIAO_TOKEN=… fengqiao triage replay --case 0199…
    """
    query = {} if revision is None else {"revision": revision}
    body = Platform(url, token).get(f"/cases/{case}/assessment/replay", **query)
    console.print(f"revision {body['revision']}: {'same answer' if body['same'] else 'DIFFERENT'}")
    if not body["same"]:
        console.print_json(
            json.dumps({k: body[k] for k in ("stored", "computed")}, ensure_ascii=False)
        )
        raise typer.Exit(1)
