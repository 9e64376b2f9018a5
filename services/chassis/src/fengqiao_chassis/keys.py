"""Keys of the deployment: encryption of personal data, blind indexes, and the gateway's signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import KeySet, OKPKey


class KeyProblem(Exception):
    """A key is missing or a ciphertext does not belong to it. Carries no personal data."""


@dataclass(frozen=True)
class Keyring:
    """AES-256-GCM keys by id (the newest first) and the key of the blind indexes.

    A ciphertext is `<key id>.<base64(nonce + ciphertext + tag)>`, bound to where it stands.
    """

    ciphers: dict[str, AESGCM]
    current: str
    index_key: bytes

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """Read `pii.json`; raises KeyProblem when it is missing."""
        if not path.exists():
            raise KeyProblem(f"no key file {path.name}; run `fengqiao migrate --init-keys`")
        raw = json.loads(path.read_text("utf-8"))
        ciphers = {k: AESGCM(base64.b64decode(v)) for k, v in raw["keys"].items()}
        return cls(ciphers, raw["current"], base64.b64decode(raw["index"]))

    def encrypt(self, text: bytes, bound: str) -> str:
        """Ciphertext of `text`, bound to the place `bound`."""
        nonce = os.urandom(12)
        sealed = self.ciphers[self.current].encrypt(nonce, text, bound.encode())
        return f"{self.current}.{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, sealed: str, bound: str) -> bytes:
        """The text; raises KeyProblem for a foreign key, a foreign place or a changed byte."""
        key_id, _, body = sealed.partition(".")
        cipher = self.ciphers.get(key_id)
        if cipher is None:
            raise KeyProblem("unknown key id")
        raw = base64.b64decode(body)
        try:
            return cipher.decrypt(raw[:12], raw[12:], bound.encode())
        except InvalidTag:
            raise KeyProblem("ciphertext does not fit its place") from None

    def seal(self, table: str, row_id: str, text: str) -> str:
        """A class 1 column's value, bound to its table and row."""
        return self.encrypt(text.encode(), f"{table}/{row_id}")

    def open(self, table: str, row_id: str, sealed: str) -> str:
        """The clear value of a class 1 column."""
        return self.decrypt(sealed, f"{table}/{row_id}").decode()

    def blind(self, kind: str, text: str) -> str:
        """The blind index of a value: equal values of a kind are equal, nothing else is told."""
        mac = hmac.new(self.index_key, f"{kind}\x1f{text}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac.digest()[:18]).decode()


def init_keys(folder: Path) -> bool:
    """Make the key files once: `pii.json` (services), `gateway.json` (gateway only), `jwks.json`
    (public). Returns False when they exist already; never overwrites.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "pii.json").exists():
        return False
    pii = {
        "current": "k1",
        "keys": {"k1": base64.b64encode(os.urandom(32)).decode()},
        "index": base64.b64encode(os.urandom(32)).decode(),
    }
    signer = OKPKey.generate_key("Ed25519", parameters={"kid": "g1", "use": "sig"})
    _write(folder / "gateway.json", signer.as_dict(private=True))
    _write(folder / "jwks.json", {"keys": [signer.as_dict(private=False)]})
    _write(folder / "pii.json", pii)
    return True


def _write(path: Path, content: object) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as f:
        json.dump(content, f)


def load_signer(folder: Path) -> OKPKey:
    """The gateway's private signing key."""
    path = folder / "gateway.json"
    if not path.exists():
        raise KeyProblem("no key file gateway.json; run `fengqiao migrate --init-keys`")
    return OKPKey.import_key(json.loads(path.read_text("utf-8")))


def load_verifiers(folder: Path) -> KeySet:
    """The public keys by which services verify the gateway."""
    path = folder / "jwks.json"
    if not path.exists():
        raise KeyProblem("no key file jwks.json; run `fengqiao migrate --init-keys`")
    return KeySet.import_key_set(json.loads(path.read_text("utf-8")))
