"""How well cases are found to be one dispute, on the public groups; and the commands that tell it."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fengqiao_triage import evaluate_same as ev
from fengqiao_triage import wordlist
from fengqiao_triage.cli import app

AIM = 0.90
NARRATIVES = "data/synthetic/narratives.jsonl.gz"
STREAM = "data/teddy2020c/stream_before_2019_09.jsonl.gz"
INCIDENTS = "data/teddy2020c/incidents_before_2019_09.jsonl.gz"


def test_bcubed_counts_what_belongs_together() -> None:
    said = {"a": "1", "b": "1", "c": "2", "d": "2"}
    known = {"a": "x", "b": "x", "c": "x", "d": "y"}
    score = ev.bcubed(said, known)

    assert score.precision == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert score.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)


@pytest.mark.slow
def test_the_narratives_are_brought_together_as_the_issue_asks(shared_data: Path) -> None:
    records = ev.load(shared_data / NARRATIVES)
    found = ev.measure(wordlist.rarity(), records, ev.groups_of(records))

    assert (found.cases, found.labelled) == (900, 900)
    assert found.found.f >= AIM
    assert found.repeated is not None
    assert found.repeated.f >= AIM
    assert found.found.f > found.alone


@pytest.mark.slow
def test_the_incidents_of_the_stream_are_brought_together_as_the_issue_asks(
    shared_data: Path,
) -> None:
    known = ev.groups_of(ev.load(shared_data / INCIDENTS))
    found = ev.measure(wordlist.rarity(), ev.load(shared_data / STREAM), known)

    assert found.labelled == 108
    assert found.found.f >= AIM
    assert found.largest[0] < 60
    assert found.looked_at < 8


def test_the_command_prints_the_table(tmp_path: Path) -> None:
    told = "玉林那家燃炼健身关门了，门上贴个设备升级，我年卡才用两个月，要求退卡。"
    rows = [{"id": f"c{n}", "text": told, "dispute_id": "d"} for n in range(3)]
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    shown = CliRunner().invoke(app, ["evaluate-same", str(path)])

    assert shown.exit_code == 0, shown.output
    assert "3 cases, 3 of a known dispute" in shown.output
    assert "largest disputes found: 3 cases" in shown.output


@pytest.mark.parametrize("content", ["", "{", "[]", '{"text": "a"}', '{"id": "a", "text": "b"}'])
def test_a_file_of_another_kind_is_refused_with_the_remedy(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content)
    shown = CliRunner().invoke(app, ["evaluate-same", str(path)])

    assert shown.exit_code == 2
    assert "id" in shown.output


def test_a_table_is_learnt_anew(tmp_path: Path) -> None:
    path, out = tmp_path / "texts.jsonl", tmp_path / "t.txt.gz"
    path.write_text("\n".join(json.dumps({"text": f"小区物业{n}"}) for n in range(5)))
    shown = CliRunner().invoke(app, ["build-rarity", str(path), "--out", str(out)])

    assert shown.exit_code == 0, shown.output
    assert "5 documents" in shown.output.replace("\n", "")
    assert set(wordlist.parse(gzip.decompress(out.read_bytes()).decode()).pairs) == {
        *("小区", "区物", "物业")
    }
