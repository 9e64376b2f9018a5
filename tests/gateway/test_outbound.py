import asyncio
import ipaddress
import threading
import time
from collections.abc import AsyncIterator

import pytest
from gateway.receiver import Call, receiving
from starlette.responses import RedirectResponse, Response, StreamingResponse

from fengqiao_contracts.errors import Invalid, Refusal
from fengqiao_gateway.domain.targets import Address
from fengqiao_gateway.runtime import outbound as outbound_module
from fengqiao_gateway.runtime.limiter import Limiter
from fengqiao_gateway.runtime.outbound import MAX_ANSWER, Outbound, resolve
from fengqiao_gateway.settings import Settings

HEADERS = {"content-type": "application/json", "webhook-id": "1"}


async def test_a_listed_receiver_gets_the_body_and_its_own_host_name() -> None:
    async with receiving() as receiver:
        outbound = Outbound(frozenset({receiver.place}), 5)
        answer = await outbound.post(f"http://{receiver.place}/hook?a=1", HEADERS, b"{}")
        await outbound.close()
    assert answer.status == 204
    assert receiver.calls[0].body == b"{}"
    assert receiver.calls[0].headers["host"] == receiver.place


async def test_a_redirect_is_not_followed() -> None:
    async def inside(call: Call) -> Response:
        return RedirectResponse("http://127.0.0.1:1/")

    async with receiving(inside) as receiver:
        outbound = Outbound(frozenset({receiver.place}), 5)
        answer = await outbound.post(f"http://{receiver.place}/", HEADERS, b"")
        await outbound.close()
    assert answer.status == 307
    assert len(receiver.calls) == 1


async def test_a_silent_receiver_ends_at_the_timeout() -> None:
    async def silent(call: Call) -> Response:
        await asyncio.sleep(5)
        return Response()

    async with receiving(silent) as receiver:
        outbound = Outbound(frozenset({receiver.place}), 0.3)
        began = time.monotonic()
        answer = await outbound.post(f"http://{receiver.place}/", HEADERS, b"")
        assert time.monotonic() - began < 2
        await outbound.close()
    assert (answer.status, answer.error) == (None, "timeout")


async def test_an_endless_answer_is_read_a_little() -> None:
    sent = 0

    async def endless(call: Call) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 4096
                yield b"x" * 4096
                await asyncio.sleep(0)

        return StreamingResponse(pieces())

    async with receiving(endless) as receiver:
        outbound = Outbound(frozenset({receiver.place}), 5)
        answer = await outbound.post(f"http://{receiver.place}/", HEADERS, b"")
        await outbound.close()
    assert answer.status == 200
    assert sent < 1000 * MAX_ANSWER


async def test_a_dead_receiver_is_an_answer_without_a_status() -> None:
    async with receiving() as receiver:
        place = receiver.place
    answer = await Outbound(frozenset({place}), 5).post(f"http://{place}/", HEADERS, b"")
    assert answer.status is None
    assert answer.error == "ConnectError"


async def test_a_dead_name_server_delays_no_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    over, asked = threading.Event(), list[str]()

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        if host == "dead.example.com":
            over.wait()
        return ["127.0.0.1"]  # refused as inner: an answer without a call outside

    monkeypatch.setattr(outbound_module, "_look_up", look_up)
    outbound = Outbound(frozenset(), 1)
    try:
        dead = [outbound.post("https://dead.example.com/", HEADERS, b"") for _ in range(100)]
        waiting = asyncio.gather(*dead)
        await asyncio.sleep(0)
        answer = await outbound.post("https://alive.example.com/", HEADERS, b"")
        assert answer.error == "address-refused"
        assert {a.error for a in await waiting} == {"timeout"}
        assert asked.count("dead.example.com") == 1
    finally:
        over.set()
        await outbound.close()


async def test_a_name_that_turns_inward_after_subscribing_is_not_called() -> None:
    answers: list[list[Address]] = [[ipaddress.ip_address("93.184.216.34")]]

    async def rebinding(host: str, port: int) -> list[Address]:
        return answers[0]

    async with receiving() as receiver:
        outbound = Outbound(frozenset(), 5, rebinding)
        await outbound.check("https://hooks.example.com/")
        answers[0] = [ipaddress.ip_address("127.0.0.1")]
        with pytest.raises(Invalid):
            await outbound.check("https://hooks.example.com/")
        answer = await outbound.post("https://hooks.example.com/", HEADERS, b"")
        await outbound.close()
        assert (answer.status, answer.error) == (None, "address-refused")
        assert receiver.calls == []


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    asked = 0

    async def once(host: str, port: int) -> list[Address]:
        nonlocal asked
        asked += 1
        return [ipaddress.ip_address("192.88.98.1")]

    outbound = Outbound(frozenset(), 0.2, once)
    await outbound.post("https://hooks.example.com/", HEADERS, b"")
    await outbound.close()
    assert asked == 1


async def test_a_name_that_does_not_resolve_has_no_address() -> None:
    assert await resolve("no-such-name.invalid", 443) == []
    assert ipaddress.ip_address("127.0.0.1") in await resolve("localhost", 443)


async def test_the_call_over_the_limit_is_told_when_to_come_back() -> None:
    limiter = Limiter(Settings(limit_user="3/minute", limit_address=""))
    for _ in range(3):
        await limiter.count("user", "a")
    with pytest.raises(Refusal) as refusal:
        await limiter.count("user", "a")
    assert refusal.value.status == 429
    assert 1 <= (refusal.value.retry_after or 0) <= 60
    await limiter.count("user", "b")
    for _ in range(100):
        await limiter.count("address", "a")
