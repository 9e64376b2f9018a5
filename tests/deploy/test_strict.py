"""What a machine lacks is skipped with a line for a stranger, and a failure in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from servers import ROOT


@pytest.mark.shared
def test_the_shared_texts_are_there(shared_data: Path) -> None:
    assert (shared_data / "data/annotated/test.jsonl.gz").is_file()


def run_without_shared_data(**more: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"CI", "FENGQIAO_STRICT"}}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "shared_texts", __file__],
        cwd=ROOT,
        env=kept | {"FENGQIAO_SHARED": "/nowhere"} | more,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_stranger_without_the_shared_data_skips_and_is_told_what_to_set() -> None:
    done = run_without_shared_data()
    assert done.returncode == 0
    assert "1 skipped" in done.stdout
    assert "set FENGQIAO_SHARED" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["CI", "FENGQIAO_STRICT"])
def test_nothing_is_skipped_where_nothing_may_be(variable: str) -> None:
    done = run_without_shared_data(**{variable: "1"})
    assert done.returncode == 1
    assert "allow no skip" in done.stdout
