"""Importing a file of cases through the public interface, safe to run twice and to be cut."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from .import_files import FileReader, FileRow
from .import_mapping import ColumnMap, ImportProblem, case_of, parse_mapping, profile_map

__all__ = ["ImportProblem", "ImportReport", "Progress", "import_file"]

CHUNK_ROWS = 500
CHUNK_BYTES = 3 * 1024 * 1024
_TRIES = 8
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is."""

    rows: int
    registered: int
    known: int
    rejected: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True)
class ImportReport:
    """What became of a file. `known`: rows that a run before had registered. `errors_path`: the
    file with each refused row's line and reason, None when there is none.
    """

    rows: int = 0
    registered: int = 0
    known: int = 0
    rejected: int = 0
    import_id: str | None = None
    import_key: str = ""
    cut: bool = False
    errors_path: Path | None = None
    remarks: tuple[str, ...] = ()


@dataclass
class _Run:
    """One import under way."""

    client: httpx.AsyncClient
    key: str
    report: ImportReport = field(default_factory=ImportReport)
    errors: list[dict[str, Any]] = field(default_factory=list)
    run: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def send(self, lines: list[int], rows: list[Any]) -> None:
        """Register a chunk and take its answer into the report."""
        body = json.dumps(
            {"import_key": self.key, "lines": lines, "rows": rows}, ensure_ascii=False
        ).encode("utf-8", "surrogatepass")
        answer = await self._post(body, f"import-{self.run}-{lines[0]}")
        self.errors += answer["errors"]
        self.report = replace(
            self.report,
            rows=self.report.rows + len(rows),
            registered=self.report.registered + answer["registered"],
            known=self.report.known + answer["known"],
            rejected=self.report.rejected + answer["rejected"],
            import_id=answer["id"],
        )

    async def _post(self, body: bytes, key: str) -> Any:
        """The answer; waits and tries again while the service is busy, starting or away."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        for attempt in range(_TRIES):
            try:
                response = await self.client.post("/imports", content=body, headers=headers)
            except httpx.TransportError:
                if attempt + 1 == _TRIES:
                    raise
                await asyncio.sleep(min(2**attempt * 0.25, 10))
                continue
            if response.status_code in {429, 502, 503, 504} and attempt + 1 < _TRIES:
                wait = response.headers.get("Retry-After", "1")
                await asyncio.sleep(min(int(wait) if wait.isdecimal() else 1, 30))
                continue
            if response.is_error:
                raise ImportProblem(_said(response))
            return response.json()
        raise ImportProblem("服务一直繁忙：请稍后重试\nthe service stayed busy: try again later")

    def refuse(self, row: FileRow) -> None:
        """Note a row that could not even be read."""
        self.errors.append(
            {"line": row.line, "field": None, "code": row.code, "zh": row.zh, "en": row.en}
        )
        if row.line:
            report = self.report
            self.report = replace(report, rows=report.rows + 1, rejected=report.rejected + 1)


async def import_file(  # noqa: PLR0913 -- the options of the command
    path: Path,
    *,
    client: httpx.AsyncClient,
    channel: str | None = None,
    area: str | None = None,
    mapping: str | None = None,
    profile: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> ImportReport:
    """Register every good row of a file and report the others by line beside it.

    `client` speaks to the gateway with a caller's token; its base address ends in /v1. The import's key is the hash of file and
    mapping, a row's key its referrer's number or its line and content: a second run, or one after
    being cut, registers only what is missing. Raises ImportProblem where the file, the mapping or
    the caller's right is wrong as a whole; nothing is registered by half a row.
    """
    columns = _columns(mapping, profile)
    defaults = {
        k: v for k, v in (("channel", channel or columns.channel), ("area", area)) if v is not None
    }
    key = _import_key(path, columns, defaults)
    run = _Run(client, key)
    reader = FileReader(path, frozenset(columns.needed()))
    lines: list[int] = []
    rows: list[Any] = []
    size = 0
    for row in reader.rows():
        case, weight = _case(run, row, columns, defaults)
        if case is None:
            continue
        if rows and (len(rows) == CHUNK_ROWS or size + weight > CHUNK_BYTES):
            await _flush(run, reader, (lines, rows), on_progress)
            lines, rows, size = [], [], 0
        lines.append(row.line)
        rows.append(case)
        size += weight
    await _flush(run, reader, (lines, rows), on_progress)
    return _finished(path, run, reader)


def _columns(mapping: str | None, profile: str | None) -> ColumnMap:
    if mapping and profile:
        raise ImportProblem("映射与方案只能给一个\ngive a mapping or a profile, not both")
    if profile:
        return profile_map(profile)
    if mapping:
        return parse_mapping(mapping)
    return ColumnMap({"narrative": ("narrative",)})


def _import_key(path: Path, columns: ColumnMap, defaults: dict[str, str]) -> str:
    if not path.is_file():
        raise ImportProblem(f"没有这个文件：{path}\nno such file: {path}")
    digest = hashlib.sha256()
    settings = {"map": dict(columns.columns), "system": columns.system, **defaults}
    digest.update(json.dumps(settings, sort_keys=True).encode())
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _case(run: _Run, row: FileRow, columns: ColumnMap, defaults: dict[str, str]) -> tuple[Any, int]:
    """A row's case and its rough size in bytes; None for a row that is refused here."""
    if row.values is None:
        run.refuse(row)
        return None, 0
    try:
        case = case_of(row.values, columns, defaults)
    except KeyError as missing:
        name = str(missing.args[0])
        run.refuse(
            FileRow(
                row.line,
                code="missing-column",
                zh=f"该行缺少列 {name}",
                en=f"the row lacks the column {name}",
            )
        )
        return None, 0
    return case, 3 * len(case["narrative"]) + 500


