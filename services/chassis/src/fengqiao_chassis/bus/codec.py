"""From a stated fact to an envelope's bytes and back; the personal part is one ciphertext."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from fengqiao_contracts.envelope import MAX_FACT_BYTES, PARTITIONS, Envelope
from fengqiao_contracts.errors import TooLarge
from fengqiao_contracts.facts import Fact, decode

from ..keys import Keyring
from .received import Received


def partition_of(subject: str) -> int:
    """The partition of a key, for ever the same on both buses."""
    return zlib.crc32(subject.encode()) % PARTITIONS


def encode(fact: Fact, fact_id: str, keys: Keyring) -> tuple[bytes, str | None]:
    """The fact's data without personal data, and its encrypted personal part.

    Raises TooLarge for more than 256 kB: refused before the append.
    """
    data = fact.model_dump_json(exclude={"pii"}, exclude_none=True).encode()
    personal = getattr(fact, "pii", None)
    sealed = (
        None
        if personal is None
        else keys.encrypt(personal.model_dump_json(exclude_none=True).encode(), f"fact/{fact_id}")
    )
    if len(data) + len(sealed or "") > MAX_FACT_BYTES:
        raise TooLarge(
            "fact-too-large",
            "内容超过 256 kB，请拆分后提交。",
            "The content exceeds 256 kB; split it.",
        )
    return data, sealed


def receive(envelope: Envelope, keys: Keyring, *, pii: bool) -> Received[Any]:
    """Decode an envelope. Raises UnknownFact, ValidationError, KeyProblem or a JSON error."""
    data: dict[str, Any] = orjson.loads(envelope.data)
    if pii and envelope.pii is not None:
        data["pii"] = orjson.loads(keys.decrypt(envelope.pii, f"fact/{envelope.id}"))
    return Received(decode(envelope.type, data), envelope)
