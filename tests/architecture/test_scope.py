"""Every read of a store starts from what its caller may see."""

import ast

import pytest
from architecture.sources import SERVICES, Function, called, module_files, parse, where

OPERATOR = frozenset({"count_waiting", "gauges"})
"""Counts of the whole service for its operator (settled, metrics): they name no case."""


def unscoped(tree: ast.Module) -> list[Function]:
    """The public functions that build a select and do not use a parameter `scope`.

    A condition (ColumnElement) reads nothing by itself: it stands inside a read that is scoped.
    """
    public = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and not node.name.startswith("_")
        and node.name not in OPERATOR
    ]
    return [
        node
        for node in public
        if _reads(node, tree) and not _scoped(node) and "ColumnElement" not in _returns(node)
    ]


def _returns(function: Function) -> str:
    return ast.unparse(function.returns) if function.returns else ""


def _reads(function: Function, tree: ast.Module, seen: frozenset[str] = frozenset()) -> bool:
    """Whether it builds a select, itself or by a private function that answers something."""
    private = {
        node.name: node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("_")
        and _returns(node) != "None"
    }
    names = {called(node) for node in ast.walk(function)}
    if "select" in names:
        return True
    return any(_reads(private[n], tree, seen | {n}) for n in names & private.keys() - seen)


def _scoped(function: Function) -> bool:
    """Whether it has a parameter `scope` and reads it."""
    arguments = function.args
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    used = any(
        isinstance(node, ast.Name) and node.id == "scope" and isinstance(node.ctx, ast.Load)
        for node in ast.walk(ast.Module(body=function.body, type_ignores=[]))
    )
    return "scope" in names and used


@pytest.mark.parametrize("member", SERVICES)
def test_every_read_of_a_store_uses_its_scope(member: str) -> None:
    files = module_files(member, "store")
    found = [
        where(path, node) + f" {node.name}" for path in files for node in unscoped(parse(path))
    ]

    assert files, f"{member} has no store"
    assert found == []


PLANTED = {
    "no parameter": "async def cases(tx): return await tx.all(select(t))",
    "not used": "async def cases(tx, scope): return await tx.all(select(t))",
    "only assigned": "async def cases(tx, scope):\n    scope = 1\n    return sa.select(t)",
    "through a private function": "def _q(): return select(t)\nasync def cases(tx): return _q()",
    "in an inner function": "def cases(tx):\n    def q(): return select(t)\n    return q()",
}


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_read_without_scope_is_found(plant: str) -> None:
    assert [node.name for node in unscoped(ast.parse(PLANTED[plant]))] == ["cases"]


def test_a_scoped_read_a_condition_and_a_write_are_no_finding() -> None:
    text = (
        "async def cases(tx, scope): return await tx.all(select(t).where(visible(t.c, scope)))\n"
        "async def save(tx, row): return await tx.run(insert(t), row)\n"
        "def _helper(): return select(t)\n"
        "async def _lock(tx) -> None: await tx.all(select(t).with_for_update())\n"
        "async def take(tx): await _lock(tx)\n"
        "def matches(word) -> ColumnElement[bool]: return t.c.id.in_(select(u.c.id))\n"
    )

    assert unscoped(ast.parse(text)) == []
