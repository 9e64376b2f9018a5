# /// script
# requires-python = ">=3.12"
# dependencies = ["numpy", "onnx", "onnxruntime", "tokenizers", "typer", "fengqiao-triage[train]"]
# ///
"""Writes vectors-v1.npz: what a sentence encoder says of the loose texts, as numbers by key.

Needed only to make the file anew (about ten minutes on one core); training reads the committed one.
The encoder is bge-small-zh-v1.5 (BAAI, MIT licence) as ONNX, with its tokenizer.json.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import typer
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from fengqiao_triage.training.pool import key_of, loose

Array = np.ndarray[Any, Any]
TOKENS, BATCH, DIRECTIONS = 256, 16, 96
FIRST, LAST = 101, 102


def tokens(tokenizer: Tokenizer, text: str) -> list[int]:
    """At most 256 numbers: three quarters from the beginning of a long text, the rest from its end."""
    found = tokenizer.encode(text[:3000], add_special_tokens=False).ids
    room = TOKENS - 2
    if len(found) > room:
        found = found[: room * 3 // 4] + found[-(room - room * 3 // 4) :]
    return [FIRST, *found, LAST]


def encode(session: onnxruntime.InferenceSession, rows: Sequence[Sequence[int]]) -> Array:
    """Per text the vector of its first place beside the mean of all places, each of length one."""
    order = np.argsort([len(row) for row in rows])
    found = np.zeros((len(rows), 1024), np.float32)
    for start in range(0, len(rows), BATCH):
        at = order[start : start + BATCH]
        ids = np.zeros((len(at), max(len(rows[i]) for i in at)), np.int64)
        for place, i in enumerate(at):
            ids[place, : len(rows[i])] = rows[i]
        mask = (np.arange(ids.shape[1]) < [[len(rows[i])] for i in at]).astype(np.int64)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        state = session.run(None, feed)[0]
        mean = (state * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]
        found[at] = np.hstack([unit(state[:, 0]), unit(mean)])
    return found


def unit(rows: Array) -> Array:
    """The rows, each of length one."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def reduced(found: Array) -> tuple[Array, Array]:
    """The main directions of the vectors around their mean, in steps of 1/127 of the largest."""
    spread = unit(found - found.mean(axis=0))
    spread -= spread.mean(axis=0)
    _, _, directions = np.linalg.svd(spread, full_matrices=False)
    values = spread @ directions[:DIRECTIONS].T
    scale = (np.abs(values).max(axis=0) / 127).astype(np.float32)
    return np.rint(values / scale).astype(np.int8), scale


def write(texts: Sequence[str], found: Array, out: Path) -> None:
    """Writes keys in rising order, vectors, and what a step of each direction is worth."""
    values, scale = reduced(found)
    keys = np.array([key_of(text) for text in texts], dtype=np.uint64)
    order = np.argsort(keys)
    np.savez_compressed(out, keys=keys[order], vectors=values[order], scale=scale)


def main(data: Path, encoder: Path, tokenizer: Path, out: Path) -> None:
    """Encode the loose texts under DATA (each of them once) and write OUT."""
    texts = loose(data)
    words = Tokenizer.from_file(str(tokenizer))
    words.no_truncation()
    words.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "8bit.onnx"
        quantize_dynamic(
            encoder,
            small,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
        )
        session = onnxruntime.InferenceSession(small, options)
    write(texts, encode(session, [tokens(words, text) for text in texts]), out)


if __name__ == "__main__":
    typer.run(main)
