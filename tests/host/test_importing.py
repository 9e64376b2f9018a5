"""Importing files through the service: good rows in, bad rows beside, twice and cut."""

import asyncio
import csv
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fengqiao_chassis.testing import Harness
from fengqiao_host.importing import ImportProblem, ImportReport, Progress, import_file
from fengqiao_intake.app import build

pytestmark = pytest.mark.thorough

MAPPING = "narrative=title+body,reported_at=time,external=msg_id"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A city account at a running intake."""
    async with Harness.embedded(tmp_path / "data", [build()]) as h:
        yield h.client("intake", role="city")


def messages(count: int) -> list[dict[str, Any]]:
    return [
        {"title": f"第{n}条留言", "body": "小区噪音扰民，请处理", "time": "2019-02-28T11:25:05", "msg_id": n}
        for n in range(count)
    ]  # fmt: skip


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


async def run(client: httpx.AsyncClient, path: Path, **more: Any) -> ImportReport:
    options: dict[str, Any] = {"channel": "petition", "area": "510100", "mapping": MAPPING}
    return await import_file(path, client=client, **(options | more))


async def total(client: httpx.AsyncClient) -> int:
    return int((await client.get("/cases")).json()["total"])


async def test_a_file_goes_in_by_chunks_with_progress(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", messages(1203))
    steps: list[Progress] = []
    report = await run(client, path, on_progress=steps.append)

    assert (report.rows, report.registered, report.rejected) == (1203, 1203, 0)
    assert report.errors_path is None
    assert [step.rows for step in steps] == [500, 1000, 1203]
    assert steps[-1].bytes_done == steps[-1].bytes_total == path.stat().st_size
    assert await total(client) == 1203


async def test_running_twice_registers_nothing_twice(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", messages(30))
    await run(client, path)
    again = await run(client, path)
    without = await run(client, path, mapping="narrative=title+body")
    without_again = await run(client, path, mapping="narrative=title+body")

    assert (again.registered, again.known) == (0, 30)
    assert (without.registered, without.known) == (30, 0)
    assert (without_again.registered, without_again.known) == (0, 30)
    assert await total(client) == 60


async def test_an_import_that_was_cut_goes_on_where_it_was(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", messages(1200))

    def stop(progress: Progress) -> None:
        if progress.rows == 500:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await run(client, path, on_progress=stop)
    assert await total(client) == 500

    report = await run(client, path)
    assert (report.registered, report.known) == (700, 500)
    assert await total(client) == 1200


async def test_a_thousand_bad_rows_among_two_thousand(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    rows = messages(2000)
    for row in rows[1::2]:
        row["time"] = "=cmd|' /C calc'!A0"
    report = await run(client, write(tmp_path / "a.jsonl", rows))

    assert (report.registered, report.rejected) == (1000, 1000)
    assert report.errors_path == tmp_path / "a.jsonl.errors.csv"
    with report.errors_path.open(encoding="utf-8-sig") as stream:
        table = list(csv.reader(stream))
    assert [row[0] for row in table[1:]] == [str(line) for line in range(2, 2001, 2)]
    assert {row[1] for row in table[1:]} == {"reported_at"}
    assert all(row[3] and row[4] for row in table)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)


async def test_an_errors_file_goes_when_its_errors_are_gone(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", [*messages(2), {"title": "没有正文"}])
    first = await run(client, path)
    write(path, messages(3))
    second = await run(client, path)

    assert (first.rejected, second.rejected) == (1, 0)
    assert second.registered == 1
    assert not (tmp_path / "a.jsonl.errors.csv").exists()


async def test_a_cut_gzip_a_mixed_and_an_empty_file(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    lines = [json.dumps(m, ensure_ascii=False).encode() for m in messages(400)]
    cut = tmp_path / "cut.jsonl.gz"
    packed = gzip.compress(b"\n".join(lines))
    cut.write_bytes(packed[: len(packed) * 2 // 3])
    report = await run(client, cut)
    assert report.cut
    assert 0 < report.registered < 400
    assert report.errors_path is not None

    mixed = tmp_path / "mixed.jsonl"
    gb = json.dumps(messages(401)[400], ensure_ascii=False).encode("gb18030")
    mixed.write_bytes(b"\n".join([gb, b"\xff\xfe\xff", lines[399]]))
    report = await run(client, mixed)
    assert (report.registered, report.rejected) == (2, 1)

    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    report = await run(client, empty)
    assert (report.rows, report.registered) == (0, 0)
    assert report.remarks


async def test_a_whole_file_that_cannot_be_says_why(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    table = tmp_path / "a.csv"
    table.write_text("title,time\nx,y\n", "utf-8")
    for problem, path, more in (
        ("body", table, {}),
        ("没有这个文件", tmp_path / "none.jsonl", {}),
        ("petition-stream", table, {"mapping": None, "profile": "nothing"}),
    ):
        with pytest.raises(ImportProblem, match=problem):
            await run(client, path, **more)


async def test_a_refused_caller_hears_the_services_words(tmp_path: Path) -> None:
    async with Harness.embedded(tmp_path / "data", [build()]) as h:
        auditor = h.client("intake", role="auditor")
        with pytest.raises(ImportProblem, match="403"):
            await run(auditor, write(tmp_path / "a.jsonl", messages(1)))


@pytest.mark.slow
async def test_the_real_message_stream_goes_in_whole(
    client: httpx.AsyncClient, shared_data: Path, tmp_path: Path
) -> None:
    stream = shared_data / "data/teddy2020c/stream_before_2019_09.jsonl.gz"
    path = tmp_path / stream.name
    path.symlink_to(stream)
    report = await import_file(path, client=client, area="510100", profile="petition-stream")

    assert (report.rows, report.registered, report.rejected) == (2917, 2917, 0)


async def test_the_synthetic_narratives_go_in_with_their_parties(
    client: httpx.AsyncClient, shared_data: Path, tmp_path: Path
) -> None:
    narratives = shared_data / "data/synthetic/narratives.jsonl.gz"
    path = tmp_path / narratives.name
    path.symlink_to(narratives)
    report = await import_file(path, client=client, profile="narratives")

    assert (report.rows, report.registered) == (900, 900), report
