"""A gateway of its own for each test; makes the helpers of this folder importable."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from world import World

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator["World"]:
    """A gateway with accounts to be made, between services that answer what they were asked."""
    from world import make_world  # noqa: PLC0415 -- found by the path above

    async with make_world(tmp_path) as made:
        yield made
