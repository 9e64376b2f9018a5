"""Routing running alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from routing.town import Town

from fengqiao_chassis.testing import Harness
from fengqiao_routing.app import build


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A running routing service with two committees and no mediator."""
    async with Harness.embedded(tmp_path, [build()]) as harness:
        found = Town(harness)
        await found.open()
        yield found
