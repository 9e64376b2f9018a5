"""Training: loose texts never copy labelled ones, runs learn what they mean, the public questions run."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from typer.testing import CliRunner

from fengqiao_triage.cli import app
from fengqiao_triage.training.meaning import meanings, placed, read_vectors
from fengqiao_triage.training.pool import key_of, loose

WAGES = "公司拖欠我三个月工资一直不给，请问应该怎么办才能要回来？"
LEAK = "楼上卫生间漏水把我家天花板泡坏了，物业说管不了，怎么办？"


def written(folder: Path, name: str, texts: list[str]) -> None:
    path = folder / f"{name}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts)
    path.write_bytes(gzip.compress(lines.encode()))


def test_a_loose_text_that_copies_a_labelled_one_is_left_out(tmp_path: Path) -> None:
    written(tmp_path, "annotated/test", [WAGES])
    asked = [f"您好！{WAGES.replace('，', ' ')}", LEAK, f"{LEAK}谢谢", "太短"]
    written(tmp_path, "legal_questions/unlabelled", asked)

    assert loose(tmp_path) == [LEAK]


def test_what_a_trait_adds_to_a_vector_is_found_again() -> None:
    chance = np.random.default_rng(3)
    rows = sparse.csr_matrix((chance.random((600, 40)) < 0.3).astype(np.float32))
    truth = chance.normal(size=(40, 3)).astype(np.float32)

    assert np.abs(meanings(rows, rows @ truth) - truth).max() < 0.1


def test_vectors_are_found_by_the_text_and_a_strange_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    keys, scale = np.array([key_of(LEAK)], dtype=np.uint64), np.array([0.5, 2], np.float32)
    np.savez(path, keys=keys, vectors=np.array([[4, -1]], np.int8), scale=scale)

    known, places = placed([WAGES, LEAK], read_vectors(path))
    assert known == [LEAK]
    assert places.tolist() == [[2.0, -2.0]]
    with pytest.raises(OSError, match="none of the loose texts"):
        placed([WAGES], read_vectors(path))
    np.savez(path, other=keys)
    with pytest.raises(OSError, match="no vectors"):
        read_vectors(path)


@pytest.mark.shared
@pytest.mark.slow
def test_the_public_questions_are_measured_by_one_command(
    shared_data: Path, tmp_path: Path
) -> None:
    sizes = {
        "teddy2020c/messages_train": 700,
        "teddy2020c/messages_public_test": 100,
        "teddy2020c/messages_tokenised_extra": 200,
        "lawbench/2-4": 500,
        "cail2019_elements/divorce": 300,
        "cail2019_elements/labor": 300,
        "cail2019_elements/loan": 300,
    }
    for name, size in sizes.items():
        lines = gzip.decompress((shared_data / f"data/{name}.jsonl.gz").read_bytes()).splitlines()
        path = tmp_path / f"{name}.jsonl.gz"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(b"\n".join(lines[:: len(lines) // size])))
    done = CliRunner().invoke(app, ["measure", str(tmp_path)])

    assert done.exit_code == 0, done.output
    values = {
        cells[0].strip(): float(cells[1])
        for line in done.output.splitlines()
        if len(cells := line.strip("│ ").split("│")) == 2
    }
    assert values["20 consult topics, accuracy"] > 0.45
    assert values["seven classes, accuracy"] > 0.6
    assert 0 < values["elements, mean"] < 1
