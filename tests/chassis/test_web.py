"""The web side of every service: bodies, problems, commands with a key, limits, metrics."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from fengqiao_chassis.service import Context, Service
from fengqiao_chassis.store import Tx, new_metadata
from fengqiao_chassis.store.tables import audit, idempotency
from fengqiao_chassis.testing import Harness
from fengqiao_chassis.upstream import InProcessUpstream, UpstreamDown
from fengqiao_chassis.upstream_http import HttpUpstream
from fengqiao_chassis.web import Answer, Body, Code, Day, Instant, MoneyIn, Text, Who
from fengqiao_contracts.errors import Conflict

RAN: list[str] = []


class Note(Body):
    """A body with every kind of field."""

    name: Annotated[str, Text(1, 20)]
    words: Text(1, 500) | None = None  # type: ignore[valid-type]
    day: Day | None = None
    at: Instant | None = None
    amount: MoneyIn | None = None
    area: Code = "510100"
    tags: Annotated[list[Text(1, 5)], Field(max_length=2)] = []  # type: ignore[valid-type]


class Kept(BaseModel):
    """An answer."""

    number: int
    secret: str = "receipt-code"


def routes(ctx: Context) -> APIRouter:
    r = APIRouter()

    @r.post("/notes", status_code=201)
    async def post_note(body: Note, request: Request, who: Who) -> Response:
        async def work(tx: Tx) -> Any:
            if body.name == "refuse":
                raise Conflict("no", "不行", "no")
            RAN.append(body.name)
            tx.audit("note.made", "n1")
            kept = Kept(number=len(RAN))
            return Answer(kept, 200) if body.name == "known" else kept

        return await ctx.command(request, work, status=201)

    @r.get("/notes/{note_id}")
    async def get_note(note_id: str, request: Request, who: Who) -> dict[str, str]:
        await ctx.audit_read(request, who, "note.read", note_id, ("name",))
        return {"id": note_id, "role": who.role}

    @r.delete("/notes/{note_id}", status_code=204)
    async def delete_note(note_id: str, who: Who) -> None:
        """A second method of the path, in a route of its own."""

    raw_routes(r)
    return r


def raw_routes(r: APIRouter) -> None:
    @r.post("/raw/imports")
    @r.post("/raw")
    async def post_raw(request: Request) -> int:
        return len(await request.body())

    @r.get("/fail")
    async def fail() -> None:
        raise KeyError("张三 510104199001011234")

    @r.get("/gone")
    async def gone() -> None:
        raise ConnectionRefusedError


@asynccontextmanager
async def notes(folder: Path, **settings: Any) -> AsyncIterator[Harness]:
    """The service of these routes alone."""
    RAN.clear()
    service = Service(
        name="notes", package="fengqiao_contracts", metadata=new_metadata(), router=routes
    )
    async with Harness.embedded(folder, [service], **settings) as harness:
        yield harness


@pytest.fixture
async def h(tmp_path: Path) -> AsyncIterator[Harness]:
    async with notes(tmp_path, max_body_bytes=1000, max_import_bytes=2000) as harness:
        yield harness


async def test_the_same_key_and_body_get_the_same_answer_and_run_once(h: Harness) -> None:
    client, key = h.client("notes"), {"idempotency-key": "k1"}
    answers = await asyncio.gather(
        *(client.post("/notes", json={"name": "one"}, headers=key) for _ in range(8))
    )
    assert {(a.status_code, a.text) for a in answers} == {
        (201, '{"number":1,"secret":"receipt-code"}')
    }
    assert RAN == ["one"]
    assert sum("idempotency-replayed" in a.headers for a in answers) == 7
    other = await client.post("/notes", json={"name": "two"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")
    elsewhere = h.client("notes", id="somebody-else")
    assert (await elsewhere.post("/notes", json={"name": "two"}, headers=key)).json()["number"] == 2


async def test_a_kept_answer_is_sealed(h: Harness) -> None:
    await h.client("notes").post("/notes", json={"name": "a"}, headers={"idempotency-key": "k"})
    async with h.read("notes") as tx:
        row = await tx.one(select(idempotency))
    assert row.status == 201
    assert "receipt-code" not in row.response


async def test_a_key_that_is_somebodys_phone_is_not_stored_as_such(h: Harness) -> None:
    client, phone = h.client("notes"), "15400001234"
    key = {"idempotency-key": phone}
    first = await client.post("/notes", json={"name": "a"}, headers=key)
    again = await client.post("/notes", json={"name": "a"}, headers=key)
    assert again.json() == first.json()
    async with h.read("notes") as tx:
        row = await tx.one(select(idempotency))
    assert phone not in row.key
    assert hashlib.sha256(phone.encode()).hexdigest()[:12] not in row.key


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abcdefgh", True),
        ("build-2026_a", True),
        ("01890a5d-ac96-774b-bcce-b302099a8057", True),
        ("15400001234", False),
        ("154-0000-1234", False),
        ("51019919890326001X", False),
    ],
)
async def test_a_request_id_that_may_be_a_phone_or_id_number_is_replaced(
    h: Harness, given: str, *, kept: bool
) -> None:
    answer = await h.client("notes").get("/healthz", headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is kept


async def test_a_refused_command_keeps_nothing_and_may_be_tried_again(h: Harness) -> None:
    client, key = h.client("notes"), {"idempotency-key": "k2"}
    refused = await client.post("/notes", json={"name": "refuse"}, headers=key)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no")
    known = await client.post("/notes", json={"name": "known"}, headers=key)
    assert known.status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
async def test_a_key_that_is_no_key_is_refused(h: Harness, key: str) -> None:
    answer = await h.client("notes").post(
        "/notes", json={"name": "a"}, headers={"idempotency-key": key}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 21}, "name"),
        ({"name": 5}, "name"),
        ({"unknown": "110101199003071234"}, "unknown"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": 20260101}, "day"),
        ({"at": "yesterday"}, "at"),
        ({"at": "0001-01-01T00:00:00"}, "at"),
        ({"amount": 1.5}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": True}, "amount"),
        ({"area": "51 01"}, "area"),
        ({"tags": ["ok", "too long"]}, "tags.1"),
    ],
)
async def test_a_wrong_field_is_named_and_its_value_is_not(
    h: Harness, more: dict[str, Any], field: str
) -> None:
    answer = await h.client("notes").post("/notes", json={"name": "a"} | more)
    body = answer.json()
    assert (answer.status_code, body["field"], body["code"]) == (422, field, "invalid-input")
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["errors"][0]["zh"]
    assert "110101199003071234" not in answer.text


def test_fields_come_in_the_form_that_handlers_use() -> None:
    note = Note.model_validate(
        {"name": " e\u0301 ", "words": "a\r\nb", "at": "2026-01-01T08:00:00", "amount": "12.5"}
    )
    assert (note.name, note.words, note.amount) == ("\u00e9", "a\nb", Decimal("12.5"))
    assert note.at is not None
    assert note.at.isoformat() == "2026-01-01T00:00:00+00:00"
    with pytest.raises(ValidationError):
        Note.model_validate({"name": "\u202eevil"})


@pytest.mark.parametrize("least", [1, 2, 5])
def test_the_document_counts_the_characters_between_the_white_space(least: int) -> None:
    """What is long enough only with the spaces around it is refused, and the pattern says so."""
    text = Text(least, 20)
    short, enough = f"  {'a' * (least - 1)}  ", f"  {'a' * least}  "

    assert re.search(text.pattern(), enough)
    assert text.clean(enough) == "a" * least
    assert re.search(text.pattern(), short) is None
    with pytest.raises(PydanticCustomError):
        text.clean(short)


@pytest.mark.parametrize("control", ["\x00", "\x1f", "\x7f", "\x85", "\x9f", " "])
def test_a_code_holds_no_control_character_by_any_dialect_of_patterns(control: str) -> None:
    """Python's `\\s` takes in U+0085, that of a browser does not: the pattern names it."""
    with pytest.raises(ValidationError):
        Note(name="a", area=f"51{control}0100")

    pattern = Note.model_json_schema()["properties"]["area"]["pattern"]
    assert re.search(pattern.replace(r"\s", " "), f"51{control}0100") is None


