"""The routes of casework: commands of a case, what is shown of it, the desk and what is overdue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from fengqiao_chassis.auth import Principal, Scope
from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Who
from fengqiao_contracts.errors import Invalid
from fengqiao_contracts.values import Grade

from . import shapes, store, views
from .domain.clocks import MissedKind
from .domain.model import Casework
from .domain.states import State
from .handlers import acceptance, agreement, contacts, ending
from .handlers.common import OFFICES, not_here_yet, not_your_case

_PLAIN = r"^[^\s\x00-\x1f\x7f-\x9f]+$"
CaseId = Annotated[str, Path(min_length=1, max_length=64, pattern=_PLAIN)]
AgreementId = Annotated[str, Path(min_length=1, max_length=64, pattern=_PLAIN)]
_TAG = {"pattern": '^([*]|(W/)?"?[0-9]{1,9}"?)$', "examples": ['"1"']}
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=40, json_schema_extra=_TAG)]
Page = Annotated[int, Query(ge=1, le=10_000)]
Size = Annotated[int, Query(ge=1, le=200)]

LATE: tuple[MissedKind, ...] = ("sign_for", "term", "performance")
"""What counts as overdue unless asked for: a lapsed right to apply to a court is no task."""

HANDLERS = OFFICES | {"mediator"}
"""Roles that see records and wording of the cases in their scope."""


def router(ctx: Context) -> APIRouter:
    """The routes of the service."""
    routes = APIRouter(tags=["mediation"])
    _case_commands(routes, ctx)
    _agreement_commands(routes, ctx)
    _reads(routes, ctx)
    _lists(routes, ctx)
    return routes


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, by which request, on which version of the case (If-Match) or any."""

    request: Request
    who: Principal
    version: int | None


def _call(request: Request, who: Who, if_match: IfMatch = None) -> Call:
    return Call(request, who, _version(if_match))


Called = Annotated[Call, Depends(_call)]
type Act = Callable[..., Awaitable[shapes.ActDone]]


async def _act(ctx: Context, call: Call, act: Act, *given: object, status: int = 200) -> Response:
    """Run a command; its answer carries the case's new version as an ETag."""
    made: list[int] = []

    async def work(tx: Tx) -> shapes.ActDone:
        done = await act(tx, call.who, *given, call.version)
        made[:] = [done.version]
        return done

    response = await ctx.command(call.request, work, status=status)
    if made:
        response.headers["ETag"] = f'"{made[0]}"'
    return response


def _case_commands(routes: APIRouter, ctx: Context) -> None:
    _beginning(routes, ctx)
    _ending(routes, ctx)


def _beginning(routes: APIRouter, ctx: Context) -> None:
    @routes.post("/cases/{case_id}/acceptance", response_model=shapes.ActDone)
    async def post_acceptance(case_id: CaseId, body: shapes.AcceptanceIn, call: Called) -> Response:
        """Accept the case (受理), opening its dossier and term, or refuse it with a reason."""
        return await _act(ctx, call, acceptance.decide_acceptance, case_id, body)

    @routes.post("/cases/{case_id}/consents", response_model=shapes.ActDone)
    async def post_consent(case_id: CaseId, body: shapes.ConsentIn, call: Called) -> Response:
        """A party agrees to mediation, or refuses: then it stops."""
        return await _act(ctx, call, acceptance.record_consent, case_id, body)

    @routes.post("/cases/{case_id}/sessions", status_code=201, response_model=shapes.ActDone)
    async def post_session(case_id: CaseId, body: shapes.SessionIn, call: Called) -> Response:
        """Record a session (调解会); every side must have consented."""
        return await _act(ctx, call, acceptance.hold_session, case_id, body, status=201)

    @routes.post("/cases/{case_id}/extensions", status_code=201, response_model=shapes.ActDone)
    async def post_extension(case_id: CaseId, body: shapes.ExtensionIn, call: Called) -> Response:
        """Extend the term, with the consent of every side."""
        return await _act(ctx, call, acceptance.extend_term, case_id, body, status=201)

    @routes.post("/cases/{case_id}/agreements", status_code=201, response_model=shapes.ActDone)
    async def post_agreement(case_id: CaseId, body: shapes.AgreementIn, call: Called) -> Response:
        """Record a written or oral agreement with its obligations."""
        return await _act(ctx, call, agreement.reach_agreement, case_id, body, status=201)


def _ending(routes: APIRouter, ctx: Context) -> None:
    @routes.post("/cases/{case_id}/termination", response_model=shapes.ActDone)
    async def post_termination(
        case_id: CaseId, body: shapes.TerminationIn, call: Called
    ) -> Response:
        """End the mediation without agreement; the answer holds the guidance to other ways."""
        return await _act(ctx, call, ending.terminate_case, case_id, body)

    @routes.post("/cases/{case_id}/closing", response_model=shapes.ActDone)
    async def post_closing(case_id: CaseId, body: shapes.ClosingIn, call: Called) -> Response:
        """Close the case (结案)."""
        return await _act(ctx, call, ending.close_case, case_id, body)

    @routes.post("/cases/{case_id}/archive", response_model=shapes.ActDone)
    async def post_archive(case_id: CaseId, body: shapes.ArchiveIn, call: Called) -> Response:
        """Seal the dossier (归档)."""
        return await _act(ctx, call, ending.archive_case, case_id, body)


