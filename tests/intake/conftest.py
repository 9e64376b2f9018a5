"""The running intake service, and the disputes that the tests report to it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from fengqiao_chassis.testing import Harness
from fengqiao_intake.app import build

NARRATIVE = "两家因为共用围墙的宅基地边界争吵多年，昨天又动了手，请求调解"


@pytest.fixture
async def h(tmp_path: Path) -> AsyncIterator[Harness]:
    """Intake on a file of its own."""
    async with Harness.embedded(tmp_path, [build()]) as harness:
        yield harness


@pytest.fixture
def dispute() -> Callable[..., dict[str, Any]]:
    """A dispute as a clerk types it; keyword arguments change it."""

    def make(**changes: Any) -> dict[str, Any]:
        body = {
            "narrative": NARRATIVE,
            "channel": "grid",
            "area": "510104018",
            "parties": [
                {
                    "role": "applicant",
                    "kind": "person",
                    "name": "王大明",
                    "id_number": "11010519491231002X",
                    "phone": "13800138000",
                    "address": "东湖街道一号",
                },
                {"role": "respondent", "kind": "person", "name": "李小红"},
            ],
        }
        return {k: v for k, v in (body | changes).items() if v is not None}

    return make
