"""Plays the acts of a script on one case by the public API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from . import script
from .public_api import Answer, Api
from .script import Act, Owes

NO_COPIES = "演示数据：证件材料由当事人自行保管，复印件未入卷。"
"""The note on what a dossier lacks (卷宗情况说明) where a script gives none."""

_SHANGHAI = ZoneInfo("Asia/Shanghai")


class Stage:
    """One case on which a script is played."""

    def __init__(self, api: Api, case_id: str) -> None:
        self._api, self._case_id = api, case_id
        self._agreement = ""
        self._obligations: list[str] = []

    async def casework(self) -> Answer:
        """The casework as it stands."""
        return await self._api.get(f"/cases/{self._case_id}/casework")

    async def do(self, number: int, act: Act) -> None:
        """Perform the act; its number keeps a repeated run from doing it twice."""
        match act:
            case script.Accept():
                await self._post(number, "acceptance", {"decision": "accept"})
            case script.Refuse(reason):
                await self._post(number, "acceptance", {"decision": "refuse", "reason": reason})
            case script.Session(record, place):
                attended = [p["party_id"] for p in await self._parties()]
                body = {"attended": attended, "record": record, "place": place}
                await self._post(number, "sessions", body)
            case script.Supplement(text):
                await self._post(number, "supplements", {"kind": "facts", "text": text})
            case script.Terminate(reason):
                await self._post(number, "termination", {"reason": reason})
            case script.Close(note):
                await self._post(number, "closing", {"explanation": note or NO_COPIES})
            case script.Archive():
                await self._post(number, "archive", {})
            case _:
                await self._do_together(number, act)

    async def _do_together(self, number: int, act: Act) -> None:
        """Acts in which several people have a part."""
        match act:
            case script.Consent():
                for party in await self._sides():
                    await self._consent(number, party, given=True)
            case script.Decline(words):
                await self._consent(number, (await self._sides())[-1], given=False, note=words)
            case script.Agree():
                await self._agree(number, act)
            case _:
                await self._do_with_agreement(number, act)

    async def _do_with_agreement(self, number: int, act: Act) -> None:
        """What follows an agreement."""
        match act:
            case script.Sign(parties):
                await self._sign(number, parties)
            case script.Perform(count):
                await self._perform(number, count)
            case script.Breach(reason):
                body = {"obligation_id": self._obligations[0], "reason": reason}
                await self._post(number, self._of_agreement("breaches"), body)
            case script.Confirm(outcome, reason):
                await self._confirm(number, outcome, reason)
            case _:
                raise TypeError(f"no way to {type(act).__name__}")

    async def _consent(
        self, number: int, party: Answer, *, given: bool, note: str | None = None
    ) -> None:
        body = {"party_id": party["party_id"], "given": given}
        more = {"note": note} if note else {}
        await self._post(number, "consents", body | more, party["party_id"])

    async def _agree(self, number: int, act: script.Agree) -> None:
        parties = await self._parties()
        obligations = [_obligation(parties, owes) for owes in act.owes]
        body = {"form": act.form, "content": act.content, "obligations": obligations}
        done = await self._post(number, "agreements", body)
        self._agreement, self._obligations = done["agreement_id"], done["obligation_ids"]

    async def _sign(self, number: int, parties: int | None) -> None:
        for party in (await self._sides())[:parties]:
            body = {"signer_kind": "party", "signer_id": party["party_id"]}
            await self._post(number, self._of_agreement("signatures"), body, party["party_id"])
        if parties is None:
            for kind in ("mediator", "seal"):
                path = self._of_agreement("signatures")
                await self._post(number, path, {"signer_kind": kind}, kind)

    async def _perform(self, number: int, count: int | None) -> None:
        for obligation in self._obligations[:count]:
            body = {"obligation_id": obligation, "performed_on": _today().isoformat()}
            await self._post(number, self._of_agreement("performances"), body, obligation)

    async def _confirm(self, number: int, outcome: str | None, reason: str | None) -> None:
        body: Answer = {"applied_on": _today().isoformat()}
        if outcome:
            body |= {"outcome": outcome, "decided_on": _today().isoformat()}
        if reason:
            body["reason"] = reason
        await self._post(number, self._of_agreement("confirmation"), body)

    def _of_agreement(self, what: str) -> str:
        return f"agreements/{self._agreement}/{what}"

    async def _sides(self) -> list[Answer]:
        return [party for party in await self._parties() if party["role"] != "third"]

    async def _parties(self) -> list[Answer]:
        """Applicants, respondents, third parties: the order in which scripts count them."""
        order = ("applicant", "respondent", "third")
        work = await self.casework()
        return sorted(work["parties"], key=lambda party: order.index(party["role"]))

    async def _post(
        self, number: int, what: str, body: Mapping[str, Any], part: str = ""
    ) -> Answer:
        key = f"drive:{self._case_id}:{number}:{part}"
        return await self._api.post(f"/cases/{self._case_id}/{what}", body, key)


def _obligation(parties: Sequence[Answer], owes: Owes) -> Answer:
    due_on = _today() + timedelta(days=owes.days)
    body: Answer = {
        "debtor": parties[owes.debtor]["party_id"],
        "creditor": parties[owes.creditor]["party_id"],
        "due_on": due_on.isoformat(),
        "text": owes.text,
    }
    return body | ({"amount": f"{owes.amount:.2f}"} if owes.amount is not None else {})


def _today() -> date:
    return datetime.now(UTC).astimezone(_SHANGHAI).date()
