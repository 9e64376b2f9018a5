"""The routes of the grading policies: list, read, validate, bring in, back-test, activate."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, model_validator

from fengqiao_chassis.service import Context
from fengqiao_chassis.web import Body, Instant, Principal, Text, Who
from fengqiao_chassis.web.fields import bad
from fengqiao_chassis.web.problems import problem
from fengqiao_contracts.errors import Invalid

from ..domain.case import Rules
from ..handlers import policies
from ..handlers.backtest import backtest
from ..handlers.in_force import policy_named
from ..life_views import ActivationView, Backtest, PolicyCheck, PolicyHead, PolicyList, PolicyText
from ..policy_document import Checked, sha256_of
from ..policy_schema import VERSION
from ..policy_yaml import MAX_CHARS
from .roles import POLICY_READERS, STEWARDS

_Yaml = Annotated[str, Text(1, MAX_CHARS)]
_Version = Annotated[str, Field(pattern=VERSION, max_length=60)]
_VersionPath = Annotated[str, Path(pattern=VERSION, max_length=60)]
_Note = Annotated[str, Text(2, 500)]


class PolicyFile(Body):
    """A policy file's text."""

    yaml: _Yaml


class NewPolicy(PolicyFile):
    """A policy to bring in, and what it changes, in words for those who read the list."""

    note: _Note


class Trial(Body):
    """A policy to back-test: a file's text that need not be kept, or a version. `after` is the
    `next` of the page before.
    """

    yaml: _Yaml | None = None
    version: _Version | None = None
    after: Annotated[str, Text(1, 64)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200

    @model_validator(mode="after")
    def _one(self) -> Trial:
        if (self.yaml is None) == (self.version is None):
            raise bad("yaml-or-version", "请填写 yaml 或 version 之一", "give yaml or version")
        return self


class Activation(Body):
    """From when the version is to hold (now, if left out), and why."""

    active_from: Instant | None = None
    reason: _Note


def add_policy_routes(routes: APIRouter, rules: Rules, ctx: Context) -> None:
    """Everything under /policies."""
    _reads(routes, rules, ctx)
    _trials(routes, rules, ctx)
    _commands(routes, rules, ctx)


def _reads(routes: APIRouter, rules: Rules, ctx: Context) -> None:
    @routes.get("/policies", tags=["policies"])
    async def list_policies(who: Who) -> PolicyList:
        """Every version of the grading policy, and which holds now and from when."""
        who.require(*POLICY_READERS)
        async with ctx.db.read() as tx:
            return await policies.list_policies(tx, who.scope, rules)

    @routes.get("/policies/{version}", tags=["policies"])
    async def get_policy(version: _VersionPath, who: Who) -> PolicyText:
        """A version with its YAML: export it, edit it under a new name, bring it in."""
        who.require(*POLICY_READERS)
        async with ctx.db.read() as tx:
            return await policies.policy_text(tx, who.scope, rules, version)


def _trials(routes: APIRouter, rules: Rules, ctx: Context) -> None:
    @routes.post("/policies/validate", tags=["policies"], openapi_extra={"x-keyless": True})
    async def post_validate(body: PolicyFile, who: Who) -> PolicyCheck:
        """What is wrong with a policy file, by field and line, with the remedy; nothing is kept."""
        _steward(who, ctx)
        async with ctx.db.read() as tx:
            return policies.check_view(await policies.check_policy(tx, rules, body.yaml))

    @routes.post(
        "/policies/backtest",
        tags=["policies"],
        response_model=Backtest,
        openapi_extra={"x-keyless": True},
    )
    async def post_backtest(body: Trial, who: Who) -> Backtest | Response:
        """Which stored cases would have another colour, and why; page by page, nothing is kept."""
        _steward(who, ctx)
        async with ctx.db.read() as tx:
            if body.version is not None:
                text = (await policies.policy_text(tx, who.scope, rules, body.version)).yaml
                policy, sha256 = await policy_named(tx, body.version), sha256_of(text)
            else:
                checked = await policies.check_policy(tx, rules, body.yaml or "")
                if checked.policy is None:
                    return _refused(checked)
                policy, sha256 = checked.policy, checked.sha256
            return await backtest(tx, who.scope, policy, sha256, body.after or "", body.limit)


def _commands(routes: APIRouter, rules: Rules, ctx: Context) -> None:
    @routes.post("/policies", status_code=201, tags=["policies"], response_model=PolicyHead)
    async def post_policy(body: NewPolicy, request: Request, who: Who) -> Response:
        """Bring a policy in; it holds only once it is activated. The same text again is the same."""
        _steward(who, ctx)
        async with ctx.db.read() as tx:
            checked = await policies.check_policy(tx, rules, body.yaml)
        if checked.issues:
            return _refused(checked)
        return await ctx.command(
            request,
            lambda tx: policies.add_policy(tx, who, checked, body.yaml, body.note),
            status=201,
        )

    @routes.post(
        "/policies/{version}/activate",
        status_code=201,
        tags=["policies"],
        response_model=ActivationView,
    )
    async def post_activate(
        version: _VersionPath, body: Activation, request: Request, who: Who
    ) -> Response:
        """Let a version hold from a moment on; cases assessed before stay as they are."""
        _steward(who, ctx)
        return await ctx.command(
            request,
            lambda tx: policies.activate_policy(tx, who, version, body.active_from, body.reason),
            status=201,
        )


def _steward(who: Principal, ctx: Context) -> None:
    """Rules belong to the whole city: who changes them must have it all."""
    who.require(*STEWARDS)
    who.require_area(ctx.areas.path(ctx.settings.city))


def _refused(checked: Checked) -> Response:
    first = checked.issues[0]
    line = (f"（第 {first.line} 行）", f" (line {first.line})") if first.line else ("", "")
    refusal = Invalid(
        "invalid-policy",
        f"政策文件字段 {first.field}{line[0]}：{first.zh}。",
        f"Policy field {first.field}{line[1]}: {first.en}.",
        field="yaml",
    )
    view = policies.check_view(checked)
    return problem(refusal, [issue.model_dump() for issue in view.issues])
