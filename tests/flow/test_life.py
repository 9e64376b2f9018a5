"""The whole life of a dispute by the public API alone, through the gateway, in both modes."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
from flow.desk import LEAK, PASSWORD, Dispute, Stack, register

from fengqiao_host import remote

THREE_YEARS = (
    "楼上漏水三年了，泡坏了我家天花板和木地板，社区调解了三次都没谈成，一共十二户受影响，"
    "要求赔偿维修费三千元。"
)
"""Yellow: 12 households 20, three attempts that failed 20, three years 10; red begins at 60."""
TODAY = datetime.now(UTC).astimezone(timezone(timedelta(hours=8))).date()


async def _agree_sign_and_perform(case: Dispute, applicant: str, respondent: str) -> None:
    """A written agreement binds with the last of its signatures, and is performed."""
    agreed = await case.do(
        "agreements",
        form="written",
        content="楼上一次性赔偿维修费二千六百元，双方再无争议。",
        obligations=[
            {
                "debtor": respondent,
                "creditor": applicant,
                "text": "支付维修费",
                "amount": "2600.00",
                "due_on": (TODAY + timedelta(days=10)).isoformat(),
            }
        ],
    )
    agreement = f"agreements/{agreed['agreement_id']}"
    for signer in (
        {"signer_kind": "party", "signer_id": applicant},
        {"signer_kind": "party", "signer_id": respondent},
        {"signer_kind": "mediator"},
    ):
        assert (await case.do(f"{agreement}/signatures", **signer))["effective_on"] is None
    bound = await case.do(f"{agreement}/signatures", signer_kind="seal")
    assert (bound["state"], bound["effective_on"]) == ("effective", TODAY.isoformat())
    performed = await case.do(
        f"{agreement}/performances",
        obligation_id=agreed["obligation_ids"][0],
        performed_on=TODAY.isoformat(),
    )
    assert performed["state"] == "performed"


async def test_a_dispute_goes_in_and_a_sealed_dossier_comes_out(client: httpx.AsyncClient) -> None:
    case = await register(client)

    assessed = await case.get("/assessment")
    assert (assessed["suitability"], assessed["risk"] in {"blue", "yellow"}) == ("M", True)
    assert assessed["type"]["code"] in {"02", "03", "05", "15"}
    quoted = [e for factor in assessed["factors"] for e in factor["evidence"] if e["part"] == 0]
    assert all(LEAK[e["start"] : e["end"]] == e["text"] for e in quoted)

    assigned = await case.until_assigned()
    routed = await case.get("/routing")
    assert routed["outlet"] == "mediation"
    assert routed["reasons"]
    assert assigned["mediator_id"]

    await case.do("acceptance", decision="accept")
    work = await case.get("/casework")
    assert "人调字第" in work["dossier_number"]
    applicant, respondent = _sides(work)
    for party in (applicant, respondent):
        await case.do("consents", party_id=party, given=True)
    await case.do("sessions", attended=[applicant, respondent], record="双方陈述，查看现场。")
    await _agree_sign_and_perform(case, applicant, respondent)
    await case.do("closing", explanation="当事人自行保管证件复印件。")
    await case.do("archive")

    archived = await case.until(status="archived")
    assert archived["dossier_number"] == work["dossier_number"]
    _in_order(
        await case.timeline(),
        [
            "case.registered",
            "case.analyzed",
            "case.assessed",
            "case.routed",
            "mediator.assigned",
            "case.accepted",
            "consent.given",
            "session.held",
            "agreement.reached",
            "agreement.signed",
            "agreement.effective",
            "obligation.performed",
            "case.closed",
            "case.archived",
        ],
    )


async def test_a_refusal_ends_it_and_says_where_else_to_go(client: httpx.AsyncClient) -> None:
    case = await register(client)
    await case.until_assigned()
    await case.do("acceptance", decision="accept")
    applicant, respondent = _sides(await case.get("/casework"))
    await case.do("consents", party_id=applicant, given=True)

    refused = await case.do("consents", party_id=respondent, given=False, note="不愿意调解")
    assert refused["state"] == "terminated"
    assert "法院" in refused["guidance"]
    again = await case.post("sessions", attended=[applicant], record="再谈一次")
    assert again.status_code == 409
    await case.until(status="terminated")
    _in_order(await case.timeline(), ["consent.given", "consent.refused", "case.terminated"])


async def test_new_words_make_it_red_and_the_police_hear_of_it(client: httpx.AsyncClient) -> None:
    case = await register(client, THREE_YEARS)
    before = await case.get("/assessment")
    assert before["risk"] == "yellow"
    await case.until_assigned()

    await case.do("supplements", kind="facts", text="昨晚他又上门吵，他说要拿刀，孩子吓哭了。")

    await case.until(risk="red")
    after = await case.get("/assessment")
    assert (after["risk"], after["previous"]) == ("red", "yellow")
    quotes = [e["text"] for factor in after["factors"] for e in factor["evidence"]]
    assert any("刀" in quote for quote in quotes if quote)
    assert sorted(r["risk"] for r in after["history"]) == ["red", "yellow"]
    _in_order(
        await case.timeline(),
        ["case.assessed", "case.supplemented", "case.analyzed", "case.assessed"],
    )


async def test_the_trace_of_the_request_is_found_in_every_fact_that_follows_from_it(
    stack: Stack, client: httpx.AsyncClient
) -> None:
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    client.headers["traceparent"] = f"00-{trace}-{span}-01"
    case = await register(client)
    del client.headers["traceparent"]
    await case.until_assigned()
    await case.do("acceptance", decision="accept")
    await case.until(status="accepted")

    found = {fact["type"]: fact for fact in stack.exported() if fact["subject"] == case.id}
    caused = ("case.registered.v1", "case.analyzed.v1", "case.assessed.v1", "case.routed.v1",
              "mediator.assigned.v1")  # fmt: skip
    carried = {name: found[name]["traceparent"].split("-") for name in caused}
    assert {parts[1] for parts in carried.values()} == {trace}
    assert span not in {parts[2] for parts in carried.values()}, "the service's own span is named"
    another = found["case.accepted.v1"]["traceparent"].split("-")[1]
    assert another != trace, "the acceptance was a request of its own"


async def test_a_party_opens_its_own_case_with_the_code_of_its_receipt(
    stack: Stack, client: httpx.AsyncClient
) -> None:
    case, other = await register(client), await register(client)
    number = (await case.get())["number"]
    async with httpx.AsyncClient(base_url=f"{stack.url}/v1", timeout=60, trust_env=False) as party:
        wrong = await party.post("/auth/party", json={"number": number, "code": "AAAA-AAAA"})
        assert wrong.status_code == 401
        answer = await party.post("/auth/party", json={"number": number, "code": case.code})
        assert answer.status_code == 200, answer.text
        party.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

        own = await party.get(f"/cases/{case.id}")
        assert (own.status_code, own.json()["narrative"]) == (200, LEAK)
        assert (await party.get(f"/cases/{other.id}")).status_code == 404


async def test_the_assigned_mediator_may_act_and_another_may_not(
    stack: Stack, client: httpx.AsyncClient
) -> None:
    case = await register(client)
    assigned = await case.until_assigned()
    mine = await _as_mediator(stack, client, assigned["mediator_id"])
    others = await client.get("/mediators", params={"area": "510105", "size": 1})
    other = await _as_mediator(stack, client, others.json()["items"][0]["id"])

    strange = await Dispute(other, case.id).client.get(f"/cases/{case.id}")
    assert strange.status_code == 404
    meddling = await other.post(f"/cases/{case.id}/acceptance", json={"decision": "accept"})
    assert meddling.status_code in {403, 404}
    await Dispute(mine, case.id).do("acceptance", decision="accept")
    await case.until(status="accepted")
    await mine.aclose()
    await other.aclose()


async def _as_mediator(
    stack: Stack, client: httpx.AsyncClient, mediator_id: str
) -> httpx.AsyncClient:
    username = f"m-{mediator_id[-12:]}"
    body = {
        "username": username,
        "password": PASSWORD,
        "name": "调解员",
        "role": "mediator",
        "person_id": mediator_id,
    }
    made = await client.post("/accounts", json=body)
    assert made.status_code in {201, 409}, made.text
    opened = httpx.AsyncClient(base_url=f"{stack.url}/v1", timeout=60, trust_env=False)
    token = await remote.log_in(opened, username, PASSWORD)
    opened.headers["Authorization"] = f"Bearer {token}"
    return opened


def _sides(work: dict[str, Any]) -> tuple[str, str]:
    by_role = {party["role"]: party["party_id"] for party in work["parties"]}
    return by_role["applicant"], by_role["respondent"]


def _in_order(said: Sequence[str], wanted: Sequence[str]) -> None:
    """The wanted facts occur in this order among those said."""
    rest = iter(said)
    missing = [name for name in wanted if name not in rest]
    assert not missing, f"{missing} not in order in {said}"
