"""A bureau's policies: brought in as they were checked, activated for a chosen time, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import ReadTx, Scope, Tx
from fengqiao_contracts.errors import Conflict, Invalid, NotFound

from .. import store
from ..domain.case import Rules
from ..life_views import ActivationView, IssueView, PolicyCheck, PolicyHead, PolicyList, PolicyText
from ..policy_document import Checked, check, sha256_of
from ..policy_yaml import Issue
from ..rules import signs_of, text_of, versions_of
from .in_force import rules_in_force


async def check_policy(tx: ReadTx, rules: Rules, text: str) -> Checked:
    """Check a policy's text against the signs of this release and the policy in force."""
    now = await rules_in_force(tx, rules)
    return check(text, signs_of(rules.versions.analyser), now.policy)


def check_view(checked: Checked) -> PolicyCheck:
    """The answer to a check."""
    return PolicyCheck(
        valid=not checked.issues,
        version=checked.version,
        sha256=checked.sha256,
        issues=[_issue(one) for one in checked.issues],
        warnings=[_issue(one) for one in checked.warnings],
    )


def _issue(one: Issue) -> IssueView:
    return IssueView(field=one.field, line=one.line, code=one.code, zh=one.zh, en=one.en)


async def add_policy(tx: Tx, who: Principal, checked: Checked, text: str, note: str) -> PolicyHead:
    """Keep a checked policy. The same text again is the same policy; another text under a name that
    is taken raises Conflict.
    """
    version = checked.version or ""
    known = await store.policy_of(tx, who.scope, version)
    if version in versions_of("policy") or (known and known.sha256 != checked.sha256):
        raise Conflict(
            "version-taken",
            "该版本号已用于其他内容：版本不可修改，请换一个新的 version。",
            "This version has another content: versions never change, give a new name.",
            field="version",
        )
    row: dict[str, Any] = {
        "version": version,
        "text": text,
        "sha256": checked.sha256,
        "note": note,
        "uploaded_by": who.id,
        "uploaded_at": tx.now,
    }
    if known is None:
        await store.add_policy(tx, row)
        tx.audit("policy.add", version, fields=("yaml",))
    else:
        row |= {"note": known.note, "uploaded_by": known.uploaded_by}
        row["uploaded_at"] = known.uploaded_at
    return _head(row, in_force=False)


async def activate_policy(
    tx: Tx, who: Principal, version: str, active_from: datetime | None, reason: str
) -> ActivationView:
    """Let a version hold from a moment on, now or later: what was assessed before stays as it is."""
    brought = await store.policy_of(tx, who.scope, version)
    if brought is None and version not in versions_of("policy"):
        raise _no_such_policy()
    if brought is None:  # a later release may carry it no more, and cases are assessed by it
        await store.add_policy(tx, _kept(version, who, tx.now))
    if active_from is not None and active_from < tx.now:
        raise Invalid(
            "in-the-past",
            "启用时间不能早于现在：已作出的评估不会改变。留空即为立即启用。",
            "It cannot hold from a time that is past: what was assessed stays. Leave it out for now.",
            field="active_from",
        )
    row: dict[str, Any] = {
        "number": await store.next_activation(tx, who.scope),
        "version": version,
        "active_from": active_from or tx.now,
        "reason": reason,
        "activated_by": who.id,
        "activated_at": tx.now,
    }
    await store.add_activation(tx, row)
    tx.audit("policy.activate", version, fields=("active_from",))
    return ActivationView(**row)


async def list_policies(tx: ReadTx, scope: Scope, rules: Rules) -> PolicyList:
    """Every version of the release and of the bureau, and which holds now."""
    now = (await rules_in_force(tx, rules)).policy.version
    brought = await store.policy_heads(tx, scope)
    own = set(versions_of("policy"))
    heads = [
        _head(dict(row._mapping), in_force=row.version == now)
        for row in brought
        if row.version not in own
    ]
    shipped = [_shipped(version, in_force=version == now) for version in sorted(own)]
    decided = await store.activations(tx, scope)
    return PolicyList(
        in_force=now,
        items=[*heads, *shipped],
        activations=[ActivationView(**row._mapping) for row in decided],
    )


async def policy_text(tx: ReadTx, scope: Scope, rules: Rules, version: str) -> PolicyText:
    """A version with its text. Raises NotFound."""
    now = (await rules_in_force(tx, rules)).policy.version
    if version in versions_of("policy"):
        head = _shipped(version, in_force=version == now)
        return PolicyText(**head.model_dump(), yaml=text_of(version))
    row = await store.policy_of(tx, scope, version)
    if row is None:
        raise _no_such_policy()
    head = _head(dict(row._mapping), in_force=version == now)
    return PolicyText(**head.model_dump(), yaml=row.text)


def _kept(version: str, who: Principal, now: datetime) -> dict[str, Any]:
    """A release's policy as it is kept once it is activated."""
    text = text_of(version)
    return {
        "version": version,
        "text": text,
        "sha256": sha256_of(text),
        "note": "随软件发布 · of the release",
        "uploaded_by": who.id,
        "uploaded_at": now,
    }


def _shipped(version: str, *, in_force: bool) -> PolicyHead:
    return PolicyHead(
        version=version,
        origin="release",
        sha256=sha256_of(text_of(version)),
        note=None,
        uploaded_by=None,
        uploaded_at=None,
        in_force=in_force,
    )


def _head(row: dict[str, Any], *, in_force: bool) -> PolicyHead:
    said = {name: row[name] for name in ("version", "sha256", "note", "uploaded_by", "uploaded_at")}
    return PolicyHead.model_validate({**said, "origin": "bureau", "in_force": in_force})


def _no_such_policy() -> NotFound:
    return NotFound(
        "no-such-policy",
        "没有这个政策版本：见 GET /v1/policies。",
        "There is no such policy: see GET /v1/policies.",
        field="version",
    )
