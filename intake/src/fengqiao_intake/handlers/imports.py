"""Bulk registration: good rows in, bad rows reported by line; safe to run twice."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_chassis.web import AreaCode, Body, Principal, Text
from fengqiao_chassis.web.fields import bad
from fengqiao_chassis.web.wording import worded
from fengqiao_contracts.areas import Areas
from fengqiao_contracts.errors import Refusal
from fengqiao_contracts.ids import new_id
from fengqiao_contracts.values import Channel

from .. import store
from .access import check_area, with_referrer
from .bodies import NewCase
from .planning import PlannedCase, Planner, Values
from .register import Registered, register_cases

MAX_ROWS = 500
FIELD_MAX = 80
_FIELD = re.compile(r"[a-z][a-z_]{0,39}")
Line = Annotated[int, Field(ge=1, le=1_000_000_000)]
_ZH = {
    "missing": "缺少必填字段",
    "extra_forbidden": "没有这个字段：请删去或改正字段名",
    "literal_error": "不在允许的代码之内：见 GET /v1/codes",
}
_EN = {
    "missing": "a required field is missing",
    "extra_forbidden": "no such field: remove it or correct its name",
    "literal_error": "not one of the allowed codes: see GET /v1/codes",
}


class ImportRows(Body):
    """A chunk of rows. `channel` and `area` fill rows that name none; `import_key` names the whole
    import, so that its chunks belong together and a second run changes nothing. `lines` says where
    each row stands in the file; without it they follow one another from `first_line`.
    """

    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_ROWS)]
    import_key: Text(1, 128) | None = None  # type: ignore[valid-type]
    channel: Channel | None = None
    area: AreaCode | None = None
    first_line: Line = 1
    lines: Annotated[list[Line], Field(min_length=1, max_length=MAX_ROWS)] | None = None

    @model_validator(mode="after")
    def _a_line_for_each_row(self) -> Self:
        lines = self.lines
        if lines is not None and not len(lines) == len(set(lines)) == len(self.rows):
            raise bad(
                "lines-and-rows",
                "lines 须为每一行给出一个行号，且不得重复",
                "lines must name one line for each row, none twice",
            )
        return self

    def numbers(self) -> Sequence[int]:
        """The line of each row."""
        return self.lines or range(self.first_line, self.first_line + len(self.rows))


class RowError(BaseModel):
    """Why a row was refused."""

    line: int
    field: str | None
    code: str
    zh: str
    en: str


class ImportedCase(BaseModel):
    """What became of a row; `code` is told only where the row made a new case."""

    line: int
    id: str
    number: str
    known: bool
    code: str | None


class ImportChunk(BaseModel):
    """The answer to a chunk."""

    id: str
    import_key: str
    received: int
    registered: int
    known: int
    rejected: int
    errors: list[RowError]
    cases: list[ImportedCase]


@dataclass(frozen=True, slots=True)
class PlannedImport:
    """A chunk, checked and planned outside of the transaction."""

    import_key: str
    area_path: str
    lines: Sequence[int]
    plans: Sequence[tuple[int, str, PlannedCase]]
    errors: Sequence[RowError]


def plan_import(planner: Planner, areas: Areas, who: Principal, body: ImportRows) -> PlannedImport:
    """Check and plan every row on its own: one bad row never stops another."""
    who.require("admin", "city", "district", "clerk", "partner")
    defaults = {k: v for k, v in (("channel", body.channel), ("area", body.area)) if v is not None}
    plans: list[tuple[int, str, PlannedCase]] = []
    errors: list[RowError] = []
    for line, raw in zip(body.numbers(), body.rows, strict=True):
        received = defaults | raw
        try:
            case = NewCase.model_validate(received)
            check_area(who, areas.path(case.area))
            plan = planner.case(case, received)
        except ValidationError as problem:
            errors.append(_invalid_row(line, problem))
        except Refusal as problem:
            errors.append(
                RowError(
                    line=line,
                    field=problem.field,
                    code=problem.code,
                    zh=problem.zh,
                    en=problem.en,
                )
            )
        else:
            plans.append((line, f"{line}:{plan.sha256[:32]}", plan))
    key = body.import_key or _hash_of(body.rows)
    path = areas.path(body.area) if body.area else areas.city.path
    return PlannedImport(key, path, body.numbers(), plans, errors)


def _hash_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """The key of an import that was given none: the same rows are the same import."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def _invalid_row(line: int, problem: ValidationError) -> RowError:
    first = problem.errors(include_url=False)[0]
    said, kind = worded(first), first["type"]
    return RowError(
        line=line,
        field=".".join(_named(part) for part in first["loc"])[:FIELD_MAX] or None,
        code=said["code"].replace("_", "-"),
        zh=_ZH.get(kind, said["zh"]),
        en=_EN.get(kind, said["en"])[:400],
    )


def _named(part: int | str) -> str:
    """A part of a field's place. An unknown name is the sender's own words: kept where it looks like
    a field's, not where it may be a name or number out of a table without its head.
    """
    return str(part) if isinstance(part, int) or _FIELD.fullmatch(part) else "?"


async def import_cases(tx: Tx, who: Principal, planned: PlannedImport) -> ImportChunk:
    """Register the good rows of a chunk in one transaction and keep the reasons of the bad."""
    import_id = new_id()
    head: Values = {
        "id": import_id,
        "case_ref": import_id,
        "owner": who.id,
        "import_key": planned.import_key,
        "area_path": planned.area_path,
        "reporter": who.id,
        "referrers": with_referrer("|", who.system) if who.system else "|",
    }
    import_id = await store.open_import(tx, head, SYSTEM)
    known = await _known_rows(tx, import_id, planned)
    results = await register_cases(tx, who, [plan for _, _, plan in planned.plans], known)
    registered = sum(not result.known for result in results)
    errors = [error.model_dump() for error in planned.errors]
    await store.note_progress(tx, import_id, planned.lines, registered, errors)
    lines = [line for line, _, _ in planned.plans]
    return ImportChunk(
        id=import_id,
        import_key=planned.import_key,
        received=len(planned.lines),
        registered=registered,
        known=len(results) - registered,
        rejected=len(errors),
        errors=list(planned.errors),
        cases=[_imported(line, result) for line, result in zip(lines, results, strict=True)],
    )


async def _known_rows(tx: Tx, import_id: str, planned: PlannedImport) -> dict[str, str]:
    """Rows without a referrer's number that this import has registered before, by plan id."""
    rows = [
        {"import_id": import_id, "row_key": row_key, "case_id": plan.id}
        for _, row_key, plan in planned.plans
        if plan.reference is None
    ]
    owners: Mapping[str, str] = await store.claim_rows(tx, import_id, rows, SYSTEM)
    return {row["case_id"]: owners[row["row_key"]] for row in rows}


def _imported(line: int, result: Registered) -> ImportedCase:
    return ImportedCase(
        line=line,
        id=result.case_id,
        number=result.number,
        known=result.known,
        code=None if result.known else result.plan.code,
    )
