"""What the tests of the command share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The shell's environment without our settings, with a data folder of the test's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FENGQIAO_")}
    return kept | {"FENGQIAO_DATA_DIR": str(tmp_path / "data")}
