"""`fengqiao triage explain` and the offline part of `policy`: what the terminal shows, what it refuses."""

from pathlib import Path

import pytest
from triage.hearing import NOW
from typer.testing import CliRunner

from fengqiao_triage.cli import app
from fengqiao_triage.cli_explain import marked
from fengqiao_triage.rules import POLICY, rules, text_of
from fengqiao_triage.sheet import dry_run

TOLD = "楼上漏水两年了，找他三次都不管，昨天他说再来就拿刀，听说他想自杀"


def run(*words: str, given: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words), input=given, env={"COLUMNS": "160"})
    return result.exit_code, result.output


def test_the_score_sheet_shows_colour_factors_words_article_and_questions() -> None:
    code, said = run("explain", TOLD, "--people", "12", "--amount", "35000.50")

    assert code == 0
    for word in (
        TOLD, "红 red", "threat 扬言暴力威胁", "直接定红", "拿刀", "people_10", "20 / 30",
        "人民调解法第二十五条", "人数 people 12", "金额 amount 35000.50", "有没有人说过不想活",
        "安全问题 safety", POLICY,
    ):  # fmt: skip
        assert word in said, word


def test_later_words_count_and_standard_input_is_read() -> None:
    assert " blue " in run("explain", "-", given="楼上邻居漏水，希望赔偿。")[1]
    assert " red " in run("explain", "楼上邻居漏水", "--supplement", "他扬言要砍死我")[1]


def test_evidence_is_marked_where_it_stands_and_the_terminal_is_not_steered() -> None:
    words = "\x1b[2J他扬言要砍死我，楼上漏水"
    shown = marked(words, 0, dry_run(rules(), [words], NOW))

    assert "\x1b" not in shown.plain
    assert len(shown.plain) == len(words)
    hard = [shown.plain[s.start : s.end] for s in shown.spans if s.style == "bold red"]
    assert hard
    assert all("砍死" in words for words in hard)


@pytest.mark.parametrize(
    "words", [["explain", " "], ["explain", "x" * 20_001], ["explain", "x", "--amount", "many"],
              ["explain", "x", "--amount", "-1"], ["explain", "x", "--amount", "nan"],
              ["explain", "x", "--people", "-1"], ["explain", "x", "--policy", "none.yaml"],
              ["backtest"], ["policy", "validate", "none.yaml"]],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(words: list[str]) -> None:
    code, said = run(*words)

    assert code == 2
    assert "Traceback" not in said


def test_a_text_is_graded_by_a_policy_file_and_a_wrong_file_is_told_by_line(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(
        text_of(POLICY).replace(POLICY, "policy-x2", 1).replace("yellow: 30", "yellow: 1")
    )
    assert "policy-x2" in run("explain", TOLD, "--policy", str(file))[1]
    code, said = run("policy", "validate", str(file))
    assert (code, "policy-x2: 可以使用" in said) == (0, True)

    file.write_text(
        file.read_text("utf-8").replace("signs: [threat]", "signs: [thret]", 1), "utf-8"
    )
    for words in (["policy", "validate", str(file)], ["explain", TOLD, "--policy", str(file)]):
        code, said = run(*words)
        assert code == 1
        assert "hard.0.signs.0" in said
        assert "行 · line" in said


def test_a_file_of_another_encoding_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "gb.yaml"
    file.write_bytes(text_of(POLICY).encode("gb18030"))
    code, said = run("policy", "validate", str(file))

    assert code == 2
    assert "UTF-8" in said


def test_the_signs_of_the_policy_are_listed() -> None:
    code, said = run("policy", "signs")

    assert code == 0
    for sign in ("threat", "wages", "collective_petition"):
        assert sign in said


def test_a_platform_that_is_not_there_is_told_so() -> None:
    code, said = run("policy", "list", "--url", "http://127.0.0.1:9")

    assert code == 2
    assert "127.0.0.1:9" in said
