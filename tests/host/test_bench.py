"""The bench: its report on a small run of the real program, and its shares of samples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from host.test_cli import fengqiao

from fengqiao_chassis.profile import LOOP
from fengqiao_host.bench.report import shares


def test_the_cpu_of_a_process_is_shared_out_by_its_samples(tmp_path: Path) -> None:
    one = [["triage: facts", "triage.read", "re", 3], [LOOP, "", "selectors", 1]]
    other = [["triage: facts", "triage.read", "read", 1]]
    for pid, samples in ((7, one), (8, other)):
        (tmp_path / f"{pid}.json").write_text(json.dumps(samples), "utf-8")
    stages, functions = shares(tmp_path, {"a": 7, "b": 8}, {"a": 400.0, "b": 50.0})
    assert stages == {"triage: facts": 350.0, LOOP: 100.0}
    assert functions == {"triage.read": 350.0, "selectors": 100.0}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_small_run_tells_rates_stages_and_aims(environment: dict[str, str]) -> None:
    small = ("--runs", "1", "--cases", "200", "--naive-cases", "5")
    done = fengqiao(environment, "bench", *small, seconds=280)
    assert done.returncode in (0, 1), done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("CPU by stage") for line in lines)
    for stage in ("intake: facts", "triage: facts", "routing: facts", "intake: requests"):
        assert any(line.strip().startswith(stage) for line in lines), done.stdout
    told = [line for line in lines if line[:4] in ("ok  ", "MISS")]
    assert len(told) == 4, done.stdout


def test_services_with_databases_of_their_own_are_not_measured_but_told(
    environment: dict[str, str],
) -> None:
    """Their addresses would go before that of the measure, which would write into the platform's."""
    own = "FENGQIAO_INTAKE_DATABASE_URL"
    servers = {
        "FENGQIAO_DATABASE_URL": "postgresql+asyncpg://fengqiao@127.0.0.1:1/city",
        "FENGQIAO_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        own: "postgresql+asyncpg://fengqiao@127.0.0.1:1/intake",
    }
    done = fengqiao(environment | servers, "bench", "--cases", "1")
    assert done.returncode == 1
    assert f"unset {own}" in done.stderr
    assert "Traceback" not in done.stderr