def _agreement_commands(routes: APIRouter, ctx: Context) -> None:
    base = "/cases/{case_id}/agreements/{agreement_id}"

    @routes.post(f"{base}/signatures", status_code=201, response_model=shapes.ActDone)
    async def post_signature(
        case_id: CaseId, agreement_id: AgreementId, body: shapes.SignatureIn, call: Called
    ) -> Response:
        """Record a signature or the seal; the last one makes the agreement bind."""
        given = (case_id, agreement_id, body)
        return await _act(ctx, call, agreement.sign_agreement, *given, status=201)

    @routes.post(f"{base}/performances", status_code=201, response_model=shapes.ActDone)
    async def post_performance(
        case_id: CaseId, agreement_id: AgreementId, body: shapes.PerformanceIn, call: Called
    ) -> Response:
        """Record a performance, in full or in part."""
        given = (case_id, agreement_id, body)
        return await _act(ctx, call, agreement.perform_obligation, *given, status=201)

    @routes.post(f"{base}/breaches", status_code=201, response_model=shapes.ActDone)
    async def post_breach(
        case_id: CaseId, agreement_id: AgreementId, body: shapes.BreachIn, call: Called
    ) -> Response:
        """Record that an obligation was not performed when due, or that the debtor refuses to."""
        given = (case_id, agreement_id, body)
        return await _act(ctx, call, agreement.break_obligation, *given, status=201)

    @routes.post(f"{base}/confirmation", response_model=shapes.ActDone)
    async def post_confirmation(
        case_id: CaseId, agreement_id: AgreementId, body: shapes.ConfirmationIn, call: Called
    ) -> Response:
        """Record the joint application for judicial confirmation or the court's decision."""
        return await _act(ctx, call, ending.confirm_agreement, case_id, agreement_id, body)


def _reads(routes: APIRouter, ctx: Context) -> None:
    @routes.get("/cases/{case_id}/casework")
    async def get_casework(
        case_id: CaseId, request: Request, response: Response, who: Who
    ) -> shapes.CaseworkView:
        """The casework: state, what may be done next, parties masked, sessions, agreements, clocks."""
        work = await _load(ctx, who, case_id)
        full = _handles(who, work)
        fields = ("parties.name", "sessions.record", "agreements.content")
        await ctx.audit_read(request, who, "casework.read", case_id, fields if full else fields[:1])
        response.headers["ETag"] = f'"{work.case.version}"'
        return views.casework(work, ctx.now(), full=full)

    @routes.get("/cases/{case_id}/casework/parties")
    async def get_contacts(case_id: CaseId, request: Request, who: Who) -> shapes.ContactsView:
        """Names, documents and contacts of the parties, for those who handle the case."""
        await _load_own(ctx, who, case_id)
        fields = ("name", "id_number", "phone", "address")
        await ctx.audit_read(request, who, "parties.read", case_id, fields)
        async with ctx.db.read() as tx:
            found = await contacts.read_contacts(tx, case_id, who.scope)
        return shapes.ContactsView(case_id=case_id, parties=found)

    @routes.get("/cases/{case_id}/dossier")
    async def get_dossier(case_id: CaseId, request: Request, who: Who) -> shapes.DossierView:
        """The checklist of the dossier (一案一卷): what it must hold and what is there."""
        work = await _load_own(ctx, who, case_id)
        if work.case.note is not None:
            await ctx.audit_read(request, who, "dossier.read", case_id, ("explanation",))
        return views.dossier_of(work)


def _lists(routes: APIRouter, ctx: Context) -> None:
    @routes.get("/desk")
    async def get_desk(
        who: Who,
        state: State | None = None,
        grade: Grade | None = None,
        page: Page = 1,
        size: Size = 50,
    ) -> shapes.DeskView:
        """The cases in hand by their next step, the nearest date first; `counts` are of the grade."""
        who.require(*HANDLERS)
        wanted = store.OnDesk(state, grade)
        async with ctx.db.read() as tx:
            found = await store.desk(tx, _hands(who), wanted, (page - 1) * size, size)
        return views.desk(found, page, size, ctx.now())

    @routes.get("/overdue")
    async def get_overdue(
        who: Who,
        kind: Annotated[list[MissedKind] | None, Query(max_length=4)] = None,
        page: Page = 1,
        size: Size = 50,
    ) -> shapes.OverdueView:
        """What ran out and is not done yet: signing, term, performance; the oldest first."""
        who.require(*HANDLERS)
        async with ctx.db.read() as tx:
            found = await store.overdue(tx, _hands(who), kind or LATE, (page - 1) * size, size)
        return views.overdue(found, page, size)


def _handles(who: Principal, work: Casework) -> bool:
    """Whether the caller handles the case: its mediator, or an office of its area."""
    if who.role == "mediator":
        return who.person is not None and who.person == work.case.mediator_id
    return who.role in OFFICES


async def _load_own(ctx: Context, who: Principal, case_id: str) -> Casework:
    """The case, for those who handle it; raises NotHereYet (404) or Forbidden."""
    work = await _load(ctx, who, case_id)
    if not _handles(who, work):
        raise not_your_case()
    return work


def _hands(who: Principal) -> Scope:
    """A desk holds a mediator's own cases, not those that he only reported."""
    return Scope(mediator=who.person or "") if who.role == "mediator" else who.scope


async def _load(ctx: Context, who: Principal, case_id: str) -> Casework:
    """The case within the caller's scope; raises NotHereYet (404)."""
    async with ctx.db.read() as tx:
        work = await store.load_casework(tx, case_id, who.scope)
    if work is None:
        raise not_here_yet(404)
    return work


def _version(if_match: str | None) -> int | None:
    """The version of an If-Match header; raises Invalid for what no ETag of ours looks like."""
    if if_match is None or if_match == "*":
        return None
    digits = if_match.removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdecimal()):
        raise Invalid(
            "invalid-if-match",
            "If-Match 须为读取案件时得到的 ETag",
            "If-Match must be the ETag of an earlier read of the case",
            "If-Match",
        )
    return int(digits)
