"""The floor on texts that nobody here wrote, and the measuring itself."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fengqiao_triage import evaluate as ev
from fengqiao_triage.cli import app
from fengqiao_triage.rules import rules

pytestmark = pytest.mark.thorough


def record(**fields: object) -> dict[str, object]:
    return {"id": "1", "text": "邻居漏水", "type": "02", "suit": "M", "colour": "blue", **fields}


def reading(label: str, said: str, field: str = "colour") -> ev.Reading:
    return ev.Reading("1", "", {field: label}, {field: said})


@pytest.mark.shared
def test_the_public_test_set_is_read_at_least_as_well_as_promised(shared_data: Path) -> None:
    records = ev.load(shared_data / "data/annotated/test.jsonl.gz")
    readings = ev.read(rules(), records)
    red = ev.by_code(readings, "colour")["red"]

    assert len(readings) == 400
    assert ev.accuracy(readings, "type") >= 0.76
    assert red.recall >= 0.75
    assert red.precision >= 0.65
    assert ev.kappa(readings) >= 0.67
    assert ev.flags_micro(readings) >= 0.60
    assert ev.stated(readings, "people").f1 >= 0.48
    assert ev.stated(readings, "amount").f1 >= 0.69
    assert ev.accuracy(readings, "suit") >= 0.75


@pytest.mark.shared
def test_the_command_prints_the_tables(shared_data: Path) -> None:
    path = shared_data / "data/annotated/test.jsonl.gz"
    result = CliRunner().invoke(app, ["evaluate", str(path), "--errors", "2"])

    assert result.exit_code == 0
    for word in ("type", "macro-F1", "suitability", "red", "recall", "kappa", "confused"):
        assert word in result.output


def test_scores_are_counted_by_hand_computed_examples() -> None:
    pairs = [("red", "red"), ("red", "blue"), ("blue", "red"), ("blue", "blue"), ("blue", "blue")]
    readings = [reading(label, said) for label, said in pairs]

    red = ev.by_code(readings, "colour")["red"]
    assert (red.precision, red.recall, red.support) == (0.5, 0.5, 2)
    assert ev.accuracy(readings, "colour") == 0.6
    assert ev.macro_f1(readings, "colour") == pytest.approx((0.5 + 2 / 3) / 2)
    assert ev.kappa(readings) == pytest.approx(1 - (4 / 5) / (2 * 2 * 2 * 3 / 25))


def test_kappa_is_one_for_perfect_agreement() -> None:
    assert ev.kappa([reading("red", "red"), reading("none", "none")]) == 1


def test_a_text_without_date_was_written_in_the_last_year_it_names() -> None:
    assert ev.day_of("2016年买房，2018年交房").year == 2018
    assert ev.day_of("没有年份") == ev.SOME_DAY


@pytest.mark.parametrize(
    "data",
    [
        b"not json\n",
        json.dumps({"text": "a"}).encode(),
        b"",
        "文本".encode("gb18030"),
        gzip.compress(json.dumps(record()).encode(), mtime=0)[:-9],
        b"[1]\n",
    ],
    ids=["no-json", "no-label", "empty", "gb18030", "cut-gzip", "a-list"],
)
def test_a_file_of_another_kind_is_refused_with_the_remedy(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(data)

    with pytest.raises(ev.BadFile, match=r"bad\.jsonl"):
        ev.load(path)
    assert CliRunner().invoke(app, ["evaluate", str(path)]).exit_code == 2


def test_plain_and_gzipped_files_read_the_same(tmp_path: Path) -> None:
    line = json.dumps(record(), ensure_ascii=False).encode()
    (tmp_path / "a.jsonl").write_bytes(line)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(line))

    assert ev.load(tmp_path / "a.jsonl") == ev.load(tmp_path / "a.jsonl.gz") == [record()]


def test_explain_shows_words_score_and_questions() -> None:
    text = "我们12户业主投诉物业，协商未果，他扬言要砍死我"
    result = CliRunner().invoke(app, ["explain", text])

    assert result.exit_code == 0
    assert "red" in result.output
    assert "threat" in result.output
    assert "人民调解法第二十五条" in result.output
    assert CliRunner().invoke(app, ["explain", " "]).exit_code == 2


def test_replay_says_how_to_reach_the_platform() -> None:
    result = CliRunner().invoke(app, ["replay", "--case", "x", "--url", "http://127.0.0.1:9"])

    assert result.exit_code == 2
    assert "fengqiao up" in result.output


def test_help_teaches() -> None:
    for command in ("evaluate", "explain", "replay", "train", "measure"):
        assert "Example" in CliRunner().invoke(app, [command, "--help"]).output
