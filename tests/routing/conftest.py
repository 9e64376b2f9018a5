"""Routing running alone; makes the helpers of this folder importable."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from town import Town

from fengqiao_chassis.testing import Harness
from fengqiao_routing.app import build


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A running routing service with two committees and no mediator."""
    async with Harness.embedded(tmp_path, [build()]) as harness:
        found = Town(harness)
        await found.open()
        yield found