@pytest.mark.parametrize("raw", [b"\xff\xfe{", b"{", b"[" * 900])
async def test_a_body_that_is_no_json_is_a_clear_refusal(h: Harness, raw: bytes) -> None:
    answer = await h.client("notes").post(
        "/notes", content=raw, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-json")


async def test_a_body_over_the_limit_is_refused_by_its_size_not_by_its_header(h: Harness) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(15):
            yield b"x" * 100

    client = h.client("notes")
    assert (await client.post("/raw", content=b"x" * 1500)).status_code == 413
    assert (await client.post("/raw", content=pieces())).status_code == 413
    assert (await client.post("/raw/imports", content=pieces())).json() == 1500
    answer = await client.post("/raw/imports", content=b"x" * 2001)
    assert answer.json()["code"] == "body-too-large"


@pytest.mark.parametrize("address", ["/notes/a%00b", "/notes/a?q=%00"])
async def test_a_nul_in_the_address_is_refused_before_any_store(h: Harness, address: str) -> None:
    answer = await h.client("notes").get(address)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-characters")


async def test_an_unforeseen_error_tells_and_logs_no_personal_data(
    h: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await h.client("notes").get("/fail")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    out = capsys.readouterr()
    for text in (answer.text, out.out, out.err):
        assert "张三" not in text
    assert "KeyError" in out.out + out.err


async def test_a_method_that_a_path_lacks_is_a_405_that_names_the_others(h: Harness) -> None:
    client = h.client("notes")
    for method in ("OPTIONS", "PUT", "TRACE"):
        answer = await client.request(method, "/notes/n1")
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
        assert answer.headers["allow"] == "DELETE, GET"
    assert (await client.put("/no/such/path")).status_code == 404


async def test_a_store_that_is_away_is_a_503_with_retry_after(h: Harness) -> None:
    answer = await h.client("notes").get("/gone")
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_full_queue_of_commands_is_a_503_with_retry_after(tmp_path: Path) -> None:
    """Reads are answered meanwhile; the refused command may come again with its key."""
    key = {"idempotency-key": "k3"}
    async with notes(tmp_path, command_queue=1) as h:
        client, begun, released = h.client("notes"), asyncio.Event(), asyncio.Event()

        async def hold(_: Any) -> None:
            begun.set()
            await released.wait()

        first = asyncio.create_task(h.platform.database("notes").write(hold))
        await begun.wait()
        refused = await client.post("/notes", json={"name": "a"}, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (503, "queue-full")
        assert int(refused.headers["retry-after"]) >= 1
        assert (await client.get("/healthz")).status_code == 200
        assert "fengqiao_command_queue" in (await client.get("/metrics")).text
        assert RAN == []

        released.set()
        await first
        again = await client.post("/notes", json={"name": "a"}, headers=key)
        assert (again.status_code, RAN) == (201, ["a"])


async def test_only_a_live_token_for_this_service_opens_it(h: Harness) -> None:
    spoofed = {"x-user": "admin", "x-role": "admin"}
    for token in ("nonsense", h.context("notes").name):
        answer = await h.client("notes", token=token).get("/notes/n1", headers=spoofed)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    answer = await h.client("notes", role="clerk").get("/notes/n1", headers=spoofed)
    assert answer.json()["role"] == "clerk"


async def test_a_read_of_personal_data_leaves_one_audit_entry(h: Harness) -> None:
    client = h.client("notes", id="u7")
    await client.get("/notes/n1", headers={"x-purpose": "%E5%9B%9E%E8%AE%BF"})
    async with h.read("notes") as tx:
        row = await tx.one(select(audit))
    assert (row.actor, row.action, row.subject) == ("u7", "note.read", "n1")
    assert (row.purpose, row.fields) == ("回访", ["name"])


async def test_metrics_are_labelled_by_template_not_by_address(h: Harness) -> None:
    client = h.client("notes")
    await client.get("/notes/very-private-id")
    await client.get("/no/such/very-private-path")
    text = (await client.get("/metrics")).text
    assert 'route="/notes/{note_id}"' in text
    assert 'route="unmatched"' in text
    assert "very-private" not in text


async def test_the_operators_view_is_closed_to_others(h: Harness) -> None:
    assert (await h.client("notes", role="partner").get("/ops/parked")).status_code == 403
    assert (await h.client("notes").get("/ops/parked")).json() == {"items": [], "next": None}
    applied = await h.client("notes").post("/ops/parked/replay", json={})
    assert applied.json() == {"applied": 0}


async def test_readiness_fails_with_the_database_only(h: Harness, tmp_path: Path) -> None:
    client, database = h.client("notes"), h.platform.database("notes")
    assert (await client.get("/readyz")).json()["ready"] is True
    whole = database.reads
    database.reads = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.db")
    try:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, "down")
        assert int(ready.headers["retry-after"]) >= 1
        assert (await client.get("/healthz")).status_code == 200
    finally:
        database.reads = whole


async def test_a_service_in_the_process_is_called_without_a_socket(h: Harness) -> None:
    upstream = InProcessUpstream({"notes": h.app("notes")})
    answer = await upstream.send(
        "notes", "GET", "/healthz", "", [("x-request-id", "abcdefgh")], b""
    )
    assert answer.status == 200
    assert ("x-request-id", "abcdefgh") in answer.headers
    with pytest.raises(UpstreamDown):
        await upstream.send("nobody", "GET", "/healthz", "", [], b"")


async def test_a_service_that_does_not_listen_is_down() -> None:
    upstream = HttpUpstream({"notes": "http://127.0.0.1:9"})
    with pytest.raises(UpstreamDown):
        await upstream.send("notes", "GET", "/healthz", "", [], b"")
    with pytest.raises(UpstreamDown):
        await upstream.send("unset", "GET", "/healthz", "", [], b"")
    await upstream.close()