async def _flush(
    run: _Run,
    reader: FileReader,
    chunk: tuple[list[int], list[Any]],
    on_progress: Callable[[Progress], None] | None,
) -> None:
    lines, rows = chunk
    if rows:
        await run.send(lines, rows)
    if on_progress:
        r = run.report
        done, total = reader.bytes_done, reader.bytes_total
        on_progress(Progress(r.rows, r.registered, r.known, r.rejected, done, total))


def _finished(path: Path, run: _Run, reader: FileReader) -> ImportReport:
    remarks = []
    if run.report.rows == 0:
        remarks.append("文件中没有数据行 / the file has no rows")
    if reader.cut:
        remarks.append("压缩文件不完整 / the compressed file ends too early")
    beside = path.with_name(path.name + ".errors.csv")
    if run.errors:
        _write_errors(beside, sorted(run.errors, key=lambda e: e["line"] or 10**12))
    else:
        beside.unlink(missing_ok=True)
    return replace(
        run.report,
        import_key=run.key,
        cut=reader.cut,
        errors_path=beside if run.errors else None,
        remarks=tuple(remarks),
    )


def _write_errors(path: Path, errors: list[dict[str, Any]]) -> None:
    """A table that a spreadsheet opens in Chinese and in which no cell is a formula."""
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["line", "field", "code", "原因", "reason"])
        table.writerows(_cells(errors))
    partial.replace(path)


def _cells(errors: list[dict[str, Any]]) -> Iterator[list[str]]:
    for error in errors:
        values = (
            error["line"] or "",
            error["field"] or "",
            error["code"],
            error["zh"],
            error["en"],
        )
        yield [_safe(str(value)) for value in values]


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _said(response: httpx.Response) -> str:
    """What the service answered, in its own words."""
    try:
        problem = response.json()
    except ValueError:
        return f"HTTP {response.status_code}"
    words = [str(problem[k]) for k in ("title", "detail") if problem.get(k)]
    return f"HTTP {response.status_code}: " + " / ".join(words)
