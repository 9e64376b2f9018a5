"""Personal data where it does not belong: wrong fields, headers, addresses, broken and huge bodies.

Nothing of what a refused request holds may stay anywhere; nor what a harmless field is misused for.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from canary.lives import Lives, dispute
from canary.persons import Flock, Marked
from canary.town import Town


@dataclass(frozen=True)
class Stray:
    """A request; `ok` where it must succeed, `names_field` where the answer names its field."""

    method: str
    path: str
    sent: dict[str, Any] = field(default_factory=dict)
    ok: bool = False
    names_field: bool = False


async def stray(town: Town, lives: Lives) -> None:
    """Send all of them as the city; keep what was answered to those that were refused."""
    person = town.flock.person("stray")
    wrong = [
        *_registrations(town.flock, person),
        *_addresses(person),
        *_headers(person, lives),
        *_casework(town, person, lives),
        *_registry(person, town),
        *_doors(person),
        *_dry(town, person),
    ]
    odd = []
    async with town.client("city") as city:
        for one in wrong:
            answer = await city.request(one.method, one.path, **one.sent)
            if answer.is_success != one.ok or answer.status_code >= 500:
                odd.append(f"{answer.status_code} {str(one)[:300]}: {answer.text}")
            if not answer.is_success and not one.names_field:
                lives.refusals[f"{one.method} {one.path} {len(lives.refusals)}"] = answer.content
    assert not odd, odd


def _registrations(flock: Flock, who: Marked) -> Iterator[Stray]:
    body, people = dispute(flock, "stray.case")
    first = body["parties"][0]

    def post(**more: Any) -> Stray:
        return Stray("POST", "/cases", {"json": body | more})

    yield Stray("POST", "/cases", {"json": body | {who.phone: who.name}}, names_field=True)
    yield post(channel=who.name)
    yield post(area=who.phone)
    yield post(occurred_on=who.phone)
    yield post(amount=who.address)
    yield post(people_count=who.id_number)
    yield post(narrative={"text": who.name})
    yield post(narrative=who.name + "长" * 20_001)
    yield post(external_ref={"system": who.name, "number": who.id_number, "x": who.phone})
    broken = [
        {"phone": who.name},
        {"id_number": who.phone},
        {"name": who.name * 100},
        {"name": who.name + "\x00"},
        {"role": who.name},
        {"kind": who.phone},
        {"address": who.address + "号" * 300},
    ]
    yield from (post(parties=[first | more]) for more in broken)
    raw = json.dumps(body, ensure_ascii=False)
    named = {"content-type": "application/json"}
    for content in (raw[:-5].encode(), raw.encode("gb18030")):
        yield Stray("POST", "/cases", {"content": content, "headers": named})
    lone = json.dumps(body | {"narrative": people[1].name + "\ud800"})
    yield Stray("POST", "/cases", {"content": lone.encode(), "headers": named})
    huge = json.dumps(body | {"narrative": who.name * 600_000}).encode()
    yield Stray("POST", "/cases", {"content": huge, "headers": named})


def _addresses(who: Marked) -> Iterator[Stray]:
    yield Stray("GET", "/cases", {"params": {"q": who.phone}}, ok=True)
    yield Stray("GET", "/cases", {"params": {"q": who.name}}, ok=True)
    yield Stray("GET", "/cases", {"params": {"area": who.name}})
    yield Stray("GET", "/cases", {"params": {"cursor": who.phone}})
    yield Stray("GET", "/cases", {"params": {"page": who.id_number, "q": who.name}})
    yield Stray("GET", "/cases", {"params": {who.phone: who.name}}, names_field=True)
    yield Stray("GET", "/facts", {"params": {"after": who.phone}})
    yield Stray("GET", f"/cases/{who.phone}")
    yield Stray("GET", f"/cases/{who.name}/timeline")
    yield Stray("GET", f"/codes/{who.name}")
    yield Stray("GET", f"/no-such-thing/{who.name}/{who.phone}")
    yield Stray("GET", f"/stats/{who.name}")
    yield Stray("DELETE", f"/cases/{who.id_number}")


def _headers(who: Marked, lives: Lives) -> Iterator[Stray]:
    url, text = f"/cases/{lives.cases['red']}/supplements", "再补充一句。"
    for name, value in (
        ("Idempotency-Key", f"import {who.phone}"),
        ("X-Request-Id", who.phone),
        ("X-Request-Id", who.id_number),
        ("traceparent", who.id_number),
    ):
        yield Stray("POST", url, {"json": {"text": text}, "headers": {name: value}}, ok=True)
    kept = {"Idempotency-Key": "canary-performed"}
    yield Stray("POST", "/cases", {"json": {"narrative": who.name}, "headers": kept})
    taken = {"text": who.name}
    yield Stray("POST", url, {"json": taken, "headers": {"Idempotency-Key": f"import {who.phone}"}})
    yield Stray("GET", "/cases", {"headers": {"Authorization": f"Bearer {who.id_number}"}})


def _casework(town: Town, who: Marked, lives: Lives) -> Iterator[Stray]:
    archived = f"/cases/{lives.cases['performed']}"
    words = town.flock.words("stray.record")
    session = {"attended": [who.name], "record": words}
    yield Stray("POST", f"{archived}/sessions", {"json": session})
    yield Stray("POST", f"{archived}/consents", {"json": {"party_id": who.phone, "given": True}})
    yield Stray("POST", f"{archived}/termination", {"json": {"reason": who.name}})
    yield Stray("POST", f"{archived}/acceptance", {"json": {"decision": who.name}})
    headers = {"If-Match": who.phone}
    yield Stray("POST", f"{archived}/archive", {"json": {}, "headers": headers})
    outlet = {"outlet": who.name, "reason": words}
    yield Stray("POST", f"{archived}/routing", {"json": outlet})
    chosen = {"outlet": "mediation", "reason": words, "mediator_id": who.phone}
    yield Stray("POST", f"{archived}/routing", {"json": chosen})


def _registry(who: Marked, town: Town) -> Iterator[Stray]:
    mediator = town.mediators["m-510104022-0"]
    person = {"name": who.name, "id_number": who.id_number, "committee_id": who.phone}
    yield Stray("POST", "/mediators", {"json": person})
    yield Stray("POST", f"/mediators/{mediator}/suspension", {"json": {"reason": who.name}})
    headers = {"If-Match": '"1"'}
    body = {"specialities": [who.name]}
    yield Stray("PUT", f"/mediators/{mediator}", {"json": body, "headers": headers})
    expert = {"name": who.name, "fields": [who.phone], "area": "510100"}
    yield Stray("POST", "/experts", {"json": expert})
    lines = [
        {"record": who.name},
        {"record": "mediator", "external_id": who.name, "id_number": who.phone},
        {
            "record": "expert",
            "external_id": "e-9",
            "name": who.name,
            "fields": ["x"],
            "area": who.phone,
        },
    ]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    sent = {"content": content, "headers": {"content-type": "application/x-ndjson"}}
    yield Stray("POST", "/registry/imports", sent, ok=True)


def _doors(who: Marked) -> Iterator[Stray]:
    secret = f"{who.name}-{who.phone}"
    login = {"username": who.phone, "password": secret}
    yield Stray("POST", "/auth/login", {"json": login})
    yield Stray("POST", "/auth/party", {"json": {"number": who.name, "code": who.phone}})
    account = {"username": who.name, "password": secret, "name": who.name, "role": "clerk"}
    yield Stray("POST", "/accounts", {"json": account})
    yield Stray("POST", "/accounts", {"json": account | {"username": "ab", "role": who.name}})
    hook = {"url": f"https://127.0.0.1/{who.phone}", "types": ["*"]}
    yield Stray("POST", "/webhooks", {"json": hook})
    yield Stray("POST", "/webhooks", {"json": hook | {"types": [who.name]}})
    partner = {"system": who.name, "name": who.name, "channel": "court", "areas": [who.phone]}
    yield Stray("POST", "/partners", {"json": partner})


def _dry(town: Town, who: Marked) -> Iterator[Stray]:
    """Questions that store nothing."""
    text = f"{who.name}说：{town.flock.words('stray.analyze')}，住{who.address}"
    yield Stray("POST", "/analyze", {"json": {"text": text}}, ok=True)
    codes = {"type": who.name, "channel": "self", "suitability": "M", "grade": "blue"}
    yield Stray("POST", "/route", {"json": codes | {"area": who.phone}})
