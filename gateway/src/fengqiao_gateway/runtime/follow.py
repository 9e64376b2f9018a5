"""One reader's stream: first what it missed, from the store; then what comes, from the hub."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi.sse import ServerSentEvent

from fengqiao_contracts.errors import Invalid

from ..domain.places import Place, decode, encode, moved
from ..handlers.callers import Caller
from ..handlers.facts import read_window, too_old
from .door import Door
from .hub import Reader

HEARTBEAT = 10.0
_WINDOW = 500
_RETRY_MS = 1000


async def follow(door: Door, who: Caller, last_id: str | None) -> AsyncIterator[ServerSentEvent]:
    """The events of one stream, until it is closed by either side."""
    async with door.hub.reading(who) as reader:
        yield ServerSentEvent(id=encode(reader.start), retry=_RETRY_MS, comment="fengqiao")
        if last_id:
            place = await _resumable(door, last_id)
            if place is None:
                yield ServerSentEvent(
                    event="reset", data={"reason": "older-than-kept"}, id=encode(reader.start)
                )
            else:
                async for event in _missed(door, reader, place):
                    yield event
        async for event in _live(door, reader):
            yield event
        yield ServerSentEvent(event="end", data={"reason": reader.closed})


async def _resumable(door: Door, last_id: str) -> Place | None:
    """The place of a reader that comes back; None where it must load anew."""
    try:
        place = decode(last_id)
    except Invalid:
        return None
    async with door.ctx.db.read() as tx:
        return None if await too_old(tx, place) else place


async def _missed(door: Door, reader: Reader, place: Place) -> AsyncIterator[ServerSentEvent]:
    """What came after `place` and before the reader's start; the hub has the rest."""
    while reader.closed is None:
        async with door.ctx.db.read() as tx:
            kept = await read_window(tx, place, _WINDOW, until=reader.start)
        for fact in kept:
            place = moved(place, [(fact.slot, fact.place)])
            seen = fact.seen_by(reader.caller.viewer())
            if seen is not None:
                yield ServerSentEvent(data=seen, id=encode(place))
        if len(kept) < _WINDOW:
            return


async def _live(door: Door, reader: Reader) -> AsyncIterator[ServerSentEvent]:
    while reader.closed is None:
        while reader.queue:
            live = reader.queue.popleft()
            yield ServerSentEvent(raw_data=live.json, id=live.id)
        reader.news.clear()
        if reader.queue or reader.closed is not None:
            continue
        head = door.hub.head
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.news.wait(), HEARTBEAT)
            continue
        # a heartbeat moves the reader's place on past what was not for it
        yield ServerSentEvent(id=head, comment="heartbeat")
