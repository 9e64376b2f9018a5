"""What runs of characters mean: a line from traits to the vectors that a sentence encoder gives.

The encoder is far too slow for the service, but a text's vector is nearly a sum over its traits: what
each of them adds is learned once from loose texts, without any label, and lent to the margins, where
it melts into the weights. At run time nothing of it is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from .fit import Array
from .pool import key_of

_PENALTY = 0.7
_STEPS = 25
_TINY = 1e-12


def read_vectors(path: Path) -> Mapping[int, Array]:
    """The vectors by the key of their text. Raises OSError where the file is none of ours."""
    try:
        with np.load(path, allow_pickle=False) as file:
            keys, values = file["keys"], file["vectors"] * file["scale"]
    except (KeyError, ValueError) as bad:
        raise OSError(f"{path}: no vectors as triage/teacher/embed.py writes them") from bad
    return dict(zip(keys.tolist(), values.astype(np.float32), strict=True))


def placed(texts: Sequence[str], vectors: Mapping[int, Array]) -> tuple[list[str], Array]:
    """Those of the texts that have a vector, and the vectors. Raises OSError where none has."""
    known = [text for text in texts if key_of(text) in vectors]
    if not known:
        raise OSError("none of the loose texts under DATA has a vector in this file")
    return known, np.array([vectors[key_of(text)] for text in known])


def meanings(rows: sparse.csr_matrix, places: Array) -> Array:
    """What each trait adds to a text's vector: ridge regression by conjugate gradients."""
    turned: Any = rows.T.tocsr()
    rest = np.asarray(turned @ places, dtype=np.float32)
    found = np.zeros_like(rest)
    step, size = rest.copy(), np.sum(rest * rest, axis=0)
    for _ in range(_STEPS):
        image = np.asarray(turned @ (rows @ step)) + _PENALTY * step
        length = size / np.maximum(np.sum(step * image, axis=0), _TINY)
        found += length * step
        rest -= length * image
        now = np.sum(rest * rest, axis=0)
        step = rest + (now / np.maximum(size, _TINY)) * step
        size = now
    return found
