"""Read YAML that a stranger may have written: plain data with the line of each place, or what is wrong.

No tags, anchors or aliases, no repeated keys, bounded depth and size: nothing of it is run or grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_CHARS = 64 * 1024
MAX_DEPTH = 8
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null"))

type Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong with a document, where, and what to do."""

    field: str
    line: int | None
    code: str
    zh: str
    en: str


class BadYaml(ValueError):
    """The text is no document that may be read; `issue` says why and where."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.en)
        self.issue = issue


@dataclass(slots=True)
class Document:
    """Plain data, and the line (from 1) of each place in it."""

    data: dict[str, Any]
    lines: dict[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int | None:
        """The line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)


def read(text: str) -> Document:
    """The document of a text. Raises BadYaml."""
    if len(text) > MAX_CHARS:
        raise _bad(
            None,
            "too-long",
            f"文件最多 {MAX_CHARS} 个字符",
            f"the file may have at most {MAX_CHARS} characters",
        )
    try:
        _look_over(text)
        root = yaml.compose(text, Loader=_LOADER)
        if not isinstance(root, yaml.MappingNode):
            raise _bad(
                None,
                "not-a-mapping",
                "文件应为“键: 值”的 YAML，请从导出的文件改起",
                "the file must be YAML of keys and values: begin with an exported one",
            )
        document = Document({})
        document.data = _mapping(root, (), document.lines)
    except (yaml.YAMLError, UnicodeError) as broken:
        mark = getattr(broken, "problem_mark", None)
        raise _bad(
            mark.line + 1 if mark else None,
            "bad-yaml",
            "不是正确的 YAML：请检查该行附近的缩进、冒号和引号",
            "is not YAML: check indents, colons and quotes near this line",
        ) from broken
    return document


def _look_over(text: str) -> None:
    """Refuse by the events, before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _bad(
                line,
                "no-anchors",
                "不允许使用锚点和别名（& 和 *），请把内容写全",
                "anchors and aliases (& and *) are not allowed: write it out",
            )
        if getattr(event, "tag", None):
            raise _bad(
                line,
                "no-tags",
                "不允许使用标签（!），请删除",
                "tags (!) are not allowed: remove them",
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _bad(
                line,
                "too-deep",
                f"嵌套不得超过 {MAX_DEPTH} 层",
                f"may not be nested more than {MAX_DEPTH} deep",
            )


def _mapping(node: yaml.MappingNode, at: Place, lines: dict[Place, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        line = key_node.start_mark.line + 1
        if not isinstance(key, str) or key in found:
            raise _bad(
                line,
                "bad-key",
                "键重复或不是文字，请删除或更正",
                "a key is repeated or is no word: remove or correct it",
            )
        lines[*at, key] = line
        found[key] = _value(value_node, (*at, key), lines)
    return found


def _value(node: yaml.Node, at: Place, lines: dict[Place, int]) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, at, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*at, n), lines) for n, child in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    """A text, number, yes-or-no or nothing; what YAML would make a date stays text."""
    if node.tag not in _PLAIN:
        return str(node.value)
    try:
        return _CONSTRUCTORS[node.tag](yaml.constructor.SafeConstructor(), node)
    except (ValueError, OverflowError):
        return str(node.value)


_CONSTRUCTORS: Mapping[str, Any] = {
    "tag:yaml.org,2002:str": lambda _, node: str(node.value),
    "tag:yaml.org,2002:int": yaml.constructor.SafeConstructor.construct_yaml_int,
    "tag:yaml.org,2002:float": yaml.constructor.SafeConstructor.construct_yaml_float,
    "tag:yaml.org,2002:bool": yaml.constructor.SafeConstructor.construct_yaml_bool,
    "tag:yaml.org,2002:null": yaml.constructor.SafeConstructor.construct_yaml_null,
}


def _bad(line: int | None, code: str, zh: str, en: str) -> BadYaml:
    return BadYaml(Issue("yaml", line, code, zh, en))
