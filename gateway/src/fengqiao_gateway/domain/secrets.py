"""The texts that prove who calls: session tokens, partner keys, webhook secrets; and their hashes.

All are at least 256 random bits, so one fast SHA-256 keeps them: nothing can be tried out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from fengqiao_contracts.errors import Invalid

SESSION_PREFIX = "fqs_"
PARTNER_PREFIX = "fqp_"
WEBHOOK_PREFIX = "whsec_"

_PARTNER = re.compile(r"fqp_([0-9a-z]{12})_([A-Za-z0-9_-]{43})\Z")
_SESSION = re.compile(r"fqs_[A-Za-z0-9_-]{43}\Z")
_KEY_ID_CHARACTERS = "0123456789abcdefghijkmnpqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """A presented partner key in its two parts."""

    key_id: str
    secret: str


def session_token(random: bytes) -> str:
    """The token of a session, from 32 random bytes."""
    return SESSION_PREFIX + _text(random)


def is_session_token(text: str) -> bool:
    """Whether a text has the shape of a session token."""
    return bool(_SESSION.match(text))


def partner_key(id_random: bytes, secret_random: bytes) -> tuple[str, PartnerKey]:
    """The whole key as the partner presents it, and its parts; from 12 and 32 random bytes."""
    key_id = "".join(_KEY_ID_CHARACTERS[b % len(_KEY_ID_CHARACTERS)] for b in id_random[:12])
    secret = _text(secret_random)
    return f"{PARTNER_PREFIX}{key_id}_{secret}", PartnerKey(key_id, secret)


def parse_partner_key(text: str) -> PartnerKey | None:
    """The parts of a presented key, or None where it has not the shape of one."""
    match = _PARTNER.match(text)
    return PartnerKey(match[1], match[2]) if match else None


def webhook_secret(random: bytes) -> str:
    """A Standard Webhooks secret from 32 random bytes."""
    return WEBHOOK_PREFIX + base64.b64encode(random).decode()


def check_webhook_secret(text: str) -> None:
    """Raises Invalid where a secret is not `whsec_` + base64 of 24 to 64 bytes."""
    body = text.removeprefix(WEBHOOK_PREFIX)
    try:
        size = len(base64.b64decode(body, validate=True))
    except ValueError:
        size = 0
    if not text.startswith(WEBHOOK_PREFIX) or not 24 <= size <= 64:
        raise Invalid(
            "bad-secret",
            "密钥应为 whsec_ 加 24–64 字节的 base64; 不填则由系统生成",
            "A secret is whsec_ + base64 of 24-64 bytes; leave it out to have one made",
            "secret",
        )


def digest(text: str) -> str:
    """What is stored of a token or secret."""
    return hashlib.sha256(text.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Constant-time equality."""
    return hmac.compare_digest(left.encode(), right.encode())


def _text(random: bytes) -> str:
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()
