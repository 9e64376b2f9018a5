"""Imports: the progress of a bulk registration and the rows that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, case, delete, func, insert, literal, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert, visible

from .tables import import_errors, imports


async def open_import(tx: Tx, row: dict[str, Any], scope: Scope) -> str:
    """The id of the owner's import with this key, begun now where there is none."""
    fresh = row | {"registered": 0, "last_line": 0, "created_at": tx.now, "updated_at": tx.now}
    await tx.run(upsert(imports, ["owner", "import_key"]), fresh)
    statement = select(imports.c.id).where(
        imports.c.owner == row["owner"],
        imports.c.import_key == row["import_key"],
        visible(imports.c, scope),
    )
    return str(await tx.scalar(statement))


async def note_progress(
    tx: Tx, import_id: str, lines: Sequence[int], registered: int, errors: list[dict[str, Any]]
) -> None:
    """Add a chunk: what it registered, and its errors in place of earlier ones of its lines."""
    await tx.run(
        delete(import_errors).where(
            import_errors.c.import_id == import_id, import_errors.c.line.in_(lines)
        )
    )
    if errors:
        await tx.run(insert(import_errors), [row | {"import_id": import_id} for row in errors])
    last = literal(max(lines, default=0))
    await tx.run(
        update(imports)
        .where(imports.c.id == import_id)
        .values(
            registered=imports.c.registered + registered,
            last_line=case((imports.c.last_line < last, last), else_=imports.c.last_line),
            updated_at=tx.now,
        )
    )


async def find_import(tx: ReadTx, import_id: str, scope: Scope) -> Row[Any] | None:
    """An import's progress."""
    row: Row[Any] | None = await tx.one(
        select(imports).where(imports.c.id == import_id, visible(imports.c, scope))
    )
    return row


async def count_errors(tx: ReadTx, import_id: str, scope: Scope) -> int:
    """How many rows of an import stand refused."""
    statement = (
        select(func.count())
        .select_from(import_errors.join(imports, imports.c.id == import_errors.c.import_id))
        .where(import_errors.c.import_id == import_id, visible(imports.c, scope))
    )
    return int(await tx.scalar(statement))


async def errors_of(
    tx: ReadTx, import_id: str, scope: Scope, *, limit: int, after: int
) -> Sequence[Row[Any]]:
    """Refused rows behind line `after`."""
    return await tx.all(
        select(import_errors)
        .join(imports, imports.c.id == import_errors.c.import_id)
        .where(
            import_errors.c.import_id == import_id,
            import_errors.c.line > after,
            visible(imports.c, scope),
        )
        .order_by(import_errors.c.line)
        .limit(limit)
    )
