"""`fengqiao triage policy …` and `backtest`: a bureau changes its rules without a programmer."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .cli_platform import HERE, Platform, Token, Url, console, errors, say_issue
from .domain.case import CHINA
from .domain.events import EVENTS
from .domain.policy import Policy
from .policy_document import check
from .policy_yaml import MAX_CHARS
from .rules import policy, signs_of

app = typer.Typer(
    no_args_is_help=True,
    help="Change the grading policy without a programmer: export, edit, validate, back-test, bring in, "
    "activate (docs/policy.md).",
)
GRADES = ("red", "yellow", "blue", "none")
File = Annotated[Path, typer.Argument(help="The policy file (YAML).", exists=True, dir_okay=False)]


@app.command("list")
def list_policies(url: Url = HERE, token: Token = "") -> None:
    """Every version, the one in force, and who activated what from when.

    Example: fengqiao triage policy list
    """
    found = Platform(url, token).get("/policies")
    table = Table("version", "origin", "in force", "brought in by", "note")
    for one in found["items"]:
        mark = "●" if one["in_force"] else ""
        table.add_row(
            one["version"], one["origin"], mark, one["uploaded_by"] or "", one["note"] or ""
        )
    console.print(table)
    if found["activations"]:
        table = Table("no.", "version", "from", "by", "reason")
        for one in found["activations"]:
            moment = _local(one["active_from"])
            cells = (one["version"], moment, one["activated_by"], one["reason"])
            table.add_row(str(one["number"]), *cells)
        console.print(table)


@app.command()
def export(
    version: Annotated[str, typer.Argument(help="Which version; else the one in force.")] = "",
    out: Annotated[Path | None, typer.Option(help="The file to write; else the screen.")] = None,
    url: Url = HERE,
    token: Token = "",
) -> None:
    """Write a version's YAML, to be edited under a new name.

    Example: fengqiao triage policy export --out new.yaml
    """
    platform = Platform(url, token)
    wanted = version or platform.get("/policies")["in_force"]
    text = platform.get(f"/policies/{wanted}")["yaml"].rstrip() + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise typer.BadParameter(
            f"{out} 已存在，请换一个文件名 · exists: choose another name", param_hint="--out"
        )
    out.write_text(text, "utf-8")
    console.print(f"{wanted} → {out}", highlight=False)


@app.command()
def validate(file: File) -> None:
    """Check a policy file here, without the platform; exit 1 where something is wrong.

    Example: fengqiao triage policy validate new.yaml
    """
    found = check(_read(file), signs_of(), policy())
    for issue in found.issues:
        say_issue(asdict(issue))
    for warning in found.warnings:
        errors.print("[yellow]注意 · look twice[/]", end="")
        say_issue(asdict(warning))
    if found.issues:
        errors.print(f"{len(found.issues)} 处需要更正 · to be corrected")
        raise typer.Exit(1)
    console.print(f"{found.version}: 可以使用 · valid  sha256 {found.sha256[:12]}", highlight=False)


@app.command()
def signs() -> None:
    """The signs that rules may name, with some of the words that show them.

    Example: fengqiao triage policy signs
    """
    table = Table("sign", "flag", "words")
    for code, cues in sorted(signs_of().items()):
        hinted = any(cue.hints == code for cue in cues)
        flag = next((cue.flag for cue in cues if cue.flag), code if hinted else "")
        told = {word for cue in cues for word in cue.words or cue.needles}
        words = sorted(told, key=lambda word: (len(word), word))[:8]
        table.add_row(code, flag, "、".join([*words, *filter(None, [EVENTS.get(code)])]))
    console.print(table)


@app.command()
def upload(
    file: File,
    note: Annotated[str, typer.Option(help="What it changes, for those who read the list.")],
    url: Url = HERE,
    token: Token = "",
) -> None:
    """Bring a policy in; it holds only once it is activated.

    Example: fengqiao triage policy upload new.yaml --note "欠薪 5 人即为红色"
    """
    body = {"yaml": _read(file), "note": note}
    found = Platform(url, token).post("/policies", body)
    console.print(
        f"{found['version']} 已保存，尚未启用 · kept, not yet active  sha256 {found['sha256'][:12]}",
        highlight=False,
    )


@app.command()
def activate(
    version: Annotated[str, typer.Argument(help="Which version is to hold.")],
    reason: Annotated[str, typer.Option(help="Who decided so and why; kept for the audit.")],
    at: Annotated[
        str, typer.Option("--from", help="From when, 2026-12-01T00:00:00+08:00; else now.")
    ] = "",
    url: Url = HERE,
    token: Token = "",
) -> None:
    """Let a version hold from a moment on; what was assessed before stays as it is.

    Example: fengqiao triage policy activate policy-2026-12 --from 2026-12-01T00:00:00+08:00 --reason 局务会决定
    """
    body = {"reason": reason, **({"active_from": at} if at else {})}
    found = Platform(url, token).post(f"/policies/{version}/activate", body)
    console.print(
        f"{found['version']} 自 {_local(found['active_from'])} 起生效 · holds from then on",
        highlight=False,
    )


def backtest(
    file: Annotated[
        Path | None,
        typer.Option("--policy", help="A policy file (YAML).", exists=True, dir_okay=False),
    ] = None,
    version: Annotated[str, typer.Option(help="Or a version that was brought in.")] = "",
    show: Annotated[int, typer.Option(min=0, help="Show so many changed cases.")] = 30,
    out: Annotated[Path | None, typer.Option(help="Write every change as JSON lines.")] = None,
    url: Url = HERE,
    token: Token = "",
) -> None:
    """Show which stored cases would change colour under a policy, and why; nothing is written.

    Example: fengqiao triage backtest --policy new.yaml --out changes.jsonl
    """
    if (file is None) == (not version):
        raise typer.BadParameter("请给出 --policy 或 --version 之一 · give one of the two")
    body: dict[str, Any] = {"version": version} if file is None else {"yaml": _read(file)}
    counts, changes, skipped = _run(Platform(url, token), body)
    _print_counts(counts)
    _print_changes(changes[:show], len(changes))
    if skipped:
        console.print(
            f"{skipped} 件因原规则版本已不在而未比较 · not compared: their rules are gone"
        )
    if out is not None:
        lines = [json.dumps(change, ensure_ascii=False) + "\n" for change in changes]
        out.write_text("".join(lines), "utf-8")
        console.print(f"→ {out}", highlight=False)


def _run(
    platform: Platform, body: dict[str, Any]
) -> tuple[Counter[tuple[str, str]], list[dict[str, Any]], int]:
    """Page by page to the end."""
    counts: Counter[tuple[str, str]] = Counter()
    changes: list[dict[str, Any]] = []
    skipped = 0
    bar = Progress(
        TextColumn("回测 · back-test"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)
        after: str | None = None
        while True:
            page = platform.post("/policies/backtest", body | ({"after": after} if after else {}))
            for before, row in page["counts"].items():
                counts.update({(before, now): n for now, n in row.items()})
            changes += page["changes"]
            skipped += page["skipped"]
            bar.update(task, total=page["total"], advance=page["examined"] + page["skipped"])
            after = page["next"]
            if after is None:
                return counts, changes, skipped


def _print_counts(counts: Counter[tuple[str, str]]) -> None:
    table = Table("现在 \\ 改后 · now \\ then", *GRADES, title=f"{sum(counts.values())} cases")
    for before in GRADES:
        cells = [str(counts[before, after] or "·") for after in GRADES]
        table.add_row(before, *cells)
    console.print(table)


def _print_changes(shown: list[dict[str, Any]], total: int) -> None:
    if not total:
        console.print("没有案件改变颜色 · no case changes colour")
        return
    table = Table("case", "type", "now", "then", "points", "why", title=f"{total} change colour")
    for one in shown:
        why = [f"+{code}" for code in one["gained"]] + [f"-{code}" for code in one["lost"]]
        points = f"{one['score_before']}→{one['score_after']}"
        reasons = " ".join(why) or "threshold"
        table.add_row(one["case_id"], one["type"], one["before"], one["after"], points, reasons)
    console.print(table)


def _local(moment: str) -> str:
    """A moment as people in China read it."""
    return f"{datetime.fromisoformat(moment).astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def policy_of_file(file: Path) -> Policy:
    """The policy of a file; its issues are told where it has any."""
    found = check(_read(file), signs_of())
    if found.policy is None:
        for issue in found.issues:
            say_issue(asdict(issue))
        raise typer.Exit(1)
    return found.policy


def _read(file: Path) -> str:
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise typer.BadParameter(
            f"{file.name} 不是 UTF-8 编码，请另存为 UTF-8 · is not UTF-8: save it so"
        ) from wrong
    if len(text) > MAX_CHARS:
        raise typer.BadParameter(
            f"{file.name} 超过 {MAX_CHARS} 个字符 · has more than {MAX_CHARS} characters"
        )
    return text
