"""The OpenAPI document as one HTML page: no script, no other host, Chinese first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from .schema import FieldRow, Schemas, words_of

Document = Mapping[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_WORDS = {
    "zh": {
        "title": "枫桥 · 接口文档",
        "other": "English",
        "raw": "OpenAPI 3.1 原文",
        "start": "开始使用",
        "params": "参数",
        "body": "请求体",
        "answers": "应答",
        "field": "字段",
        "type": "类型",
        "text": "说明",
        "required": "必填",
        "open": "无需登录",
        "example": "示例",
        "login": "先登录取得令牌, 再把它放进 Authorization 请求头:",
    },
    "en": {
        "title": "Fengqiao · API",
        "other": "中文",
        "raw": "OpenAPI 3.1 document",
        "start": "Getting started",
        "params": "Parameters",
        "body": "Request body",
        "answers": "Answers",
        "field": "Field",
        "type": "Type",
        "text": "Meaning",
        "required": "required",
        "open": "no login needed",
        "example": "Example",
        "login": "Log in for a token, then send it in the Authorization header:",
    },
}
_LOGIN = """curl -s localhost:8080/v1/auth/login -H 'content-type: application/json' \\
  -d '{"username": "…", "password": "…"}'
curl -s localhost:8080/v1/cases -H "authorization: Bearer $TOKEN\""""


class _Page:
    def __init__(self, document: Document, lang: str) -> None:
        self.document = document
        self.lang = lang
        self.words = _WORDS[lang]
        self.schemas = Schemas(document)

    def html(self) -> str:
        w, other = self.words, "en" if self.lang == "zh" else "zh"
        intro = escape(str(self.document["info"]["description"])).replace("\n\n", "</p><p>")
        groups = list(self._groups())
        return (
            f'<!doctype html><html lang="{self.lang}"><head><meta charset="utf-8">'
            f"<title>{w['title']}</title>"
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<link rel="stylesheet" href="/docs/style.css"></head><body>'
            f"<nav><h1>{w['title']}</h1><p><a href='/docs?lang={other}'>{w['other']}</a> · "
            f"<a href='/openapi.json'>{w['raw']}</a></p>{''.join(self._index(groups))}</nav>"
            f"<main><p>{intro}</p><h2>{w['start']}</h2><p>{w['login']}</p>"
            f"<pre>{escape(_LOGIN)}</pre>{''.join(self._sections(groups))}</main></body></html>"
        )

    def _groups(self) -> Iterator[tuple[str, str, list[tuple[str, str, Mapping[str, Any]]]]]:
        """Tag, its description, and its operations (method, path, operation)."""
        for tag in self.document["tags"]:
            operations = [
                (method, path, item[method])
                for path, item in self.document["paths"].items()
                for method in _METHODS
                if method in item and item[method]["tags"][0] == tag["name"]
            ]
            if operations:
                yield tag["name"], tag["description"], operations

    def _index(self, groups: Iterable[tuple[str, str, list[Any]]]) -> Iterator[str]:
        for tag, _, operations in groups:
            yield f"<h3><a href='#{escape(tag)}'>{escape(tag)}</a></h3><ul>"
            for method, path, operation in operations:
                anchor = escape(str(operation["operationId"]))
                yield (
                    f"<li><a href='#{anchor}'><b class='{method}'>{method.upper()}</b>"
                    f" {escape(path)}</a></li>"
                )
            yield "</ul>"

    def _sections(self, groups: Iterable[tuple[str, str, list[Any]]]) -> Iterator[str]:
        for tag, description, operations in groups:
            yield f"<h2 id='{escape(tag)}'>{escape(tag)}</h2><p>{escape(description)}</p>"
            for method, path, operation in operations:
                yield from self._operation(method, path, operation)

    def _operation(self, method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
        anchor = escape(str(operation["operationId"]))
        summary = escape(str(operation.get("summary", "")))
        free = f" <i>{self.words['open']}</i>" if operation.get("security") == [] else ""
        yield (
            f"<section id='{anchor}'><h4><b class='{method}'>{method.upper()}</b> "
            f"<code>{escape(path)}</code> {summary}{free}</h4>"
        )
        text = str(operation.get("description", ""))
        yield "".join(f"<p>{escape(p)}</p>" for p in text.split("\n\n") if p)
        yield from self._parameters(operation.get("parameters", []))
        yield from self._body(method, path, operation)
        yield from self._answers(operation.get("responses", {}))
        yield "</section>"

    def _parameters(self, parameters: list[Mapping[str, Any]]) -> Iterator[str]:
        if parameters:
            rows = [
                FieldRow(
                    0,
                    p["name"],
                    f"{self.schemas.kind(p.get('schema', {}))} ({p['in']})",
                    bool(p.get("required")),
                    words_of(p) or words_of(p.get("schema", {})),
                )
                for p in parameters
            ]
            yield self._table(self.words["params"], rows)

    def _body(self, method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            return
        yield self._table(self.words["body"], self.schemas.rows(schema))
        sample = json.dumps(self.schemas.example(schema), ensure_ascii=False, indent=2)
        curl = (
            f"curl -s -X {method.upper()} localhost:8080{path} "
            f'-H "authorization: Bearer $TOKEN" -H "content-type: application/json" -d \'{sample}\''
        )
        yield f"<details><summary>{self.words['example']}</summary><pre>{escape(curl)}</pre></details>"

    def _answers(self, responses: Mapping[str, Any]) -> Iterator[str]:
        lines = []
        for status, answer in sorted(responses.items()):
            lines.append(
                f"<li><b>{escape(status)}</b> {escape(answer.get('description', ''))}</li>"
            )
        yield f"<details><summary>{self.words['answers']}</summary><ul>{''.join(lines)}</ul>"
        for answer in responses.values():
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            if schema is not None:
                yield self._table("", self.schemas.rows(schema))
                break
        yield "</details>"

    def _table(self, title: str, rows: Iterable[FieldRow]) -> str:
        w = self.words
        lines = [
            f"<tr><td class='d{row.depth}'><code>{escape(row.name)}</code></td>"
            f"<td>{escape(row.type)}{' · <b>' + w['required'] + '</b>' if row.required else ''}</td>"
            f"<td>{escape(row.text)}</td></tr>"
            for row in rows
        ]
        if not lines:
            return ""
        head = f"<tr><th>{w['field']}</th><th>{w['type']}</th><th>{w['text']}</th></tr>"
        return f"<h5>{title}</h5><table>{head}{''.join(lines)}</table>"


def render(document: Document, lang: str) -> str:
    """The page for a merged document; `lang` is zh or en."""
    return _Page(document, lang).html()
