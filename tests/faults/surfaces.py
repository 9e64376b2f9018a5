"""The public surfaces as evidence: register, waiting list, statistics with their lists, the CLI."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

import httpx
from faults.checker import Numbers

CITY = "510100"
TRENDS = ("status", "type", "grade", "channel", "area", "unit")
DIMENSIONS = ("status", "type", "grade", "channel", "areas", "units")
DISTRICTS = 2
"""How many districts' statistics are read beside the city's: those with the most cases."""
PAGE = 1000
PATIENCE = 90.0
Answer = dict[str, Any]


class Surfaces:
    """Reads as the city's account, few requests at a time, patient with a full queue."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
            trust_env=False,
        )
        self._gate = asyncio.Semaphore(4)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, **params: Any) -> Answer:
        """The JSON at a path; tries again while the platform is busy."""
        end = time.monotonic() + PATIENCE
        while True:
            async with self._gate:
                answer = await self._client.get(path, params=params or None)
            if answer.status_code not in {429, 503} or time.monotonic() > end:
                answer.raise_for_status()
                found: Answer = answer.json()
                return found
            await asyncio.sleep(1)

    async def settled(self) -> Answer:
        """What `GET /v1/ops/settled` says; a gateway that does not answer has not settled."""
        try:
            answer = await self._client.get("/v1/ops/settled", timeout=10)
        except httpx.TransportError:
            return {"settled": False, "services": {"gateway": None}}
        if answer.status_code != 200:
            return {"settled": False, "services": {"gateway": None}}
        found: Answer = answer.json()
        return found

    async def register(self) -> dict[str, Answer]:
        """Every case of the register by id, read by cursor."""
        items: list[Answer] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self.get("/v1/cases", cursor=cursor, size=PAGE)
            items += page["items"]
            cursor = page["next"]
        return {item["id"]: item for item in items}

    async def waiting(self) -> dict[str, Answer]:
        """The waiting list by case."""
        items: list[Answer] = []
        while True:
            page = await self.get("/v1/waiting", page=len(items) // 200 + 1, size=200)
            items += page["items"]
            if len(items) >= page["total"] or not page["items"]:
                return {item["case_id"]: item for item in items}

    async def numbers(self, register: Mapping[str, Answer]) -> dict[str, Numbers]:
        """The statistics of the city and of the districts with the most cases."""
        paths = Counter(item["area_path"].split("/")[2] for item in register.values())
        districts = [code for code, _ in paths.most_common(DISTRICTS + 1) if code]
        areas = [CITY, *districts[:DISTRICTS]]
        return dict(zip(areas, await asyncio.gather(*map(self._numbers, areas)), strict=True))

    async def _numbers(self, area: str) -> Numbers:
        overview = await self.get("/v1/stats/overview", area=area)
        places = {code: row["list"] for code, row in overview["buckets"].items()}
        for what in DIMENSIONS:
            places |= {f"{what}/{row['code']}": row["list"] for row in overview[what]}
        listed = await asyncio.gather(*map(self._listed, places.values()))
        trends = await asyncio.gather(
            *(self.get("/v1/stats/trend", area=area, by=by, days=30) for by in TRENDS)
        )
        return Numbers(
            overview=overview,
            lists=dict(zip(places, listed, strict=True)),
            trends=dict(zip(TRENDS, trends, strict=True)),
            daily=await self.get("/v1/reports/daily", area=area),
        )

    async def _listed(self, place: str) -> frozenset[str]:
        """The ids behind a number, by the address that it names."""
        found: set[str] = set()
        page = 1
        while True:
            answer = await self.get(f"{place}&page={page}&size={PAGE}")
            found |= {item["id"] for item in answer["items"]}
            if page * PAGE >= answer["total"]:
                return frozenset(found)
            page += 1

    async def recount(self) -> Answer:
        """What `fengqiao recount` asks."""
        return await self.get("/v1/recount")


def command(environment: Mapping[str, str], *arguments: str) -> str:
    """Run `fengqiao ...` beside the platform; the standard output, whatever the exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "fengqiao_host", *arguments],
        env=_plain() | dict(environment) | {"COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode in (0, 1), f"{arguments}: {done.stderr[-2000:]}"
    return done.stdout


def _plain() -> dict[str, str]:
    """This process's environment without settings of another platform."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FENGQIAO_")}


def exported(environment: Mapping[str, str]) -> tuple[Answer, ...]:
    """The lines of `fengqiao events export`."""
    return tuple(map(json.loads, command(environment, "events", "export").splitlines()))


def chains(environment: Mapping[str, str]) -> dict[str, str | None]:
    """What `fengqiao audit verify` says of each service: None, or its problem."""
    found: dict[str, str | None] = {}
    for line in command(environment, "audit", "verify").splitlines():
        cells = [cell.strip() for cell in line.strip("│┃").split("│")]
        if len(cells) == 4 and cells[1].isdigit():
            found[cells[0]] = None if cells[3] == "-" else cells[3]
    return found
