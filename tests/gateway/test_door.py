import base64
import json
from collections.abc import AsyncIterator

import pytest
from gateway.world import World

pytestmark = pytest.mark.thorough


def jwt(header: dict[str, str], claims: dict[str, object]) -> str:
    parts = [json.dumps(p).encode() for p in (header, claims)]
    return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."


FORGED = [
    "",
    "Bearer",
    "Basic YWRtaW46YWRtaW4=",
    "Bearer admin",
    "Bearer " + jwt({"alg": "none"}, {"sub": "x", "role": "admin", "aud": "intake"}),
    "Bearer " + jwt({"alg": "HS256"}, {"sub": "x", "role": "admin", "aud": "gateway"}),
    "Bearer fqs_" + "A" * 43,
    "Bearer fqs_" + "A" * 42,
    "Bearer fqp_000000000000_" + "A" * 43,
    "Bearer fqp_' OR 1=1 --_" + "A" * 43,
]


async def test_a_forged_token_opens_nothing(world: World, subtests: pytest.Subtests) -> None:
    for header in FORGED:
        with subtests.test(header):
            for path in ("/v1/auth/me", "/v1/cases", "/v1/facts", "/v1/stream", "/v1/webhooks"):
                answer = await world.http.get(path, headers={"authorization": header})
                assert answer.status_code == 401
                assert answer.headers["content-type"].startswith("application/problem+json")


async def test_the_gateways_own_service_token_does_not_open_the_gateway(world: World) -> None:
    who = await world.account("boss", "admin")
    echo = (await world.http.get("/v1/cases/c1", headers=who)).json()
    inner = echo["headers"]["authorization"]
    assert (
        await world.http.get("/v1/auth/me", headers={"authorization": inner})
    ).status_code == 401


async def test_a_call_reaches_its_service_with_our_identity_and_nobody_elses(world: World) -> None:
    who = await world.account("li.na", "district", areas=["510104"])
    spoofed = {
        "x-user": "admin",
        "x-role": "admin",
        "x-scope": "/",
        "x-forwarded-for": "10.0.0.1",
        "x-original-url": "/internal/party-check",
        "cookie": "fq_session=x",
        "idempotency-key": "k1",
        "if-match": '"7"',
    }
    answer = await world.http.get("/v1/cases/c1/timeline?q=a%20b&page=2", headers=who | spoofed)
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["service"], seen["path"]) == ("intake", "/cases/c1/timeline")
    assert seen["query"] == "q=a%20b&page=2"
    assert seen["who"]["role"] == "district"
    assert seen["who"]["areas"] == ["/510100/510104/"]
    assert seen["headers"]["idempotency-key"] == "k1"
    assert seen["headers"]["if-match"] == '"7"'
    for name in ("x-user", "x-role", "x-scope", "x-forwarded-for", "x-original-url", "cookie"):
        assert name not in seen["headers"]


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE"])
async def test_a_method_that_a_path_lacks_is_refused_with_those_it_has(
    world: World, method: str
) -> None:
    who = await world.account("boss", "admin")
    for path, allow in {
        "/v1/accounts": {"GET", "POST"},
        "/v1/partners/p1": {"PATCH"},
        "/v1/auth/me": {"GET"},
        "/v1/cases/c1": {"GET", "POST"},  # of the service behind
    }.items():
        answer = await world.http.request(method, path, headers=who)
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed"), path
        assert set(answer.headers["allow"].split(", ")) == allow
    assert (await world.http.request(method, "/v1/nowhere", headers=who)).status_code == 404


async def test_only_clear_answers_leave_the_door(world: World) -> None:
    who = await world.account("boss", "admin")
    expected = {
        200: 200,
        204: 204,
        404: 404,
        409: 409,
        422: 422,
        503: 503,
        507: 507,
        500: 503,
        502: 503,
        504: 503,
        302: 404,
        307: 404,
    }
    for inner, outer in expected.items():
        answer = await world.http.get(f"/v1/cases/answer/{inner}", headers=who)
        assert answer.status_code == outer, inner
        assert "x-inner" not in answer.headers
        if outer == 503 and inner != 503:
            assert int(answer.headers["retry-after"]) >= 1
            assert "secret trace" not in answer.text


async def test_a_service_that_is_down_is_a_503_and_the_others_go_on(world: World) -> None:
    who = await world.account("boss", "admin")
    down = await world.http.get("/v1/stats/status", headers=who)
    assert down.status_code == 503
    assert int(down.headers["retry-after"]) >= 1
    assert (await world.http.get("/v1/cases/c1", headers=who)).status_code == 200


