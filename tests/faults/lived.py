"""A small town on the real platform, whose cases have lived: each state is met, capacities changed, a
mediator left, a fact is parked, and the processes were killed.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from faults.checker import Evidence, Reader
from faults.evidence import gather
from faults.recorder import Recorder
from flow.desk import LEAK, PASSWORD, Stack
from servers import free_port

from fengqiao_chassis.runtime import Platform
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.store import Tx
from fengqiao_contracts.areas import areas
from fengqiao_contracts.facts import CaseLinked
from fengqiao_host import city, remote
from fengqiao_host.drive import load_registry, play, script_to
from fengqiao_host.processes import Fleet
from fengqiao_host.services import build_one

JINJIANG, JINJIANG_STREET = "510104", "510104022"
QINGYANG, QINGYANG_STREET = (
    "510105",
    next(area.code for area in areas().children("510105") if area.level == "street"),
)
TEAMS = {JINJIANG_STREET: (2, 2), JINJIANG: (2,), QINGYANG_STREET: (6, 6, 6), QINGYANG: (2,)}
"""The capacity of each mediator of each committee in the town."""
CRIME = "他昨晚持刀砍伤我父亲，人在重症监护室，公安机关已经立案侦查涉嫌故意伤害罪，人还在逃。"
LAWSUIT = "房屋买卖合同纠纷，已经向人民法院起诉，法院已立案受理，下个月开庭，想再问问。"
VAGUE = "您好。"
ENDINGS = ("accepted", "mediating", "agreed", "effective", "archived", "oral", "terminated")
CITY_READER = Reader("city", ("510100",))


class Newer(CaseLinked):
    """A fact of a version that the running code does not know: whoever hears it parks it."""


Newer.TYPE = "case.linked.v2"
Newer.VERSION = 2


def town() -> Iterator[dict[str, Any]]:
    """The records of the registry: a street and a district on either side of the river."""
    keys = {f"demo-c-{code}": list(capacities) for code, capacities in TEAMS.items()}
    yield from (c for c in city.committees() if c["external_id"] in keys)
    for person in city.mediators():
        if left := keys.get(person["committee"]):
            yield person | {"capacity": left.pop()}


class Lived:
    """The platform and its history; `live` makes it all happen, `gather` collects the evidence."""

    def __init__(self, folder: Path, servers: Mapping[str, str] | None = None) -> None:
        """One process on SQLite, or seven with the addresses of PostgreSQL and Kafka."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FENGQIAO_")}
        environment |= {
            "FENGQIAO_DATA_DIR": str(folder / "data"),
            "FENGQIAO_TEST_MODE": "1",
            "FENGQIAO_NEW_PASSWORD": PASSWORD,
            **(servers or {}),
        }
        mode = "servers" if servers else "embedded"
        self.stack = Stack(mode, f"http://127.0.0.1:{free_port()}", environment)
        self.recorder = Recorder(self.stack.url, folder / "history.jsonl")
        port = self.stack.url.rpartition(":")[2]
        self.fleet = Fleet(int(port), folder / "logs", environment)
        self.one = [sys.executable, "-m", "fengqiao_host", "up", "--port", port]
        self.log = folder / "up.log"

    def start(self) -> None:
        """Start what runs in this mode, or start it again."""
        if self.stack.mode == "servers":
            self.fleet.start()
            return
        with self.log.open("ab") as log:
            self.fleet.processes["up"] = subprocess.Popen(
                self.one,
                env=self.stack.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def halt(self) -> None:
        """Let no process answer any more."""
        for process in self.fleet.processes.values():
            process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End every process by SIGKILL."""
        for name in tuple(self.fleet.processes):
            self.fleet.kill(name)

    def stop(self) -> None:
        """End every process in an orderly way."""
        self.fleet.stop()

    async def live(self) -> tuple[Evidence, Evidence]:
        """The whole story; the evidence from before the kill, and from after the recovery."""
        self.stack.fengqiao("migrate", "--init-keys")
        place = ("--role", "city", "--name", "市中心", "--area", "510100")
        self.stack.fengqiao("account", "create", "city", *place)
        self.start()
        async with httpx.AsyncClient(base_url=f"{self.stack.url}/v1", trust_env=False) as plain:
            await remote.wait_ready(plain)
            self.stack.token = await remote.log_in(plain, "city", PASSWORD)
            totals = await load_registry(plain, self.stack.token, town())
            assert totals["errors"] == 0
        async with self.recorder.client(CITY_READER, self.stack.token) as client:
            story = _Story(self, client)
            await story.tell()
            before = await self.gather()
            await story.fall()
            back = time.monotonic()
            await remote.wait_ready(client)
            await story.go_on()
        return before, await self.gather(since=back, earlier=before)

    async def gather(self, **more: Any) -> Evidence:
        """The evidence as it stands."""
        return await gather(
            url=self.stack.url,
            token=self.stack.token,
            environment=self.stack.environment,
            history=self.recorder.path,
            **more,
        )


class _Story:
    """What happens, by the public API."""

    def __init__(self, lived: Lived, client: httpx.AsyncClient) -> None:
        self.lived, self.client = lived, client
        self.number = 0
        self.pending: list[asyncio.Task[str]] = []

    async def tell(self) -> None:
        """Registrations, a partner, full lives, mediators that come and go."""
        waiting = [await self.register(area=JINJIANG_STREET) for _ in range(9)]
        worked = [await self.register(area=QINGYANG_STREET) for _ in range(12)]
        odd = [await self.register(n, area=QINGYANG_STREET) for n in (CRIME, LAWSUIT, VAGUE)]
        await self.refer()
        await self.settle()
        await self.work(worked)
        await self.move_mediators()
        await self.decide(odd[-1])
        await self.look(waiting[0])
        await self.park(worked[0], worked[1])
        await self.settle()

    async def register(self, narrative: str = LEAK, **more: Any) -> str:
        """One dispute, asked for twice with one key, as after a lost answer."""
        self.number += 1
        place = "" if narrative == VAGUE else f"（{self.number}号楼）"
        body = _body(f"{narrative}{place}", **more)
        key = {"Idempotency-Key": f"lived-{self.number}"}
        first, again = [await self.client.post("/cases", json=body, headers=key) for _ in range(2)]
        assert first.status_code == 201, first.text
        assert again.json() == first.json()
        return str(first.json()["id"])

    async def refer(self) -> None:
        """A partner registers with its number, and again with other words; it follows its case."""
        stack = self.lived.stack
        told = ("--name", "市公安局", "--channel", "police", "--area", "510100")
        key = stack.fengqiao("partner", "create", "police", *told).split()[-1]
        reader = Reader("partner", ("510100",), system="police")
        reference = {"external_ref": {"system": "police", "number": "成公移1号"}}
        async with self.lived.recorder.client(reader, key) as partner:
            case = {"area": QINGYANG_STREET, "channel": "police", **reference}
            for words, status in ((LEAK, 201), (f"{LEAK}（补充）", 200)):
                answer = await partner.post("/cases", json=_body(words, **case))
                assert answer.status_code == status, answer.text
            await self.settle()
            own = (await partner.get("/cases")).json()["items"]
            assert (await partner.get(f"/cases/{own[0]['id']}")).is_success
            assert (await partner.get("/facts")).is_success
            assert len(own) == 1

    async def work(self, cases: list[str]) -> None:
        """Lives to every stage, a refusal, and new words that make a case red."""
        tokens = {"city": self.lived.stack.token}
        for case_id, ending in zip(cases, (*ENDINGS, "refused", "declined"), strict=False):
            await play(self.client, tokens, case_id, script_to(ending, 2, None))
        body = {"kind": "facts", "text": "昨晚他又上门吵，他说要拿刀，孩子吓哭了。"}
        assert (await self.client.post(f"/cases/{cases[9]}/supplements", json=body)).is_success
        for what in ("", "/assessment", "/casework", "/casework/parties", "/timeline", "/routing"):
            assert (await self.client.get(f"/cases/{cases[0]}{what}")).is_success, what

    async def move_mediators(self) -> None:
        """One gets more places, then fewer than he holds; one is suspended and comes back; one goes."""
        one, other = await self.team(JINJIANG_STREET)
        for capacity in (4, 1):
            await self.capacity(one, capacity)
            await self.settle()
        for what, body in (("suspension", {"reason": "leave"}), ("reinstatement", {})):
            await self.must(f"/mediators/{other}/{what}", body)
            await self.settle()
        (gone,) = await self.team(JINJIANG)
        await self.must(f"/mediators/{gone}/retirement", {"reason": "resigned"})
        await self.settle()

    async def team(self, area: str) -> list[str]:
        """The mediators of the area's general committee."""
        page = await self.client.get("/mediators", params={"area": area, "size": 100})
        path = page.json()["items"]
        return [m["id"] for m in path if m["area_path"].rstrip("/").endswith(area)]

    async def capacity(self, mediator: str, capacity: int) -> None:
        """Change how many cases he may hold."""
        read = await self.client.get(f"/mediators/{mediator}")
        tag = {"If-Match": read.headers["etag"]}
        done = await self.client.put(
            f"/mediators/{mediator}", json={"capacity": capacity}, headers=tag
        )
        assert done.is_success, done.text

    async def decide(self, case_id: str) -> None:
        """A dispatcher decides what waits for a human."""
        decision = {"outlet": "mediation", "reason": "与当事人通话后确认可以调解"}
        await self.must(f"/cases/{case_id}/routing", decision)

    async def look(self, case_id: str) -> None:
        """A district and a mediator read what is theirs, and are refused what is not."""
        district = Reader("district", (QINGYANG,))
        async with await self.log_in("qingyang", district, areas=[QINGYANG]) as client:
            assert len((await client.get("/cases", params={"size": 100})).json()["items"]) > 9
            assert (await client.get("/facts", params={"limit": 1000})).json()["facts"]
            assert (await client.get(f"/cases/{case_id}")).status_code == 404
        held = (await self.client.get("/cases", params={"status": "assigned"})).json()["items"][0]
        own = Reader("mediator", person=held["mediator_id"])
        async with await self.log_in("mediator", own, person_id=own.person) as client:
            assert (await client.get(f"/cases/{held['id']}")).is_success
            assert (await client.get(f"/cases/{case_id}/casework")).status_code == 404

    async def log_in(self, name: str, reader: Reader, **more: Any) -> httpx.AsyncClient:
        """A client with an account of its own."""
        body = {"username": name, "password": PASSWORD, "name": name, "role": reader.role} | more
        await self.must("/accounts", body)
        async with httpx.AsyncClient(base_url=f"{self.lived.stack.url}/v1") as plain:
            token = await remote.log_in(plain, name, PASSWORD)
        return self.lived.recorder.client(reader, token)

    async def fall(self) -> None:
        """SIGKILL amid registrations, some of which cannot have been answered, and a start."""
        await self._ask(range(3))
        self.lived.halt()
        await self._ask(range(3, 6))
        self.lived.kill()
        self.lived.start()

    async def _ask(self, numbers: Iterable[int]) -> None:
        body = _body(LEAK, area=QINGYANG_STREET)
        insist = self.lived.recorder.insist
        asked = (insist(self.client, CITY_READER, body, f"fall-{n}") for n in numbers)
        self.pending += map(asyncio.create_task, asked)
        await asyncio.sleep(0.05)

    async def go_on(self) -> None:
        """What was cut is asked for again."""
        await asyncio.gather(*self.pending)

    async def park(self, case_id: str, other: str) -> None:
        """A fact of a newer version parks its case, and what comes after it."""
        await state_newer(self.lived.stack.environment, case_id, other)
        end = time.monotonic() + 20
        while (await remote.settled(self.client))["parked"] == 0:
            assert time.monotonic() < end, "nothing was parked"
            await asyncio.sleep(0.1)
        body = {"kind": "facts", "text": "对方又来电话，说愿意坐下来谈。"}
        await self.must(f"/cases/{case_id}/supplements", body)

    async def must(self, path: str, body: Mapping[str, Any]) -> None:
        """A command that succeeds."""
        answer = await self.client.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"

    async def settle(self) -> None:
        """Until every fact has had its effect."""
        assert (await remote.wait_settled(self.client, 30))["settled"]


def _body(narrative: str, **more: Any) -> dict[str, Any]:
    parties = [
        {"role": "applicant", "kind": "person", "name": "林知秋"},
        {"role": "respondent", "kind": "person", "name": "周望川"},
    ]
    return {"narrative": narrative, "channel": "self", "parties": parties, **more}


async def state_newer(environment: Mapping[str, str], case_id: str, other: str) -> None:
    """State the newer fact as intake's next release would."""
    settings = Settings(
        data_dir=Path(environment["FENGQIAO_DATA_DIR"]),
        database_url=environment.get("FENGQIAO_DATABASE_URL", ""),
        kafka_bootstrap=environment.get("FENGQIAO_KAFKA_BOOTSTRAP", ""),
        test_mode=True,
    )
    async with Platform.start(settings, [build_one("intake")], work=False) as platform:
        db = platform.contexts["intake"].db

        async def work(tx: Tx) -> None:
            fact = Newer(
                case_id=case_id, other_case_id=other, reason="same_words", linked_at=tx.now
            )
            tx.state(fact, area=f"/510100/{QINGYANG}/")

        await db.batch(work)
