"""The case register: reading it by filters, and moving its status columns by the facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from fengqiao_chassis.store import ReadTx, Scope, Tx, visible
from fengqiao_chassis.store.tables import held, parked
from fengqiao_contracts.codes import table
from fengqiao_contracts.life import CaseState

from ..domain.words import terms
from . import search
from .tables import cases, parties, referrals, supplements, texts, timeline

_STATE = (
    cases.c.id,
    cases.c.status,
    cases.c.type,
    cases.c.grade,
    cases.c.suitability,
    cases.c.outlet,
    cases.c.committee_id,
    cases.c.mediator,
    cases.c.waiting_reason,
    cases.c.overdue,
    cases.c.resume,
    cases.c.open_obligations,
    cases.c.dossier_number,
)
_STATE_NAMES = tuple(column.name for column in _STATE if column.name != "id")
FIRST_STATE = {name: getattr(CaseState(), name) or None for name in _STATE_NAMES}
"""What a case's progress is before the first fact: the columns that `save_states` moves."""


@dataclass(frozen=True)
class CaseFilter:
    """What the register is asked for; None = not asked. `numbers` are blind indexes of `q`."""

    status: str | None = None
    risk: str | None = None
    type: str | None = None
    channel: str | None = None
    area_path: str | None = None
    unit: str | None = None
    overdue: bool | None = None
    parked: bool | None = None
    q: str | None = None
    blind: tuple[str, str] | None = None


async def find_cases(tx: ReadTx, ids: Iterable[str], scope: Scope) -> dict[str, Row[Any]]:
    """The cases of these ids that the scope may see, by id."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    statement = select(cases).where(cases.c.id.in_(wanted), visible(cases.c, scope))
    return {row.id: row for row in await tx.all(statement)}


async def find_by_number(tx: ReadTx, number: str, scope: Scope) -> Row[Any] | None:
    """The case of a public number."""
    row: Row[Any] | None = await tx.one(
        select(cases).where(cases.c.number == number, visible(cases.c, scope))
    )
    return row


async def list_cases(
    tx: ReadTx, wanted: CaseFilter, scope: Scope, *, limit: int, offset: int
) -> Sequence[Row[Any]]:
    """A page of cases, the newest first."""
    statement = _filtered(select(cases), wanted, scope, tx.dialect)
    return await tx.all(statement.order_by(cases.c.id.desc()).limit(limit).offset(offset))


async def list_cases_after(
    tx: ReadTx, wanted: CaseFilter, scope: Scope, *, limit: int, after: str
) -> Sequence[Row[Any]]:
    """Cases in the order of registration behind the case `after` ("" = from the first)."""
    statement = _filtered(select(cases), wanted, scope, tx.dialect)
    return await tx.all(statement.where(cases.c.id > after).order_by(cases.c.id).limit(limit))


async def count_cases(tx: ReadTx, wanted: CaseFilter, scope: Scope) -> int:
    """How many cases the filter finds in the scope."""
    statement = _filtered(select(func.count()).select_from(cases), wanted, scope, tx.dialect)
    return int(await tx.scalar(statement))


def _filtered(
    statement: Select[Any], wanted: CaseFilter, scope: Scope, dialect: str
) -> Select[Any]:
    c = cases.c
    equal = {"status": c.status, "risk": c.grade, "type": c.type, "channel": c.channel}
    conditions = [visible(c, scope)]
    conditions += [
        column == getattr(wanted, name)
        for name, column in equal.items()
        if getattr(wanted, name) is not None
    ]
    if wanted.area_path is not None:
        conditions.append(c.area_path.startswith(wanted.area_path, autoescape=True))
    if wanted.unit is not None:
        conditions.append(or_(c.unit == wanted.unit, c.committee_id == wanted.unit))
    if wanted.overdue is not None:
        conditions.append(c.overdue.is_not(None) if wanted.overdue else c.overdue.is_(None))
    if wanted.parked is not None:
        stopped = c.id.in_(select(held.c.subject))
        conditions.append(stopped if wanted.parked else ~stopped)
    if wanted.q is not None:
        conditions.append(_asked(wanted, dialect))
    return statement.where(and_(*conditions))


def _asked(wanted: CaseFilter, dialect: str) -> ColumnElement[bool]:
    """Words in the texts; or a number: ours, a referrer's, a dossier's, an identity or phone."""
    query = (wanted.q or "").strip()
    numbers: list[ColumnElement[bool]] = [
        cases.c.number == query.upper(),
        cases.c.external_number == query,
        cases.c.dossier_number == query,
    ]
    if wanted.blind:
        owners = select(parties.c.case_id).where(
            or_(parties.c.id_blind == wanted.blind[0], parties.c.phone_blind == wanted.blind[1])
        )
        numbers.append(cases.c.id.in_(owners))
    return or_(*numbers, search.matches(dialect, terms(query)))


async def parties_of(tx: ReadTx, case_id: str, scope: Scope) -> Sequence[Row[Any]]:
    """The parties of a case in their order."""
    return await tx.all(
        select(parties)
        .join(cases, cases.c.id == parties.c.case_id)
        .where(parties.c.case_id == case_id, visible(cases.c, scope))
        .order_by(parties.c.position)
    )


async def count_parties(tx: ReadTx, case_id: str, scope: Scope) -> int:
    """How many parties a case has."""
    statement = (
        select(func.count())
        .select_from(parties.join(cases, cases.c.id == parties.c.case_id))
        .where(parties.c.case_id == case_id, visible(cases.c, scope))
    )
    return int(await tx.scalar(statement))


async def texts_of(tx: ReadTx, case_id: str, scope: Scope) -> Sequence[Row[Any]]:
    """The words of a case: the narrative, then the supplements, each with its document number."""
    return await tx.all(
        select(texts)
        .join(cases, cases.c.id == texts.c.case_id)
        .where(texts.c.case_id == case_id, visible(cases.c, scope))
        .order_by(texts.c.part)
    )


async def parked_reason(tx: ReadTx, case_id: str, scope: Scope) -> str | None:
    """Why a group holds the case's facts back, as far as this database knows; None = none does."""
    row = await tx.one(
        select(parked.c.grp, parked.c.reason)
        .join(cases, cases.c.id == parked.c.subject)
        .where(parked.c.subject == case_id, visible(cases.c, scope))
        .order_by(parked.c.id)
    )
    return None if row is None else f"{row.grp}: {row.reason}"


