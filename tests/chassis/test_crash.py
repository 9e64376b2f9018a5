"""Named crash points: who passes one, and at which pass the process ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PASSES = """
from fengqiao_chassis.crash import crash_point
for service in ("intake", "triage", "intake", "triage", "intake"):
    crash_point("consumer.after_commit", service)
    crash_point("consumer.after_prepare", service)
    print(service, flush=True)
"""


def passed(tmp_path: Path, crash_at: str, *, test_mode: str = "1") -> tuple[int, int, list[str]]:
    """The exit code, how many rounds were done before it, and what the log names."""
    log = tmp_path / "crash.log"
    done = subprocess.run(
        [sys.executable, "-c", PASSES],
        env=dict(os.environ)
        | {
            "FENGQIAO_TEST_MODE": test_mode,
            "FENGQIAO_CRASH_AT": crash_at,
            "FENGQIAO_CRASH_LOG": str(log),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    said = log.read_text("utf-8").splitlines() if log.exists() else []
    return done.returncode, len(done.stdout.split()), said


@pytest.mark.parametrize(
    ("crash_at", "rounds", "by"),
    [
        ("consumer.after_commit", 0, "intake"),
        ("consumer.after_commit:2", 1, "triage"),
        ("consumer.after_commit@triage:1", 1, "triage"),
        ("consumer.after_commit@triage:2", 3, "triage"),
        ("consumer.after_commit@intake:3", 4, "intake"),
    ],
)
def test_the_process_ends_at_the_nth_pass_and_says_whose_it_was(
    tmp_path: Path, crash_at: str, rounds: int, by: str
) -> None:
    assert passed(tmp_path, crash_at) == (137, rounds, [f"consumer.after_commit@{by}"])


@pytest.mark.parametrize("crash_at", ["", "consumer.after_commit@routing:1", "relay.after_publish"])
def test_a_point_that_nobody_asked_for_ends_nothing(tmp_path: Path, crash_at: str) -> None:
    assert passed(tmp_path, crash_at) == (0, 5, [])


def test_outside_the_test_mode_no_point_ends_anything(tmp_path: Path) -> None:
    assert passed(tmp_path, "consumer.after_commit:1", test_mode="0") == (0, 5, [])
