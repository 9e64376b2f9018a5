"""Reading files of cases: JSON lines and tables, gzipped or not, in the encodings that occur."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .import_mapping import ImportProblem

_ENCODINGS = ("utf-8", "gb18030")
_MAX_LINE = 4 * 1024 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

csv.field_size_limit(_MAX_LINE)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of the file, or what is wrong with it; `line` counts the file's lines from 1."""

    line: int
    values: Mapping[str, Any] | None = None
    code: str = ""
    zh: str = ""
    en: str = ""


@dataclass
class FileReader:
    """Reads one file once. `cut`: the compressed file ended too early or is damaged."""

    path: Path
    needed: frozenset[str] = frozenset()
    cut: bool = False
    bytes_total: int = 0
    _raw: BinaryIO | None = field(default=None, repr=False)

    @property
    def bytes_done(self) -> int:
        """How far the file itself has been read."""
        return self._raw.tell() if self._raw and not self._raw.closed else self.bytes_total

    def rows(self) -> Iterator[FileRow]:
        """Every row in its order; a row that cannot be read comes with its reason.

        Raises ImportProblem where the file as a whole is not what it should be.
        """
        self.bytes_total = self.path.stat().st_size
        with self.path.open("rb") as raw:
            self._raw = raw
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            lines = self._lines(gzip.GzipFile(fileobj=raw) if packed else raw)
            yield from _table(lines, self.needed) if self._is_table() else _json_lines(lines)
        if self.cut:
            yield FileRow(
                0,
                code="cut-file",
                zh="压缩文件不完整：之前的行已处理，请补全文件后重新导入",
                en="the compressed file ends too early: the lines before it are done; import the"
                " whole file again",
            )

    def _is_table(self) -> bool:
        names = [s for s in self.path.suffixes if s.lower() != ".gz"]
        return bool(names) and names[-1].lower() in {".csv", ".tsv"}

    def _lines(self, stream: BinaryIO | gzip.GzipFile) -> Iterator[tuple[int, str | None]]:
        """Decoded lines with their numbers; None for a line in no known encoding."""
        number = 0
        while True:
            try:
                line = stream.readline(_MAX_LINE)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                self.cut = True
                return
            if not line:
                return
            number += 1
            if number == 1:
                if line.startswith(_UTF16):
                    raise ImportProblem(
                        "文件是 UTF-16 编码：请另存为 UTF-8\nthe file is UTF-16: save it as UTF-8"
                    )
                line = line.removeprefix(codecs.BOM_UTF8)
            yield number, _decoded(line)


def _decoded(line: bytes) -> str | None:
    for encoding in _ENCODINGS:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _json_lines(lines: Iterator[tuple[int, str | None]]) -> Iterator[FileRow]:
    for number, text in lines:
        if text is None:
            yield _bad_encoding(number)
        elif text.strip():
            try:
                values = json.loads(text)
            except (ValueError, RecursionError):
                values = None
            if isinstance(values, dict):
                yield FileRow(number, values)
            else:
                yield FileRow(
                    number,
                    code="bad-json",
                    zh="该行不是 JSON 对象：请检查引号与括号",
                    en="the line is not a JSON object: look at its quotes and brackets",
                )


def _table(lines: Iterator[tuple[int, str | None]], needed: frozenset[str]) -> Iterator[FileRow]:
    source = _Texts(lines)
    head = next(source, None)
    if head is None:
        return
    delimiter = "\t" if head.count("\t") > head.count(",") else ","
    names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
    missing = sorted(needed - set(names))
    if missing:
        raise ImportProblem(
            f"表头缺少列：{', '.join(missing)}（现有：{', '.join(names)}）\n"
            f"the table lacks the columns {', '.join(missing)} (it has {', '.join(names)})"
        )
    reader = csv.reader(source, delimiter=delimiter)
    while True:
        begin = source.number + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            yield _bad_cells(begin)
            continue
        if cells is None:
            return
        if row := _row(begin, names, cells, broken=source.broken_since(begin)):
            yield row


class _Texts:
    """The lines of a table as the csv module takes them; remembers the number of the last line
    and which lines could not be decoded.
    """

    def __init__(self, lines: Iterator[tuple[int, str | None]]) -> None:
        self._lines = lines
        self._broken = 0
        self.number = 0

    def __iter__(self) -> _Texts:
        return self

    def __next__(self) -> str:
        self.number, text = next(self._lines)
        if text is None:
            self._broken = self.number
        return "\n" if text is None else text

    def broken_since(self, line: int) -> bool:
        """Whether a line from `line` on could not be decoded."""
        return self._broken >= line


def _row(begin: int, names: list[str], cells: list[str], *, broken: bool) -> FileRow | None:
    """The row of these cells; None for an empty line."""
    if broken:
        return _bad_encoding(begin)
    if len(cells) == len(names):
        return FileRow(begin, dict(zip(names, cells, strict=True)))
    return _bad_cells(begin) if any(cell.strip() for cell in cells) else None


def _bad_encoding(line: int) -> FileRow:
    return FileRow(
        line,
        code="bad-encoding",
        zh="该行既不是 UTF-8 也不是 GB18030 编码：请统一编码后重新导入",
        en="the line is neither UTF-8 nor GB18030: save the file in one encoding",
    )


def _bad_cells(line: int) -> FileRow:
    return FileRow(
        line,
        code="bad-columns",
        zh="该行的列数与表头不同：请检查逗号与引号",
        en="the row has not as many columns as the head: look at its commas and quotes",
    )
