"""The trained model: what its file holds, how it is read, what it never does."""

import gzip
import subprocess
import sys
import zipfile
from datetime import date
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skops import io as skops
from typer.testing import CliRunner

from fengqiao_triage import rules as shipped
from fengqiao_triage.cli import app
from fengqiao_triage.domain.analysis import Form
from fengqiao_triage.domain.grams import flat, number_of, traits, written
from fengqiao_triage.domain.runs import Page
from fengqiao_triage.domain.text import Text
from fengqiao_triage.domain.weights import BadModel, read_weights
from fengqiao_triage.rules import ANALYSER, analyser, rules

LEXICON_SAID = [(0.775, 0.995), (1.0, 0.909)]
"""As release 0.1 answered before there was a model."""
DAY = date(2026, 11, 2)
LEAK = "楼上卫生间漏水，把我家天花板泡坏了，找他协商赔偿，他不承认。"
WAGES = "公司拖欠我三个月工资，没有签劳动合同，辞退我也不给经济补偿。"


def file_of(name: str = shipped.READING) -> bytes:
    return (resources.files("fengqiao_triage") / "data" / f"{name}.skops").read_bytes()


def test_the_file_loads_without_any_trusted_type_and_holds_what_the_service_reads() -> None:
    data = file_of()
    assert skops.get_untrusted_types(data=data) == []
    content = skops.loads(data, trusted=[])
    weights = read_weights(data, shipped.READING)

    names = content["traits"].split("\n")
    assert sorted(weights.names) == sorted(names)
    assert content["weights"].shape == (len(names), weights.codes)
    rows = dict(zip(map(number_of, names), content["weights"].tolist(), strict=True))
    texts = [
        LEAK,
        WAGES,
        "",
        "漏",
        *["".join(names[i : i + 60]) for i in range(0, len(names), 997)],
    ]
    for text, found in zip(texts, weights.weigh(Page(texts), 19), strict=True):
        stored = [rows[trait] for trait in traits(flat(text)) if trait in rows]
        assert found.count == len(stored)
        assert found.sums == tuple(sum(column) / 100 for column in zip(*stored, strict=True)) or (
            not stored and not any(found.sums)
        )


def test_the_file_is_small_and_holds_no_pickle() -> None:
    data = file_of()
    with zipfile.ZipFile(BytesIO(data)) as file:
        assert all(name == "schema.json" or name.endswith(".npy") for name in file.namelist())
    assert len(data) < 6_000_000


def test_no_trait_is_a_number_of_somebody_or_longer_than_four_characters() -> None:
    for name in read_weights(file_of(), shipped.READING).names:
        assert len(name) <= 4
        assert not any(character in "123456789" for character in name)


@pytest.mark.parametrize(
    "data",
    [b"", b"not a zip", b"PK\x05\x06" + bytes(18)],
    ids=["empty", "text", "empty-zip"],
)
def test_a_file_that_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(BadModel, match="not a model of ours"):
        read_weights(data, "model-v1")


def test_a_model_of_another_version_or_shape_is_refused() -> None:
    with pytest.raises(BadModel, match="says it is"):
        read_weights(file_of(), "model-v0")
    content = {"version": "x", "traits": "甲\n乙", "weights": _array([[1, 2]])}
    with pytest.raises(BadModel, match="1 rows of weights for 2 traits"):
        read_weights(skops.dumps(content), "x")
    content["weights"] = _array([[1, 2], [3, 4]]).astype("<i8")
    with pytest.raises(BadModel, match="16-bit"):
        read_weights(skops.dumps(content), "x")


def _array(rows: list[list[int]]) -> np.ndarray[Any, Any]:
    return np.array(rows, dtype="<i2")


def test_traits_are_runs_of_characters_and_of_the_ends() -> None:
    found = {written(trait) for trait in traits(flat("漏水 了A1"))}

    assert {"漏", "漏水", "水了", "漏水了", "漏水了a", "了a0", "^漏水", "^漏水了", "$a0"} <= found
    assert all(number_of(written(trait)) == trait for trait in traits("邻居😀吵"))


