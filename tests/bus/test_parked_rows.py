"""What lies in the parked table of a fact that could not be applied."""

import json
from pathlib import Path

import pytest
from bus.kafka_facts import fact

from fengqiao_chassis.bus.inbox import dump, undump
from fengqiao_chassis.keys import Keyring, init_keys


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    init_keys(tmp_path)
    return Keyring.load(tmp_path / "pii.json")


@pytest.mark.parametrize("data", [b"{}", "没有引号 15400001234".encode(), b"\xff\x00\xfe"])
def test_a_parked_fact_comes_back_byte_for_byte_and_shows_nothing(
    keys: Keyring, data: bytes
) -> None:
    parked = fact(7, data=data, pii="k1.c2VhbGVk")
    kept = json.dumps(dump(parked, keys), ensure_ascii=False)
    assert undump(json.loads(kept), keys) == parked
    assert "15400001234" not in kept
