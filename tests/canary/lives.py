"""Whole lives of marked disputes by the public API, so that every place has had its chance to leak."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
from canary.persons import CODE, Canary, Flock, Marked
from canary.places import told
from canary.town import COURT, ELSEWHERE, STREET, Town, add_account
from flow.desk import Dispute

LEAK = "楼上装修把水管打破，漏水泡坏卧室天花板，要求赔偿三千元。楼上愿意谈，只是觉得要价高了"
RED = "昨晚他又上门吵，他说要拿刀，孩子吓哭了"


@dataclass
class Lives:
    """What was lived: ids by story, and what the callers were answered on errors."""

    cases: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, bytes] = field(default_factory=dict)
    printed: dict[str, bytes] = field(default_factory=dict)


def dispute(flock: Flock, story: str) -> tuple[dict[str, Any], list[Marked]]:
    """The body of a registration of which everything personal is marked."""
    people = [flock.person(f"{story}.{role}") for role in ("applicant", "respondent", "third")]
    agent = flock.person(f"{story}.agent")
    told = f"{people[0].name}与{people[1].name}：{LEAK}，代理人{agent.name}，{agent.health}"
    roles = ("applicant", "respondent", "third")
    return {
        "narrative": flock.words(f"{story}.narrative", told),
        "channel": "self",
        "area": STREET,
        "amount": "3000.00",
        "claims": [flock.words(f"{story}.claims")],
        "parties": [p.party(role) for p, role in zip(people, roles, strict=True)],
    }, people


async def register(town: Town, lives: Lives, story: str, who: str = "city", **more: Any) -> Dispute:
    """Register a story's dispute, the receipt's code and Idempotency-Key among its canaries."""
    body, _ = dispute(town.flock, story)
    client = town.client(who)
    answer = await client.post(
        "/cases", json=body | more, headers={"Idempotency-Key": f"canary-{story}"}
    )
    assert answer.status_code == 201, answer.text
    found = answer.json()
    town.flock.canaries.append(Canary(f"{story}.receipt", CODE, found["receipt"]["code"]))
    lives.cases[story] = found["id"]
    lives.ids[f"{story}.number"] = found["number"]
    lives.ids[f"{story}.code"] = found["receipt"]["code"]
    return Dispute(client, found["id"])


async def live(town: Town, folder: Path) -> Lives:
    """All stories, one after the other, until everything has settled."""
    lives = Lives()
    await _performed(town, lives)
    await _refused(town, lives)
    await _red(town, lives)
    await _referred(town, lives)
    await _parties_own(town, lives)
    await _imported(town, lives, folder)
    await _suspended(town)
    await _erased(town, lives)
    await town.settle()
    return lives


async def _performed(town: Town, lives: Lives) -> None:
    """From registration to the archive, with every free word that casework takes."""
    flock = town.flock
    case = await register(town, lives, "performed")
    mediator = (await case.until_assigned())["mediator_id"]
    await add_account(town, case.client, "mediator", {"role": "mediator", "person_id": mediator})
    await case.do("acceptance", decision="accept")
    applicant, respondent = await _consents(case, flock.words("performed.consent"))
    await case.do(
        "sessions",
        attended=[applicant, respondent],
        record=flock.words(
            "performed.record", f"双方陈述，{flock.person('performed.said').health}"
        ),
        place=flock.words("performed.place"),
    )
    await _agreement(case, flock, applicant, respondent)
    await case.do("closing", explanation=flock.words("performed.closing"))
    await case.do("archive", explanation=flock.words("performed.archive"))
    purpose = flock.words("performed.purpose")
    headers = {"X-Purpose": remote_quote(purpose)}
    shown = await case.client.get(f"/cases/{case.id}", params={"unmask": True}, headers=headers)
    assert shown.status_code == 200, shown.text
    await case.client.aclose()


async def _consents(case: Dispute, note: str) -> tuple[str, str]:
    work = await case.get("/casework")
    by_role = {party["role"]: party["party_id"] for party in work["parties"]}
    sides = by_role["applicant"], by_role["respondent"]
    for party in sides:
        await case.do("consents", party_id=party, given=True, note=note)
    return sides


async def _agreement(case: Dispute, flock: Flock, applicant: str, respondent: str) -> None:
    today = datetime.now(UTC).astimezone(timezone(timedelta(hours=8))).date()
    owed = {
        "debtor": respondent,
        "creditor": applicant,
        "text": flock.words("performed.obligation"),
        "amount": "2600.00",
        "due_on": (today + timedelta(days=10)).isoformat(),
    }
    content = flock.words("performed.agreement", "一次性赔偿二千六百元")
    agreed = await case.do("agreements", form="written", content=content, obligations=[owed])
    agreement = f"agreements/{agreed['agreement_id']}"
    for signer in (applicant, respondent):
        await case.do(f"{agreement}/signatures", signer_kind="party", signer_id=signer)
    for kind in ("mediator", "seal"):
        await case.do(f"{agreement}/signatures", signer_kind=kind)
    await _perform(case, agreement, agreed["obligation_ids"][0], today)


async def _perform(case: Dispute, agreement: str, obligation: str, today: date) -> None:
    await case.do(
        f"{agreement}/performances", obligation_id=obligation, performed_on=today.isoformat()
    )


async def _refused(town: Town, lives: Lives) -> None:
    """A party refuses with words of its own."""
    case = await register(town, lives, "refused", "district")
    await case.until_assigned()
    await case.do("acceptance", decision="accept")
    party = (await case.get("/casework"))["parties"][0]["party_id"]
    await case.do("consents", party_id=party, given=False, note=town.flock.words("refused.note"))
    await case.client.aclose()


async def _red(town: Town, lives: Lives) -> None:
    """New words make it red; a dispatcher decides, and says why."""
    flock = town.flock
    case = await register(town, lives, "red")
    await case.until_assigned()
    late = flock.person("red.late")
    text = flock.words("red.supplement", f"{late.name}说：{RED}")
    await case.do("supplements", kind="facts", text=text, parties=[late.party("third")])
    await case.until(risk="red")
    await town.settle()
    await case.do("routing", outlet="police", reason=flock.words("red.dispatcher"))
    await case.client.aclose()


async def _referred(town: Town, lives: Lives) -> None:
    """The court refers, says it otherwise, refers a known case too; it is signed for and returned."""
    flock = town.flock
    ref = {"system": COURT, "number": "(2026)川0104诉前调9001号"}
    case = await register(town, lives, "referred", COURT, channel="court", external_ref=ref)
    body, _ = dispute(flock, "referred.again")
    again = body | {"channel": "court", "external_ref": ref}
    assert (await case.client.post("/cases", json=again)).status_code == 200
    noted = {
        "external_ref": ref | {"number": "(2026)川0104诉前调9002号"},
        "case_id": case.id,
        "channel": "court",
        "note": flock.words("referred.note"),
    }
    made = await case.client.post("/referrals", json=noted)
    assert made.status_code == 201, made.text
    lives.ids["referral"] = made.json()["id"]
    async with town.client("city") as city:
        back = {
            "reason": flock.words("referred.return"),
            "suggested_unit": flock.words("referred.unit"),
        }
        url = f"/referrals/{lives.ids['referral']}"
        assert (await city.post(f"{url}/return", json=back)).status_code == 200
    await case.client.aclose()


async def _parties_own(town: Town, lives: Lives) -> None:
    """The parties of two cases open them with their codes; one adds what it forgot to say."""
    for reader, story in (("party", "performed"), ("party-elsewhere", "refused")):
        body = {"number": lives.ids[f"{story}.number"], "code": lives.ids[f"{story}.code"]}
        async with town.client("nobody") as client:
            answer = await client.post("/auth/party", json=body)
            assert answer.status_code == 200, answer.text
            session = answer.json()["access_token"]
        town.tokens[reader] = town.flock.secret(f"session.{reader}", session)
    async with town.client("party-elsewhere") as party:
        text = town.flock.words("refused.supplement")
        url = f"/cases/{lives.cases['refused']}/supplements"
        assert (await party.post(url, json={"text": text})).status_code == 201


async def _imported(town: Town, lives: Lives, folder: Path) -> None:
    """A file with good and bad rows by the command line; its errors lie beside it."""
    good, _ = dispute(town.flock, "imported")
    unknown, _ = dispute(town.flock, "stray.unknown-field")
    bad_id, people = dispute(town.flock, "stray.bad-id")
    bad_id["parties"][0]["id_number"] = people[1].name
    wrong, _ = dispute(town.flock, "stray.wrong-field")
    wrong |= {"channel": wrong["parties"][0]["name"]}
    rows = [good, unknown | {unknown["parties"][0]["phone"].replace(" ", ""): 1}, bad_id, wrong]
    async with town.client("city") as city:
        answer = await city.post("/imports", json={"rows": rows, "import_key": "canary-rows"})
        assert answer.status_code == 201, answer.text
        assert (answer.json()["registered"], answer.json()["rejected"]) == (1, 3)
        lives.ids["import"] = answer.json()["id"]
        lives.cases["imported"] = answer.json()["cases"][0]["id"]
    path = folder / "messages.jsonl"
    long = town.flock.words("stray.too-long") + "长" * 20_001
    lines = [{"words": town.flock.words("filed.narrative", LEAK)}, {"words": long}]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text + town.flock.words("stray.no-json") + "\n", "utf-8")
    lives.printed["import"] = told(
        town.stack,
        *("import", str(path), "--channel", "petition", "--area", ELSEWHERE),
        *("--map", "narrative=words"),
    )


async def _suspended(town: Town) -> None:
    """A mediator is suspended with a note."""
    mediator = town.mediators[f"m-{ELSEWHERE}-1"]
    body = {"reason": "leave", "note": town.flock.words("standing.note")}
    async with town.client("city") as city:
        answer = await city.post(f"/mediators/{mediator}/suspension", json=body)
        assert answer.is_success, answer.text


async def _erased(town: Town, lives: Lives) -> None:
    """A case with words in every service is erased: nothing of it may remain anywhere."""
    flock = town.flock
    case = await register(town, lives, "erased")
    await case.until_assigned()
    await case.do("supplements", text=flock.words("erased.supplement", LEAK))
    await case.do("acceptance", decision="accept")
    applicant, respondent = await _consents(case, flock.words("erased.consent"))
    record = flock.words("erased.record")
    await case.do("sessions", attended=[applicant, respondent], record=record)
    content = flock.words("erased.agreement")
    await case.do("agreements", form="oral", content=content, obligations=[])
    noted = {
        "external_ref": {"system": "petition", "number": "信访2026-7"},
        "case_id": case.id,
        "channel": "petition",
        "note": flock.words("erased.referral"),
    }
    made = await case.client.post("/referrals", json=noted)
    assert made.status_code == 201, made.text
    back = {
        "reason": flock.words("erased.return"),
        "suggested_unit": flock.words("erased.unit"),
    }
    url = f"/referrals/{made.json()['id']}/return"
    assert (await case.client.post(url, json=back)).status_code == 200
    await town.settle()
    await case.do("erasure", reason=flock.words("erasure.reason"))
    await case.client.aclose()


def remote_quote(text: str) -> str:
    """Percent-encoded, as the header X-Purpose takes it."""
    return httpx.QueryParams({"x": text}).__str__().removeprefix("x=")
