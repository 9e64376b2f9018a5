"""Live facts to many readers: read once per process, delivered to whom may see them at that moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson
import structlog

from fengqiao_chassis.store import ReadTx

from ..domain.places import START, Place, encode, moved
from ..domain.visibility import STAFF
from ..handlers.callers import Caller, still_live
from ..handlers.facts import KeptFact, read_head, read_window
from ..settings import Settings

_WINDOW = 500
_POLL, _CHECK = 0.25, 0.5
log = structlog.get_logger()

Read = Callable[[], AbstractAsyncContextManager[ReadTx]]
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Live:
    """One event of a stream: the reader's place behind it, and the fact as JSON text."""

    id: str
    json: str


@dataclass(eq=False, slots=True)
class Reader:
    """One open stream. `closed` says why it has ended."""

    caller: Caller
    start: Place
    queue: deque[Live] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    closed: str | None = None

    def close(self, reason: str) -> None:
        self.closed = self.closed or reason
        self.queue.clear()
        self.news.set()


class Hub:
    """Reads the kept facts onward from where it stands and hands them to the readers."""

    def __init__(self, read: Read, settings: Settings, now: Now) -> None:
        self._read = read
        self._backlog = settings.reader_backlog
        self._idle = settings.idle()
        self._now = now
        self._readers: set[Reader] = set()
        self._head: Place = START
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return len(self._readers)

    @property
    def head(self) -> str:
        """The id behind every fact that was handed out."""
        return encode(self._head)

    def wake(self) -> None:
        """There may be news, or somebody's right may have ended."""
        self._wake.set()

    @contextlib.asynccontextmanager
    async def reading(self, caller: Caller) -> AsyncIterator[Reader]:
        """A reader that gets everything after its `start`."""
        async with self._lock:
            if not self._readers:
                async with self._read() as tx:
                    self._head, _ = await read_head(tx)
            reader = Reader(caller, self._head)
            self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    async def run(self) -> None:
        """Runs until cancelled; trouble with the store is waited out."""
        checked = 0.0
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _POLL)
            woken = self._wake.is_set()
            self._wake.clear()
            try:
                if woken or loop.time() - checked >= _CHECK:
                    await self._check_rights()
                    checked = loop.time()
                await self._pump()
            except Exception:
                log.exception("stream.trouble")
                await asyncio.sleep(_CHECK)

    def close_all(self, reason: str) -> None:
        """Ends every stream."""
        for reader in list(self._readers):
            reader.close(reason)

    async def _check_rights(self) -> None:
        if not self._readers:
            return
        proofs = {(r.caller.kind, r.caller.proof) for r in self._readers}
        async with self._read() as tx:
            live = await still_live(
                tx,
                [p for kind, p in proofs if kind == "session"],
                [p for kind, p in proofs if kind == "partner"],
            )
        for reader in list(self._readers):
            caller = live.get(reader.caller.proof)
            if caller is None:
                reader.close("revoked")
                continue
            reader.caller = replace(caller, by_cookie=reader.caller.by_cookie)
            if reader.caller.idle(self._now(), self._idle):
                reader.close("idle")

    async def _pump(self) -> None:
        while self._readers:
            async with self._lock:
                async with self._read() as tx:
                    kept = await read_window(tx, self._head, _WINDOW)
                for fact in kept:
                    self._hand_out(fact)
            if len(kept) < _WINDOW:
                return
            await asyncio.sleep(0)

    def _hand_out(self, fact: KeptFact) -> None:
        self._head = moved(self._head, [(fact.slot, fact.place)])
        here, made = encode(self._head), dict[str, Live]()
        for reader in self._readers:
            if reader.closed is not None:
                continue
            seen = fact.seen_by(reader.caller.viewer())
            if seen is None:
                continue
            if len(reader.queue) >= self._backlog:
                reader.close("behind")
                continue
            # all staff see the same words of a fact
            same = "staff" if reader.caller.role in STAFF else reader.caller.proof
            if same not in made:
                made[same] = Live(here, orjson.dumps(seen).decode())
            reader.queue.append(made[same])
            reader.news.set()
