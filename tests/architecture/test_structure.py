"""The shape that a newcomer relies on: same names everywhere, small files, one line of purpose."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest
from architecture.sources import (
    MEMBERS,
    PYPROJECT,
    ROOT,
    SERVICES,
    Function,
    all_sources,
    functions,
    package,
    parse,
    python_files,
    where,
)

MODULES = ("domain", "store", "handlers", "subscriptions", "api", "settings", "app", "migrations")
FILE_LINES = 400
FUNCTION_LINES = 50
MARK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
SOURCES = [*all_sources(), *python_files(ROOT / "tests")]


def is_migration(path: Path) -> bool:
    """Alembic's own files: numbered, created once, a table list."""
    return "migrations" in path.parts


def long_functions(tree: ast.AST) -> list[ast.AST]:
    """Functions over the limit; those inside others (routes of a router) are counted by themselves."""
    return [node for node in functions(tree) if own_lines(node) > FUNCTION_LINES]


def own_lines(function: Function) -> int:
    """Lines from `def` to the last one, without those of the functions inside."""
    inside = [node for node in functions(function) if node is not function]
    covered = {line for node in inside for line in _lines(node)}
    return len(set(_lines(function)) - covered)


def _lines(function: Function) -> range:
    return range(function.lineno, (function.end_lineno or function.lineno) + 1)


def has_purpose(tree: ast.Module) -> bool:
    """Whether the module says in its first line what it owns; an empty module says nothing."""
    return not tree.body or bool((ast.get_docstring(tree) or "").strip())


def marks(text: str) -> list[int]:
    """The lines whose comment puts something off."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [t.start[0] for t in tokens if t.type == tokenize.COMMENT and MARK.search(t.string)]


def stubs(tree: ast.AST) -> list[ast.AST]:
    """Functions that only pretend: a body of `...`, `pass` or NotImplementedError.

    Protocols and abstract methods have such bodies rightly.
    """
    declared = {
        id(function)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and "Protocol" in {ast.unparse(b) for b in node.bases}
        for function in functions(node)
    }
    return [
        node
        for node in functions(tree)
        if id(node) not in declared
        and not any(
            "abstract" in ast.unparse(d) or "overload" in ast.unparse(d)
            for d in node.decorator_list
        )
        and _pretends(node.body)
    ]


def _pretends(body: list[ast.stmt]) -> bool:
    """Whether nothing but a docstring and a placeholder stands there."""
    rest = [
        s
        for s in body
        if not (
            isinstance(s, ast.Expr)
            and isinstance(s.value, ast.Constant)
            and isinstance(s.value.value, str)
        )
    ]
    if any(isinstance(s, ast.Raise) and "NotImplementedError" in ast.unparse(s) for s in rest):
        return True
    return bool(rest) and all(
        isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) and s.value.value is ...
        for s in rest
    )


@pytest.mark.parametrize("member", SERVICES)
def test_a_service_has_the_file_names_of_every_service(member: str) -> None:
    folder = package(member)
    missing = [
        name
        for name in MODULES
        if not ((folder / f"{name}.py").exists() or (folder / name).is_dir())
    ]

    assert missing == []


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_is_a_typed_distribution_with_a_readme(member: str) -> None:
    assert (package(member) / "py.typed").exists()
    assert (ROOT / member / "pyproject.toml").exists()
    assert len((ROOT / member / "README.md").read_text("utf-8").splitlines()) > 5


@pytest.mark.parametrize("member", SERVICES)
def test_a_service_offers_one_public_function_to_the_host(member: str) -> None:
    tree = parse(package(member) / "app.py")
    public = [
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and not node.name.startswith("_")
    ]

    assert public == ["build"]


def test_every_member_is_watched_by_the_import_contracts() -> None:
    watched = PYPROJECT["tool"]["importlinter"]
    contracts = {contract["id"]: contract for contract in watched["contracts"]}
    packages = {package(member).name for member in MEMBERS}
    services = {package(member).name for member in SERVICES}

    assert set(watched["root_packages"]) == packages
    assert set(contracts["independence"]["modules"]) == services
    assert set(contracts["inside"]["containers"]) == services
    assert set(contracts["domain"]["source_modules"]) == {f"{name}.domain" for name in services}
    assert set(contracts["drivers"]["source_modules"]) == packages - {"fengqiao_chassis"}
    layers = " | ".join(contracts["distributions"]["layers"]).split(" | ")
    assert set(layers) == packages


def test_every_member_is_watched_by_the_type_checkers() -> None:
    sources = {f"{member}/src" for member in MEMBERS}

    assert sources <= set(PYPROJECT["tool"]["mypy"]["files"])
    assert sources <= set(PYPROJECT["tool"]["basedpyright"]["include"])


def test_no_file_is_over_the_limit() -> None:
    sizes = {where(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}

    assert {name: size for name, size in sizes.items() if size > FILE_LINES} == {}


def test_no_function_is_over_the_limit() -> None:
    found = [
        where(path, node)
        for path in SOURCES
        if not is_migration(path)
        for node in long_functions(parse(path))
    ]

    assert found == []


def test_every_module_says_what_it_owns() -> None:
    found = [
        where(path)
        for path in all_sources()
        if not (is_migration(path) or has_purpose(parse(path)))
    ]

    assert found == []


def test_nothing_is_put_off_or_pretended() -> None:
    put_off = [f"{where(p)}{marks(t)}" for p in SOURCES if marks(t := p.read_text("utf-8"))]
    pretended = [where(path, node) for path in all_sources() for node in stubs(parse(path))]

    assert put_off == []
    assert pretended == []


def test_planted_violations_are_found() -> None:
    long = "def f():\n" + "    x = 1\n" * FUNCTION_LINES
    assert len(long_functions(ast.parse(long))) == 1
    assert long_functions(ast.parse(long.replace("    x = 1\n", "", 1))) == []
    assert not has_purpose(ast.parse("x = 1"))
    assert marks("x = 1  # TODO: later\n") == [1]
    assert marks("x = 'TODO'\n") == []
    assert len(stubs(ast.parse("def f():\n    'Later.'\n    ..."))) == 1
    assert len(stubs(ast.parse("def f():\n    raise NotImplementedError"))) == 1
    assert stubs(ast.parse("class P(Protocol):\n    def f(self) -> int: ...")) == []