async def test_a_body_over_the_limit_is_refused_before_it_is_passed_on(world: World) -> None:
    who = await world.account("boss", "admin")
    answer = await world.http.post("/v1/cases", content=b"x" * (10 * 1024 * 1024), headers=who)
    assert answer.status_code == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"x" * 65536

    answer = await world.http.post("/v1/cases", content=pieces(), headers=who)
    assert answer.status_code == 413


ABSENT: list[str] = [
    "/v1/internal/party-check",
    "/v1/cases/../internal/party-check",
    "/v1/nothing",
    "/v1/metrics",
    "/v1/cases/%2e%2e/internal/party-check",
    "/v1//cases",
    "/v1/openapi.json",
]


async def test_what_is_not_in_the_table_is_not_there(
    world: World, subtests: pytest.Subtests
) -> None:
    who = await world.account("boss", "admin")
    for path in ABSENT:
        with subtests.test(path):
            answer = await world.http.post(path, json={}, headers=who)
            assert answer.status_code in (404, 405)


async def test_partners_and_parties_come_only_where_the_table_lets_them(world: World) -> None:
    key = await world.partner("court")
    assert (await world.http.get("/v1/cases/c1", headers=key)).status_code == 200
    seen = (await world.http.get("/v1/cases/c1", headers=key)).json()["who"]
    assert (seen["role"], seen["system"]) == ("partner", "court")
    for path in ("/v1/stats/status", "/v1/mediators", "/v1/desk", "/v1/waiting"):
        assert (await world.http.get(path, headers=key)).status_code == 403


async def test_a_party_opens_its_case_by_receipt_and_tries_are_limited(world: World) -> None:
    body = {"number": "川蓉调2026-1", "code": "right-code"}
    answer = await world.http.post("/v1/auth/party", json=body)
    assert answer.status_code == 200
    who = {"authorization": f"Bearer {answer.json()['access_token']}"}
    world.http.cookies.clear()
    seen = (await world.http.get("/v1/cases/c1", headers=who)).json()["who"]
    assert seen["role"] == "party"
    for _ in range(5):
        wrong = await world.http.post("/v1/auth/party", json=body | {"code": "guess"})
        assert wrong.status_code == 401
    assert (await world.http.post("/v1/auth/party", json=body)).status_code == 401
    other = await world.http.post("/v1/auth/party", json=body | {"number": "other"})
    assert other.status_code == 200


async def test_a_rotated_key_opens_and_the_old_one_ends_with_its_grace(world: World) -> None:
    admin = await world.account("boss", "admin")
    old = await world.partner("court")
    partner = (await world.http.get("/v1/partners", headers=admin)).json()[0]["id"]
    url = f"/v1/partners/{partner}/rotate"
    first = await world.http.post(url, json={"grace_hours": 1}, headers=admin)
    new = {"authorization": f"Bearer {first.json()['key']}"}
    for key in (old, new):
        assert (await world.http.get("/v1/auth/me", headers=key)).json()["system"] == "court"
    second = await world.http.post(url, json={"grace_hours": 0}, headers=admin)
    newest = {"authorization": f"Bearer {second.json()['key']}"}
    for key, status in ((old, 401), (new, 401), (newest, 200)):
        assert (await world.http.get("/v1/auth/me", headers=key)).status_code == status
    body = {"active": False}
    await world.http.patch(f"/v1/partners/{partner}", json=body, headers=admin)
    assert (await world.http.get("/v1/auth/me", headers=newest)).status_code == 401


async def test_nothing_of_a_key_or_token_is_stored_in_clear(world: World) -> None:
    who = await world.account("boss", "admin")
    key = await world.partner("court")
    dump = await world.dump()
    for header in (who, key):
        assert header["authorization"].rpartition("_")[2] not in dump


async def test_the_document_of_the_whole_names_what_is_there(world: World) -> None:
    answer = await world.http.get("/openapi.json")
    whole = answer.json()
    assert whole["openapi"].startswith("3.1")
    for path in ("/v1/auth/login", "/v1/stream", "/v1/webhooks", "/v1/cases/{case_id}"):
        assert path in whole["paths"]
    assert "/v1/internal/party-check" not in whole["paths"]
    assert whole["x-services"]["intake"] is True
    assert whole["x-services"]["analytics"] is False


async def test_the_documentation_is_a_page_that_asks_no_other_host(world: World) -> None:
    page = await world.http.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "登录" in page.text
    assert "//" not in page.text.replace("://", "").replace("<!--", "") or "http" not in page.text
    style = await world.http.get("/docs/style.css")
    assert style.headers["content-type"].startswith("text/css")


async def test_settled_needs_every_service(world: World) -> None:
    answer = (await world.http.get("/v1/ops/settled")).json()
    assert answer["settled"] is False
    assert answer["services"]["analytics"] is None
