"""The import contracts break when they are violated: one planted import for each of them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from architecture.sources import MEMBERS, PYPROJECT, ROOT, package

PLANTED = {
    "independence": ("fengqiao_intake/handlers", "from fengqiao_triage import domain"),
    "distributions": ("fengqiao_chassis", "import fengqiao_routing"),
    "inside": ("fengqiao_routing/domain", "from fengqiao_routing import store"),
    "domain": ("fengqiao_mediation/domain", "import sqlalchemy"),
    "drivers": ("fengqiao_gateway/handlers", "import aiohttp"),
}
NAMES = {c["id"]: c["name"] for c in PYPROJECT["tool"]["importlinter"]["contracts"]}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all sources, side by side, with the project's own settings."""
    folder = tmp_path_factory.mktemp("checkout")
    for member in MEMBERS:
        shutil.copytree(
            package(member), folder / package(member).name, ignore=shutil.ignore_patterns("*cache*")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(checkout: Path) -> str:
    """What import-linter says of the copy."""
    program = "from importlinter.cli import lint_imports_command as c; c()"
    done = subprocess.run(
        [sys.executable, "-c", program, "pyproject.toml", "--no-cache"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_import_contracts_hold_and_each_breaks_on_a_planted_import(checkout: Path) -> None:
    clean = lint(checkout)
    for folder, line in PLANTED.values():
        assert (checkout / folder).is_dir(), f"{folder} is no package any more: plant elsewhere"
        (checkout / folder / "planted.py").write_text(f'"""Planted."""\n\n{line}\n', "utf-8")
    planted = lint(checkout)

    for contract in PLANTED:
        assert f"{NAMES[contract]} KEPT" in clean, clean
        assert f"{NAMES[contract]} BROKEN" in planted, planted
    assert set(PLANTED) == set(NAMES)
