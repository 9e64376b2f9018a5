"""`fengqiao triage speed`: which texts are measured, and that it tells every way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fengqiao_triage.cli import app
from fengqiao_triage.speed import sample

SAID = "楼上漏水，找他协商赔偿，他不承认，还骂人。" * 20
LABELS = {"type": "02", "suit": "M", "colour": "blue"}


def _file(folder: Path, *texts: str) -> str:
    path = folder / "texts.jsonl"
    path.write_text("\n".join(json.dumps({"text": t, **LABELS}) for t in texts), "utf-8")
    return str(path)


def test_the_shortest_texts_are_left_out_until_the_mean_is_reached() -> None:
    assert sample(["甲" * 900, "乙" * 100, "丙" * 10, "丁" * 350], 9) == [
        "甲" * 900,
        "乙" * 100,
        "丁" * 350,
    ]
    assert sample(["甲" * 900, "丁" * 350], 1) == ["甲" * 900]
    assert sample(["甲" * 399], 9) == []


def test_it_tells_texts_a_second_one_by_one_and_in_batches(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["speed", _file(tmp_path, SAID, "短", SAID), "--runs", "1"])

    assert done.exit_code == 0, done.output
    assert "2 texts, mean 420 characters" in done.output
    assert {"one by one", "in batches of 500"} <= {
        line.strip("│ ").split("│")[0].strip() for line in done.output.splitlines()
    }


@pytest.mark.parametrize(
    ("lines", "told"), [(("短",), "no texts of 400 characters"), ((), "no records")]
)
def test_a_file_that_it_cannot_measure_is_refused(
    tmp_path: Path, lines: tuple[str, ...], told: str
) -> None:
    done = CliRunner().invoke(app, ["speed", _file(tmp_path, *lines)])

    assert done.exit_code == 2
    assert told in done.output
