from pathlib import Path

from gateway.world import make_world


async def test_each_caller_has_its_own_limit(tmp_path: Path) -> None:
    async with make_world(tmp_path, limit_user="5/minute", limit_partner="7/minute") as world:
        who = await world.account("li.na", "district", areas=["510104"])
        other = await world.account("wang.li", "district", areas=["510104"])
        key = await world.partner("court")
        for headers, allowed in ((who, 5), (key, 7)):
            for _ in range(allowed):
                assert (await world.http.get("/v1/auth/me", headers=headers)).status_code == 200
            over = await world.http.get("/v1/auth/me", headers=headers)
            assert over.status_code == 429
            assert 1 <= int(over.headers["retry-after"]) <= 60
        assert (await world.http.get("/v1/auth/me", headers=other)).status_code == 200


async def test_logins_are_limited_by_address(tmp_path: Path) -> None:
    async with make_world(tmp_path, limit_login="3/minute") as world:
        body = {"username": "nobody", "password": "x"}
        answers = [await world.http.post("/v1/auth/login", json=body) for _ in range(4)]
        assert [a.status_code for a in answers] == [401, 401, 401, 429]


async def test_an_address_is_limited_whoever_calls_and_cannot_pretend_to_be_another(
    tmp_path: Path,
) -> None:
    async with make_world(tmp_path, limit_address="4/minute") as world:
        statuses = []
        for n in range(6):
            headers = {"x-forwarded-for": f"10.0.0.{n}"}
            statuses.append((await world.http.get("/openapi.json", headers=headers)).status_code)
        assert statuses == [200] * 4 + [429] * 2


async def test_our_own_proxy_is_believed_about_the_last_hop(tmp_path: Path) -> None:
    async with make_world(tmp_path, limit_address="2/minute", trusted_proxies="127.0.0.1") as world:
        for n in range(6):
            headers = {"x-forwarded-for": f"1.1.1.1, 10.0.0.{n}"}
            answer = await world.http.get("/openapi.json", headers=headers)
            assert answer.status_code == 200
        headers = {"x-forwarded-for": "9.9.9.9, 10.0.0.1"}
        assert (await world.http.get("/openapi.json", headers=headers)).status_code == 200
        assert (await world.http.get("/openapi.json", headers=headers)).status_code == 429
