"""Rules of safety that one can see in the sources: transactions, SQL, secrets, addresses."""

import ast
import re
import tomllib

import pytest
from architecture.sources import (
    ROOT,
    all_sources,
    called,
    functions,
    outside_chassis,
    parse,
    where,
)

TRANSACTION = frozenset({"commit", "rollback", "begin", "begin_nested"})
SQL_TEXT = frozenset({"text", "exec_driver_sql", "literal_column", "DDL"})
SECRET = re.compile(r"(secret|password|token|api_?key|private_?key|master_?key)$", re.IGNORECASE)


def own_transactions(tree: ast.AST) -> list[ast.AST]:
    """Calls that open or end a transaction by hand."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in TRANSACTION
    ]


def built_sql(tree: ast.AST) -> list[ast.AST]:
    """SQL texts that are not one literal: f-strings with values, concatenation, `%`, `format`.

    A name is followed to where the file assigns it.
    """
    assigned = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and called(node) in SQL_TEXT
        and node.args
        and _is_built(node.args[0], assigned)
    ]


def _is_built(node: ast.AST, assigned: dict[str, ast.expr]) -> bool:
    if isinstance(node, ast.Name) and node.id in assigned:
        return _is_built(assigned[node.id], {})
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return not all(isinstance(side, ast.Constant) for side in (node.left, node.right))
    return called(node) in {"format", "join", "replace", "format_map"}


def default_secrets(tree: ast.AST) -> list[ast.AST]:
    """Names of secrets that a literal text is given to."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [ast.unparse(target).rpartition(".")[2] for target in targets]
            pairs = [(name, node.value) for name in names]
        elif isinstance(node, ast.Call):
            pairs = [(k.arg or "", k.value) for k in node.keywords]
        else:
            continue
        found += [node for name, value in pairs if SECRET.search(name) and _is_text(value)]
    for function in functions(tree):
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args][-len(arguments.defaults) :]
        found += [
            a
            for a, d in zip(named, arguments.defaults, strict=False)
            if SECRET.search(a.arg) and _is_text(d)
        ]
    return found


def _is_text(value: ast.AST | None) -> bool:
    """A literal text of some length; a fixed word of a protocol is shorter."""
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and len(value.value) > 0


def test_nobody_outside_the_chassis_opens_or_ends_a_transaction() -> None:
    found = [
        where(path, node) for path in outside_chassis() for node in own_transactions(parse(path))
    ]

    assert found == []


def test_no_sql_text_is_built_from_values() -> None:
    """Migrations write constant definitions for two dialects: no value from outside reaches them."""
    files = [path for path in all_sources() if "migrations" not in path.parts]
    found = [where(path, node) for path in files for node in built_sql(parse(path))]

    assert found == []


def test_no_source_has_a_default_secret() -> None:
    found = [where(path, node) for path in all_sources() for node in default_secrets(parse(path))]

    assert found == []


def test_the_lock_names_the_public_index_only() -> None:
    text = (ROOT / "uv.lock").read_text("utf-8")
    hosts = set(re.findall(r"https?://([^/\"]+)", text))

    assert hosts == {"pypi.org", "files.pythonhosted.org"}
    assert tomllib.loads(text)["version"] == 1


PLANTED = {
    "commit": (own_transactions, "async def f(s): await s.commit()"),
    "begin": (own_transactions, "def f(db):\n    with db.begin() as tx: pass"),
    "f-string": (built_sql, "text(f'select * from t where id = {i}')"),
    "concatenation": (built_sql, "sa.text('select * from t where id = ' + i)"),
    "percent": (built_sql, "text('select %s' % i)"),
    "format": (built_sql, "text('select {}'.format(i))"),
    "by a name": (built_sql, "q = f'select {i}'\ntext(q)"),
    "driver": (built_sql, "c.exec_driver_sql('select ' + i)"),
    "setting": (default_secrets, "class S:\n    jwt_secret: str = 'changeme'"),
    "argument": (default_secrets, "def f(a, password='admin'): pass"),
    "keyword": (default_secrets, "connect(password='admin')"),
}


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_violation_is_found(plant: str) -> None:
    find, text = PLANTED[plant]

    assert len(find(ast.parse(text))) == 1


def test_plain_statements_are_no_finding() -> None:
    text = (
        "text('select 1')\n"
        "text('select ' 'one')\n"
        "q = 'select :i'\n"
        "text(q)\n"
        "password: str | None = None\n"
        "token_type = 'bearer'\n"
        "connect(password=settings.password)\n"
    )

    tree = ast.parse(text)
    assert built_sql(tree) == []
    assert default_secrets(tree) == []
