"""Who is calling and what they may see: principals, scopes, and the token between gateway and services."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import Column, ColumnElement, String, Text, and_, false, or_, true
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from fengqiao_contracts.errors import Forbidden, Unauthorized

TOKEN_SECONDS = 60
ROLES = (
    "admin",
    "city",
    "district",
    "clerk",
    "mediator",
    "partner",
    "party",
    "auditor",
    "service",
    "gateway",
)


@dataclass(frozen=True)
class Scope:
    """What a caller may see. Everything of an area path prefix, or only what is his own.

    `areas` are area paths ("/510100/510104/"); the other fields narrow to a mediator's, a referrer's,
    a reporter's or one single case. `system` is for handlers, which act for no person.
    """

    areas: tuple[str, ...] = ()
    mediator: str | None = None
    referrer: str | None = None
    reporter: str | None = None
    case: str | None = None
    system: bool = False

    def covers(self, area_path: str) -> bool:
        """Whether an area lies within the scope's areas."""
        return self.system or any(area_path.startswith(a) for a in self.areas)


SYSTEM = Scope(system=True)


@dataclass(frozen=True)
class Principal:
    """A verified caller. `person` is the mediator id of a mediator, the case id of a party."""

    id: str
    role: str
    areas: tuple[str, ...] = ()
    system: str | None = None
    person: str | None = None
    purpose: str | None = None

    @property
    def scope(self) -> Scope:
        """What this caller may see."""
        match self.role:
            case "admin" | "city" | "district" | "clerk" | "auditor":
                return Scope(areas=self.areas)
            case "mediator":
                return Scope(mediator=self.person or "", reporter=self.id)
            case "partner":
                return Scope(referrer=self.system or "")
            case "party":
                return Scope(case=self.person, reporter=self.id)
            case "service" | "gateway":
                return SYSTEM
            case _:
                return Scope()

    def require(self, *roles: str) -> None:
        """Raise Forbidden unless the caller has one of `roles`."""
        if self.role not in roles:
            raise Forbidden(
                "role-not-allowed",
                f"当前角色无此权限，需要：{'、'.join(roles)}。",
                f"This needs one of the roles: {', '.join(roles)}.",
            )

    def require_area(self, area_path: str) -> None:
        """Raise Forbidden unless the area lies within the caller's areas."""
        if not self.scope.covers(area_path):
            raise Forbidden(
                "area-not-allowed",
                "该区域不在您的管辖范围内。",
                "This area is outside your scope.",
                field="area",
            )


def access_columns() -> list[Column[Any]]:
    """The columns by which a case-holding table is filtered: include them and use `visible`.

    `referrers` is a list like `|court|petition|`; `case_ref` the case's id.
    """
    return [
        Column("case_ref", String(36), nullable=False),
        Column("area_path", String(120), nullable=False),
        Column("reporter", String(80)),
        Column("mediator", String(36)),
        Column("referrers", Text, server_default="|"),
    ]


def add_referrer(referrers: str | None, system: str) -> str:
    """The `referrers` column with one more system: `|court|petition|`."""
    known = [s for s in (referrers or "").strip("|").split("|") if s]
    return "|" + "".join(f"{s}|" for s in dict.fromkeys([*known, system]))


def visible(columns: ReadOnlyColumnCollection[str, Any], scope: Scope) -> ColumnElement[bool]:
    """The condition under which a row with `access_columns` is in the caller's scope."""
    if scope.system:
        return true()
    ways: list[ColumnElement[bool]] = [
        columns.area_path.startswith(path, autoescape=True) for path in scope.areas
    ]
    if scope.mediator:
        ways.append(columns.mediator == scope.mediator)
    if scope.referrer:
        ways.append(columns.referrers.contains(f"|{scope.referrer}|", autoescape=True))
    if scope.reporter:
        ways.append(columns.reporter == scope.reporter)
    if scope.case:
        ways.append(columns.case_ref == scope.case)
    return or_(*ways) if ways else and_(false())


def mint(signer: OKPKey, who: Principal, audience: str, now: int | None = None) -> str:
    """A 60-second Ed25519 token that tells the service `audience` who is calling."""
    issued = int(time.time()) if now is None else now
    claims: dict[str, Any] = {
        "iss": "gateway",
        "aud": audience,
        "sub": who.id,
        "role": who.role,
        "areas": list(who.areas),
        "iat": issued,
        "exp": issued + TOKEN_SECONDS,
    }
    for name in ("system", "person", "purpose"):
        if (value := getattr(who, name)) is not None:
            claims[name] = value
    header = {"alg": "Ed25519", "kid": signer.kid}
    return jwt.encode(header, claims, signer, algorithms=["Ed25519"])


@dataclass
class Verifier:
    """Verifies the gateway's tokens for one service; remembers verified ones until they expire."""

    keys: KeySet
    audience: str
    _seen: OrderedDict[str, tuple[float, Principal]] = field(default_factory=OrderedDict)

    def verify(self, token: str, now: float | None = None) -> Principal:
        """The principal of a token; raises Unauthorized for anything that is not a live token of the
        gateway for this service.
        """
        moment = time.time() if now is None else now
        if (known := self._seen.get(token)) and known[0] > moment:
            return known[1]
        try:
            claims = jwt.decode(token, self.keys, algorithms=["Ed25519"]).claims
        except (JoseError, ValueError):
            raise _bad_token() from None
        if (
            claims.get("aud") != self.audience
            or claims.get("iss") != "gateway"
            or claims.get("role") not in ROLES
            or not isinstance(claims.get("exp"), int | float)
            or claims["exp"] <= moment
        ):
            raise _bad_token()
        who = Principal(
            id=str(claims["sub"]),
            role=str(claims["role"]),
            areas=tuple(claims.get("areas", ())),
            system=claims.get("system"),
            person=claims.get("person"),
            purpose=claims.get("purpose"),
        )
        self._seen[token] = (float(claims["exp"]), who)
        while len(self._seen) > 2000:
            self._seen.popitem(last=False)
        return who


def _bad_token() -> Unauthorized:
    return Unauthorized(
        "bad-token",
        "登录凭证无效或已过期，请重新登录。",
        "The token is invalid or has expired; log in again.",
    )
