"""The gateway's wheel carries the console, or is not built."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from servers import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """The gateway's sources without a built console."""
    copy = tmp_path / "gateway"
    left = shutil.ignore_patterns("console", "__pycache__")
    shutil.copytree(ROOT / "gateway", copy, ignore=left)
    return copy


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / ".venv/bin/python"), "-m", "hatchling", "build", "--target", "wheel"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_without_a_console_the_wheel_does_not_build_and_says_what_to_do(gateway: Path) -> None:
    done = build(gateway)
    assert done.returncode != 0
    assert "make console" in done.stderr
    assert not list(gateway.glob("dist/*.whl"))


def test_a_wheel_holds_every_file_of_the_console(gateway: Path) -> None:
    dist = gateway / "console" / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>枫桥</title>", "utf-8")
    (dist / "assets" / "app-1.js").write_text("1", "utf-8")
    assert build(gateway).returncode == 0
    (wheel,) = gateway.glob("dist/*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "fengqiao_gateway/console/index.html",
        "fengqiao_gateway/console/assets/app-1.js",
    } < names
    assert "fengqiao_gateway/app.py" in names