def test_exchanging_a_barred_word_moves_nothing() -> None:
    said = [
        rules().analyser.analyse([Text(0, f"对方是{word}，{WAGES}", DAY)])[0]
        for word in ("藏族", "维吾尔族", "精神病患者")
    ]

    assert len({(part.words, part.type_sums, part.suit_sums) for part in said}) == 1


def test_a_case_of_two_parts_is_the_sum_of_them_without_their_words() -> None:
    reader = rules().analyser
    parts = reader.analyse([Text(0, LEAK, DAY), Text(1, "他还骂我全家，吵得很凶。", DAY)])
    whole = reader.combine(parts, Form())

    assert whole.type == "02"
    assert {part for part, _, _ in whole.places["type"]} <= {0, 1}
    assert 0 < whole.type_confidence <= 1


@pytest.mark.parametrize(("text", "word"), [(LEAK, "漏水"), (WAGES, "工资")])
def test_the_words_that_speak_most_for_the_type_are_shown(text: str, word: str) -> None:
    reader = rules().analyser
    found = reader.combine(reader.analyse([Text(0, text, DAY)]), Form())

    assert word in "、".join(text[start:end] for _, start, end in found.places["type"])


def test_the_reading_before_the_model_still_gives_its_own_answers() -> None:
    reader = analyser("lexicon-v1+cues-v1")
    said = [reader.combine(reader.analyse([Text(0, text, DAY)]), Form()) for text in (LEAK, WAGES)]

    assert [(a.type, a.suitability) for a in said] == [("02", "M"), ("10", "M")]
    assert [(a.type_confidence, a.suitability_confidence) for a in said] == LEXICON_SAID


def test_the_service_runs_without_any_library_of_training() -> None:
    code = (
        "import sys\n"
        "from datetime import date\n"
        "import fengqiao_host.cli\n"
        "from fengqiao_triage.rules import rules\n"
        "from fengqiao_triage.domain.text import Text\n"
        f"rules().analyser.analyse([Text(0, {WAGES!r}, date(2026, 11, 2))])\n"
        "print(sorted({'scipy', 'sklearn', 'skops', 'rjieba'} & sys.modules.keys()))\n"
    )

    assert _printed_by(code) == "[]"


def test_a_process_that_reads_no_text_loads_no_weights_and_no_numpy() -> None:
    code = (
        "import sys\n"
        "import fengqiao_host.cli\n"
        "from fengqiao_triage.app import build\n"
        "build()\n"
        "print('numpy' in sys.modules)\n"
    )

    assert _printed_by(code) == "False"


def _printed_by(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


@pytest.mark.shared
@pytest.mark.slow
def test_a_model_is_trained_by_one_command_and_never_overwritten(
    shared_data: Path, tmp_path: Path
) -> None:
    data = _small(shared_data / "data", tmp_path / "data")
    order = ["train", str(data), "--name", "model-t", "--out", str(tmp_path), "--no-registers"]
    done = CliRunner().invoke(app, order)

    assert done.exit_code == 0, done.output
    assert "type_accuracy" in done.output
    weights = read_weights((tmp_path / "model-t.skops").read_bytes(), "model-t")
    assert weights.codes == 26
    assert "tempera" in (tmp_path / "model-t.yaml").read_text("utf-8")
    again = CliRunner().invoke(app, order)
    assert again.exit_code == 2
    assert "never overwritten" in again.output.replace("\n", " ").replace("│", "")


def _small(source: Path, target: Path) -> Path:
    """A few hundred of our own narratives in the place of every set."""
    lines = gzip.decompress((source / "synthetic/narratives.jsonl.gz").read_bytes()).splitlines()
    for number, name in enumerate(("annotated/train", "annotated/train_more")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        body = b"\n".join(lines[number * 450 : number * 450 + 450])
        (target / f"{name}.jsonl.gz").write_bytes(gzip.compress(body))
    (target / "synthetic").mkdir()
    for name in ("narratives", "narratives_more"):
        body = b"\n".join(lines[::30])
        (target / f"synthetic/{name}.jsonl.gz").write_bytes(gzip.compress(body))
    return target


def test_a_release_without_its_weights_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("fengqiao_triage.rules._trained", lambda _: tmp_path / "gone.skops")
    with pytest.raises(FileNotFoundError, match=r"gone\.skops"):
        analyser.__wrapped__(ANALYSER)
