"""Where the sources lie, for the checks of this folder: members, services, files, functions."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MEMBERS: list[str] = PYPROJECT["tool"]["uv"]["workspace"]["members"]
NO_SERVICE = {"services/contracts", "services/chassis", "services/host"}
SERVICES = [member for member in MEMBERS if member not in NO_SERVICE]

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def package(member: str) -> Path:
    """The import package of a member: `mediator-registry/src/fengqiao_mediator_registry`."""
    (found,) = (ROOT / member / "src").glob("fengqiao_*")
    return found


def python_files(*folders: Path) -> list[Path]:
    """Every Python file below the folders."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def all_sources() -> list[Path]:
    """Every Python file of every member."""
    return python_files(*(package(member) for member in MEMBERS))


def outside_chassis() -> list[Path]:
    """Every Python file of every member but the chassis."""
    return python_files(*(package(m) for m in MEMBERS if m != "services/chassis"))


def module_files(member: str, name: str) -> list[Path]:
    """The files of a service's module: `store.py`, or all of `store/`."""
    single = package(member) / f"{name}.py"
    return [single] if single.exists() else python_files(package(member) / name)


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a file; several checks walk each."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function of a tree, those inside others too."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def where(path: Path, node: ast.AST | None = None) -> str:
    """A place to click on: file and line."""
    line = getattr(node, "lineno", 1)
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{line}"


def called(node: ast.AST) -> str:
    """The last name of what a call calls: `select` of `sa.select(…)`; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
