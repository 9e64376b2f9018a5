"""A gateway of its own for each test, where passwords cost little."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from gateway.world import World, make_world
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from fengqiao_gateway.handlers import passwords


@pytest.fixture
def real_cost() -> None:
    """For a test about the cost of a password: it keeps what production pays."""


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its least cost: logins are made by the hundred here, their cost is tested apart."""
    if "real_cost" not in request.fixturenames:
        cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
        monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    passwords._nobody.cache_clear()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A gateway with accounts to be made, between services that answer what they were asked."""
    async with make_world(tmp_path) as made:
        yield made
