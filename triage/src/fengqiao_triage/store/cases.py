"""The queries over cases: as they stand, their texts, every assessment made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, visible

from .tables import assessments, cases, inputs

_REVISE = (
    update(cases)
    .where(cases.c.case_id == bindparam("key"))
    .values({
        name: bindparam(f"new_{name}")
        for name in (
            "people",
            "amount",
            "respondent",
            "answered",
            "answers",
            "events",
            "unanswered",
            "asked_at",
            "override",
            "revision",
            "grade",
            "last_red_at",
        )
    })
)  # fmt: skip


async def add_cases(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Enter newly registered cases."""
    await tx.run(insert(cases), list(rows))


async def add_inputs(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep texts with what was read in them."""
    await tx.run(insert(inputs), list(rows))


async def add_assessments(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep assessments; none is ever changed."""
    await tx.run(insert(assessments), list(rows))


async def revise_cases(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Bring cases to their new revision: keys `case_id` and the changing columns."""
    await tx.run(
        _REVISE,
        [
            {"key": row["case_id"], **{f"new_{k}": v for k, v in row.items() if k != "case_id"}}
            for row in rows
        ],
    )


async def lock_cases(tx: Tx, scope: Scope, ids: Collection[str]) -> dict[str, Row[Any]]:
    """These cases, theirs alone until the commit."""
    stmt = (
        select(cases)
        .where(cases.c.case_id.in_(sorted(ids)), visible(cases.c, scope))
        .order_by(cases.c.case_id)
        .with_for_update()
    )
    return {row.case_id: row for row in await tx.all(stmt)}


async def parts_of(tx: ReadTx, scope: Scope, ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """The stored parts of these cases, each case's as they came."""
    stmt = (
        select(inputs)
        .join(cases, cases.c.case_id == inputs.c.case_id)
        .where(inputs.c.case_id.in_(sorted(ids)), visible(cases.c, scope))
        .order_by(inputs.c.case_id, inputs.c.turn)
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in await tx.all(stmt):
        found.setdefault(row.case_id, []).append(row)
    return found


async def case_of(tx: ReadTx, scope: Scope, case_id: str) -> Row[Any] | None:
    """A case as it stands; None where it is not here or not seen."""
    return await tx.one(select(cases).where(cases.c.case_id == case_id, visible(cases.c, scope)))


async def count_cases(tx: ReadTx, scope: Scope) -> int:
    """How many cases the scope covers."""
    stmt = select(func.count()).select_from(cases).where(visible(cases.c, scope))
    return int(await tx.scalar(stmt))


async def cases_after(tx: ReadTx, scope: Scope, after: str, limit: int) -> Sequence[str]:
    """Ids of cases in their order, those after `after`."""
    stmt = (
        select(cases.c.case_id)
        .where(cases.c.case_id > after, visible(cases.c, scope))
        .order_by(cases.c.case_id)
        .limit(limit)
    )
    return [row.case_id for row in await tx.all(stmt)]


async def histories(tx: ReadTx, scope: Scope, ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """Every assessment of these cases, each case's in order."""
    stmt = (
        select(assessments, cases.c.area_path)
        .join(cases, cases.c.case_id == assessments.c.case_id)
        .where(assessments.c.case_id.in_(sorted(ids)), visible(cases.c, scope))
        .order_by(assessments.c.case_id, assessments.c.revision)
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in await tx.all(stmt):
        found.setdefault(row.case_id, []).append(row)
    return found


async def history_of(tx: ReadTx, scope: Scope, case_id: str) -> Sequence[Row[Any]]:
    """Every assessment of a case, the newest first; none where the case is not seen here."""
    stmt = (
        select(assessments)
        .join(cases, cases.c.case_id == assessments.c.case_id)
        .where(assessments.c.case_id == case_id, visible(cases.c, scope))
        .order_by(assessments.c.revision.desc())
    )
    return await tx.all(stmt)


async def forget(tx: Tx, ids: Collection[str]) -> None:
    """Erase the words of these cases; places and numbers stay, they name nobody."""
    await tx.run(update(inputs).where(inputs.c.case_id.in_(sorted(ids))).values(text=None))


async def note_mediators(tx: Tx, assigned: Mapping[str, str]) -> None:
    """Who may see these cases as their mediator from now on."""
    stmt = (
        update(cases).where(cases.c.case_id == bindparam("key")).values(mediator=bindparam("who"))
    )
    await tx.run(stmt, [{"key": case, "who": who} for case, who in assigned.items()])


async def drop_mediators(tx: Tx, withdrawn: Mapping[str, str]) -> None:
    """End a mediator's sight of these cases, unless another has taken them meanwhile."""
    stmt = (
        update(cases)
        .where(cases.c.case_id == bindparam("key"), cases.c.mediator == bindparam("who"))
        .values(mediator=None)
    )
    await tx.run(stmt, [{"key": case, "who": who} for case, who in withdrawn.items()])


async def add_referrers(tx: Tx, scope: Scope, systems: Mapping[str, str]) -> None:
    """Let the systems that referred these cases see them; names stand between bars, `|a|b|`."""
    found = await lock_cases(tx, scope, systems.keys())
    rows = [
        {"key": case_id, "all": with_referrer(row.referrers, systems[case_id])}
        for case_id, row in found.items()
    ]
    if rows:
        stmt = update(cases).where(cases.c.case_id == bindparam("key"))
        await tx.run(stmt.values(referrers=bindparam("all")), rows)


def with_referrer(known: str | None, system: str) -> str:
    """The access column `referrers` with one more system."""
    names = [name for name in (known or "").split("|") if name]
    return "|" + "|".join([*names, *([] if system in names else [system])]) + "|"
