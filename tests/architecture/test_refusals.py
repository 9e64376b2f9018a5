"""Every refusal of wrong input names a field, and says in both languages what to do about it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT_FIELD = {"bad-value"}
"""What a database found in the values of a whole request: no field is known."""
WORDED_ELSEWHERE = {"invalid-input", "invalid-policy"}
"""Their texts are put together from the errors of single fields."""
INSTRUCTS = re.compile("请|应|须|只|不能|不要|最多|不填|可用|见 GET|不在您")
INSTRUCTS_EN = re.compile(
    r"\b(must|give|see|correct|check|use|one of|needs?|needed|name|has|have|are|before|after|"
    r"remove|leave|choose|send|state|look|record|compare|cannot|add)\b",
    re.IGNORECASE,
)


def refusals() -> Iterator[tuple[str, ast.Call]]:
    """Every place in the sources that makes an Invalid with texts of its own."""
    for path in sorted(ROOT.glob("**/src/**/*.py")):
        if ".venv" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Invalid":
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def told(node: ast.expr) -> str | None:
    """The constant part of a text; None where it comes from elsewhere."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.BinOp):
        return f"{told(node.left) or ''}{told(node.right) or ''}"
    if isinstance(node, ast.JoinedStr):
        return "".join(told(part) or "…" for part in node.values)
    return None


def wrong_in(node: ast.Call) -> str | None:
    """What a refusal lacks."""
    code, zh, en = [told(arg) for arg in [*node.args, *[ast.Constant("")] * 3][:3]]
    given = {keyword.arg for keyword in node.keywords}
    if len(node.args) < 4 and not given & {"field", None} and code not in WITHOUT_FIELD:
        return "names no field"
    if code in WORDED_ELSEWHERE:
        return None
    if zh and not INSTRUCTS.search(zh):
        return f"says no remedy: {zh}"
    if en and not INSTRUCTS_EN.search(en):
        return f"says no remedy: {en}"
    return None


def test_wrong_input_is_told_its_field_and_a_remedy() -> None:
    found = list(refusals())
    wrong = [f"{place} {why}" for place, node in found if (why := wrong_in(node))]

    assert len(found) > 50
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("planted", "why"),
    [
        ('Invalid("x", "请改正 day", "correct it")', "names no field"),
        ('Invalid("x", "坏了", "correct day", field="day")', "says no remedy: 坏了"),
        ('Invalid("x", "请改正 day", "bad day", field="day")', "says no remedy: bad day"),
        ('Invalid("x", "请改正 day", "correct day", field="day")', None),
    ],
)
def test_what_is_planted_is_found(planted: str, why: str | None) -> None:
    call = ast.parse(planted, mode="eval").body
    assert isinstance(call, ast.Call)
    assert wrong_in(call) == why
