"""Hashing and checking passwords: argon2id, in two threads (it costs 0.1 s and 64 MB each)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from fengqiao_contracts.errors import Busy

_PARALLEL, _MAX_WAITING = 2, 100
_pool = ThreadPoolExecutor(_PARALLEL, "argon2")
_waiting = [0]


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobody() -> str:
    """A hash that no password fits: an unknown name costs the same time as a known one."""
    return _hasher().hash("nobody has this password \x00")


async def hash_password(password: str) -> str:
    """The argon2id hash of a password. Raises Busy when too many wait."""
    return await _threaded(lambda: _hasher().hash(password))


async def fits(password: str, password_hash: str | None) -> bool:
    """Whether a password fits; without a hash it takes the same time and is False."""

    def check() -> bool:
        right = _hasher().verify(password, password_hash or _nobody())
        return right and password_hash is not None

    return await _threaded(check)


async def _threaded[T](work: Callable[[], T]) -> T:
    if _waiting[0] >= _MAX_WAITING:
        raise Busy("logins-busy", "登录请求过多, 请稍后再试", "Too many logins wait; try again")
    _waiting[0] += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, work)
    finally:
        _waiting[0] -= 1