async def supplements_of(tx: ReadTx, case_id: str, scope: Scope) -> Sequence[Row[Any]]:
    """The supplements of a case in their order, without their words."""
    return await tx.all(
        select(supplements)
        .join(cases, cases.c.id == supplements.c.case_id)
        .where(supplements.c.case_id == case_id, visible(cases.c, scope))
        .order_by(supplements.c.number)
    )


async def timeline_of(
    tx: ReadTx, case_id: str, scope: Scope, *, limit: int, after: int
) -> Sequence[Row[Any]]:
    """The facts of a case in the register's order, behind the entry `after`."""
    return await tx.all(
        select(timeline)
        .join(cases, cases.c.id == timeline.c.case_id)
        .where(timeline.c.case_id == case_id, timeline.c.id > after, visible(cases.c, scope))
        .order_by(timeline.c.id)
        .limit(limit)
    )


async def load_states(tx: ReadTx, ids: Iterable[str], scope: Scope) -> dict[str, CaseState]:
    """The progress of these cases, by id."""
    statement = select(*_STATE).where(cases.c.id.in_(sorted(ids)), visible(cases.c, scope))
    found = {}
    for row in await tx.all(statement):
        values = {name: getattr(row, name) for name in _STATE_NAMES}
        values["open_obligations"] = tuple(row.open_obligations or ())
        found[row.id] = CaseState(**values)
    return found


_SAVE_STATE = (
    update(cases)
    .where(cases.c.id == bindparam("case"))
    .values({name: bindparam(f"new_{name}") for name in (*_STATE_NAMES, "updated_at")})
)


async def save_states(tx: Tx, states: Mapping[str, CaseState]) -> None:
    """Write the progress of cases."""
    rows = []
    for case_id, state in sorted(states.items()):
        row: dict[str, Any] = {f"new_{name}": getattr(state, name) for name in _STATE_NAMES}
        row["new_open_obligations"] = list(state.open_obligations) or None
        rows.append(row | {"case": case_id, "new_updated_at": tx.now})
    if rows:
        await tx.run(_SAVE_STATE, rows)


async def add_timeline(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Append facts to the timeline."""
    if rows:
        await tx.run(insert(timeline), rows)


async def count_by_status(tx: ReadTx, scope: Scope) -> dict[str, int]:
    """How many cases stand in each status; every status is named."""
    statement = (
        select(cases.c.status, func.count().label("n"))
        .where(visible(cases.c, scope))
        .group_by(cases.c.status)
    )
    counts = dict.fromkeys(table("statuses").codes, 0)
    return counts | {row.status: row.n for row in await tx.all(statement)}


async def erase_case(tx: Tx, case_id: str, docs: list[dict[str, Any]]) -> None:
    """Null the personal data of a case: parties, words and their search entries (`docs`), and
    what was written when a referral of it went back.
    """
    nothing = dict.fromkeys(
        ("name", "id_kind", "id_number", "id_blind", "phone", "phone_blind", "address")
    )
    await tx.run(update(parties).where(parties.c.case_id == case_id).values(**nothing))
    await search.forget(tx, docs)
    await tx.run(update(texts).where(texts.c.case_id == case_id).values(text=None, names=None))
    values = {"claims": None, "words_hash": None, "erased_at": tx.now, "updated_at": tx.now}
    await tx.run(update(cases).where(cases.c.id == case_id).values(**values))
    words = {"return_reason": None, "suggested_unit": None}
    await tx.run(update(referrals).where(referrals.c.case_id == case_id).values(**words))
