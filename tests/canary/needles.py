"""The scanner: finds marked values in any bytes, in clear and in the forms that software gives them."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from canary.persons import SECRET, Canary

HEAD = 6
"""By its first bytes a form is found among thousands in one walk over the haystack; the shortest form
is a name of three characters in UTF-16.
"""
SHORTEST_CODED = 8
"""Fewer characters of base64 or hex prove nothing: ciphertexts hold them by chance."""


_CODED = {"base64", "hex"}


@dataclass(frozen=True, slots=True)
class Hit:
    """A marked value was found, in which form."""

    canary: Canary
    form: str


class Scanner:
    """Knows the forms of many canaries; a haystack is any bytes."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        """An unkeyed hash of a value counts as the value, because phones and names can be tried
        out; but not of a SECRET, which is too long to be guessed.
        """
        self._forms: dict[bytes, dict[bytes, Hit]] = {}
        for canary in canaries:
            hashes = () if canary.kind == SECRET else unkeyed(canary.value)
            for name, form in (*forms(canary.value), *hashes):
                if len(form) >= (SHORTEST_CODED if name in _CODED else HEAD):
                    self._forms.setdefault(form[:HEAD], {}).setdefault(form, Hit(canary, name))

    def hits(self, haystack: bytes) -> set[Hit]:
        """What is found; the same value in two forms is two hits."""
        heads = self._forms.keys()
        found = {haystack[i : i + HEAD] for i in range(len(haystack) - HEAD + 1)} & heads
        return {
            hit for head in found for form, hit in self._forms[head].items() if form in haystack
        }


def forms(value: str) -> Iterator[tuple[str, bytes]]:
    """A value as text, escaped, encoded, turned round: each form with its name."""
    plain = value.encode()
    yield "clear", plain
    yield "reversed", value[::-1].encode()
    for charset in ("utf-16-le", "utf-16-be", "gb18030"):
        yield charset, value.encode(charset)
    escaped = json.dumps(value)[1:-1]
    yield "json", escaped.encode()
    yield "json", escaped.upper().replace("\\U", "\\u").encode()
    yield "json twice", json.dumps(escaped)[1:-1].encode()
    yield "url", quote(value).encode()
    yield "url", quote(value).lower().encode()
    yield "html", value.encode("ascii", "xmlcharrefreplace")
    yield "hex", plain.hex().encode()
    yield "hex", plain.hex().upper().encode()
    if value.isascii() and value[:-1].isdigit():
        for separator in (" ", "-"):
            yield "grouped", separator.join((value[:3], value[3:7], value[7:])).encode()
    for data in (plain, value.encode("utf-16-le")):
        yield from _base64(data)


def _base64(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The characters that stand for the value wherever it lies in what was encoded."""
    for shift in range(3):
        length = shift + len(data)
        coded = base64.b64encode(b"\0" * shift + data)
        first = -(-shift * 8 // 6)
        last = length * 8 // 6
        form = coded[first:last]
        yield "base64", form
        yield "base64", form.translate(bytes.maketrans(b"+/", b"-_"))


def unkeyed(value: str) -> Iterator[tuple[str, bytes]]:
    """The head of each usual hash of a value without a key, in hex and base64."""
    plain = value.encode()
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        digest = hashlib.new(name, plain).digest()
        yield name, digest[:12]
        yield name, digest.hex()[:24].encode()
        yield name, digest.hex()[:24].upper().encode()
        yield name, base64.b64encode(digest)[:16]
        yield name, base64.urlsafe_b64encode(digest)[:16]
