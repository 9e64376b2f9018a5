"""The running platform as the commands of triage call it; refusals are told in words and end with 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer
from rich.console import Console

console = Console()
errors = Console(stderr=True)

Url = Annotated[str, typer.Option(envvar="FENGQIAO_URL", help="The running platform.")]
Token = Annotated[
    str, typer.Option(envvar="FENGQIAO_TOKEN", help="An access token (POST /v1/auth/login).")
]
HERE = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Platform:
    """Where it is, and in whose name it is called."""

    url: str
    token: str

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The answer to a read."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a command; repeated by the network it happens once."""
        return self._call("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})

    def _call(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        headers = sent.pop("headers", {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        address = f"{self.url.rstrip('/')}/v1{path}"
        try:
            answer = httpx.request(method, address, headers=headers, timeout=120, **sent)
        except httpx.HTTPError as failed:
            errors.print(
                f"连接不上 {self.url}，平台启动了吗（fengqiao up）？见 --url · cannot reach it: {failed}"
            )
            raise typer.Exit(2) from failed
        body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.is_error:
            say_refusal(answer.status_code, body or {"title": answer.text[:200]})
            raise typer.Exit(2)
        found: dict[str, Any] = body
        return found


def say_refusal(status: int, body: dict[str, Any]) -> None:
    """Tell a problem and every error in it."""
    said = [body.get("title") or body.get("detail") or "", body.get("title_en") or ""]
    errors.print(f"{status}: {' '.join(filter(None, said))}", highlight=False)
    if status == 401:
        errors.print("请先登录并设置 FENGQIAO_TOKEN · log in and set FENGQIAO_TOKEN")
    for one in body.get("errors", ()):
        say_issue(one)


def say_issue(one: dict[str, Any]) -> None:
    """Tell one issue: the line, the field and the remedy in both languages."""
    line = f"第 {one['line']} 行 · line {one['line']}: " if one.get("line") else ""
    errors.print(
        f"  {line}{one['field']}: {one['zh']} · {one['en']}", highlight=False, markup=False
    )
