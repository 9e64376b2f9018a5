"""Every call of the document with input that must not pass: a clear problem, and nothing stored."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from hostile.document import (
    JSON,
    UNKNOWN,
    Operation,
    check_problem,
    named,
    operations,
    with_nul,
    with_wrong_type,
)
from hostile.door import Door

STRANGE = "colour"
FORGED = "Bearer fqs_" + "A" * 43
ANY = {"if-match": '"1"'}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
async def calls(http: httpx.AsyncClient) -> list[Operation]:
    return operations((await http.get("/openapi.json")).json())


@pytest.fixture
async def unchanged(door: Door) -> AsyncIterator[None]:
    """Holds that no table has a row more or less at the end than at the beginning."""
    before = door.rows()
    yield
    assert door.rows() == before


def bodies(calls: list[Operation]) -> Iterator[Operation]:
    return (c for c in calls if c.body is not None and c.media == JSON)


async def send(
    http: httpx.AsyncClient, call: Operation, headers: dict[str, str], **ids: str
) -> httpx.Response:
    body = call.example() if call.media == JSON else None
    return await http.request(call.method, call.at(**ids), headers=ANY | headers, json=body)


async def refused(
    http: httpx.AsyncClient,
    door: Door,
    calls: Iterator[Operation],
    make: Callable[[Operation], Iterator[tuple[str, Any]]],
) -> tuple[list[str], int]:
    """What was not refused by 422 naming the field, of how many."""
    wrong, sent = [], 0
    for call in calls:
        for field, body in make(call):
            answer = await http.request(
                call.method, call.at(), headers=ANY | door.headers["city"], json=body
            )
            sent += 1
            problem = check_problem(answer)
            if answer.status_code != 422 or not named(problem, field):
                wrong.append(f"{call.name} {field}: {answer.status_code} {problem['code']}")
    return wrong, sent


async def test_an_unknown_field_is_named(
    http: httpx.AsyncClient, door: Door, calls: list[Operation], unchanged: None
) -> None:
    wrong, sent = await refused(
        http, door, bodies(calls), lambda call: iter([(STRANGE, call.example() | {STRANGE: 1})])
    )

    assert not wrong, "\n".join(wrong)
    assert sent > 35


async def test_a_value_of_the_wrong_type_is_named(
    http: httpx.AsyncClient, door: Door, calls: list[Operation], unchanged: None
) -> None:
    wrong, sent = await refused(http, door, bodies(calls), with_wrong_type)

    assert not wrong, "\n".join(wrong)
    assert sent > 120


async def test_a_nul_in_any_text_is_named(
    http: httpx.AsyncClient, door: Door, calls: list[Operation], unchanged: None
) -> None:
    wrong, sent = await refused(http, door, bodies(calls), with_nul)

    assert not wrong, "\n".join(wrong)
    assert sent > 100


@pytest.mark.parametrize("raw", [b"\xff\xfe{}", b'{"a": ', b"[" * 5000, "中文".encode("gb18030")])
async def test_a_body_that_is_no_json_in_utf8_is_told_so(
    http: httpx.AsyncClient, door: Door, calls: list[Operation], unchanged: None, raw: bytes
) -> None:
    headers = ANY | door.headers["city"] | {"content-type": JSON}
    for call in bodies(calls):
        answer = await http.request(call.method, call.at(), headers=headers, content=raw)
        problem = check_problem(answer)
        assert (answer.status_code, problem["code"]) == (400, "bad-json"), call.name


async def test_a_body_of_ten_megabytes_is_refused_and_of_seventeen_in_bulk(
    http: httpx.AsyncClient, door: Door, calls: list[Operation], unchanged: None
) -> None:
    for call in calls:
        if call.body is None:
            continue
        size = 17_000_000 if "/imports" in call.path else 10_000_000
        body = b'{"narrative": "' + b"x" * size + b'"}'
        headers = ANY | door.headers["city"] | {"content-type": call.media}
        answer = await http.request(call.method, call.at(), headers=headers, content=body)
        problem = check_problem(answer)
        assert (answer.status_code, problem["code"]) == (413, "body-too-large"), call.name


@pytest.mark.parametrize("proof", [{}, {"authorization": FORGED}, {"cookie": "fq_session=x"}])
async def test_without_a_valid_proof_nothing_opens(
    http: httpx.AsyncClient,
    door: Door,
    calls: list[Operation],
    unchanged: None,
    proof: dict[str, str],
) -> None:
    closed = [call for call in calls if not call.open]
    for call in closed:
        answer = await send(http, call, proof, case_id=door.ids["case"])
        check_problem(answer)
        assert answer.status_code == 401, call.name
        assert answer.headers["www-authenticate"] == "Bearer"
    assert len(closed) > 80
    opened = {call.path for call in calls if call.open}
    assert opened == {"/v1/auth/login", "/v1/auth/party", "/v1/ops/settled"}


async def test_an_id_that_is_not_there_is_told_so(
    http: httpx.AsyncClient, door: Door, calls: list[Operation], unchanged: None
) -> None:
    for call in calls:
        if "{" not in call.path:
            continue
        answer = await send(http, call, door.headers["city"])
        problem = check_problem(answer)
        expected = {404}
        if call.writes and "{case_id}" in call.path:
            expected = {404, 409}  # the command may come before the case's facts
        assert answer.status_code in expected | {422}, f"{call.name} {answer.text}"
        if answer.status_code == 409:
            assert problem["code"] == "not-here-yet"


@pytest.mark.parametrize("who", ["wuhou", "stranger", "court"])
async def test_a_case_of_others_is_as_one_that_is_not_there(
    http: httpx.AsyncClient, door: Door, calls: list[Operation], unchanged: None, who: str
) -> None:
    """Another district, a mediator whose case it is not, a partner that did not refer it."""
    seen = 0
    for call in calls:
        if "{case_id}" not in call.path:
            continue
        headers, case = door.headers[who], door.ids["case"]
        theirs = await send(http, call, headers, case_id=case)
        nobodys = await send(http, call, headers, case_id=UNKNOWN)
        check_problem(theirs)
        assert theirs.status_code in (403, 404, 409, 422), call.name
        if theirs.json()["code"] != "not-your-case":  # colleagues may know whom to ask
            same = ("status", "code", "title", "field")
            assert [theirs.json().get(n) for n in same] == [nobodys.json().get(n) for n in same], (
                f"{call.name} tells that the case is there: {theirs.text}"
            )
        seen += 1
    assert seen > 20
