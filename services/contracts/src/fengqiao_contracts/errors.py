"""The refusals every service speaks: one small tree, mapped to RFC 9457 problems once, in the chassis.

Refusal
├── Invalid        422  the input is wrong; names the field and the remedy
├── Unauthorized   401  no valid proof of who is calling
├── Forbidden      403  known caller, not allowed
├── NotFound       404  no such thing in the caller's scope
│   └── NotHereYet 404 to reads, 409 to commands: this slice has not met the case yet
├── Conflict       409  the state does not allow it
├── TooLarge       413  over a stated limit
└── Busy           503  a bounded queue is full; retry later
Retry                   bus only: transient, deliver again
Reject                  bus only: this fact can never be applied, park it
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import override


@dataclass(eq=False)
class Refusal(Exception):
    """An expected refusal. `code` is stable published language; texts are for people (Chinese, English).

    Never put personal data in `zh` or `en`: problems are logged by code and shown to callers.
    """

    code: str
    zh: str
    en: str
    field: str | None = None
    status: int = dataclasses.field(default=400, kw_only=True)
    retry_after: int | None = dataclasses.field(default=None, kw_only=True)

    @override
    def __str__(self) -> str:
        return self.code


@dataclass(eq=False)
class Invalid(Refusal):
    """The input is wrong: `field` names where, the texts say the remedy."""

    status: int = dataclasses.field(default=422, kw_only=True)


@dataclass(eq=False)
class Unauthorized(Refusal):
    """No valid proof of who is calling."""

    status: int = dataclasses.field(default=401, kw_only=True)


@dataclass(eq=False)
class Forbidden(Refusal):
    """The caller is known and may not do this."""

    status: int = dataclasses.field(default=403, kw_only=True)


@dataclass(eq=False)
class NotFound(Refusal):
    """Nothing of that name in the caller's scope (a foreign case answers the same)."""

    status: int = dataclasses.field(default=404, kw_only=True)


@dataclass(eq=False)
class NotHereYet(NotFound):
    """The case may exist, but its facts have not reached this service: try again shortly."""

    retry_after: int | None = dataclasses.field(default=1, kw_only=True)


@dataclass(eq=False)
class Conflict(Refusal):
    """The present state does not allow the command."""

    status: int = dataclasses.field(default=409, kw_only=True)


@dataclass(eq=False)
class TooLarge(Refusal):
    """Over a stated limit."""

    status: int = dataclasses.field(default=413, kw_only=True)


@dataclass(eq=False)
class Busy(Refusal):
    """A bounded queue is full."""

    status: int = dataclasses.field(default=503, kw_only=True)
    retry_after: int | None = dataclasses.field(default=1, kw_only=True)


class Retry(Exception):
    """Raised by a fact handler: something transient is missing, deliver the fact again later."""


class Reject(Exception):
    """Raised by a fact handler: the fact can never be applied; it is parked with this reason."""
