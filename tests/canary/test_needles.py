"""The scanner finds a marked value in whatever form software gives it, and nothing else."""

import base64
import hashlib
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from canary.needles import Scanner
from canary.persons import CLASS_1, SECRET, Canary, Flock

from fengqiao_host.people import People

FORMS: dict[str, Callable[[str], bytes]] = {
    "clear": lambda v: f"name={v};".encode(),
    "json": lambda v: json.dumps({"a": v}).encode(),
    "json in json": lambda v: json.dumps(json.dumps({"a": v})).encode(),
    "url": lambda v: f"/cases?q={quote(v)}&x=1".encode(),
    "form": lambda v: f"q={quote_plus(v)}".encode(),
    "html": lambda v: html.escape(v).encode("ascii", "xmlcharrefreplace"),
    "utf-16": lambda v: f"x{v}".encode("utf-16"),
    "gb18030": lambda v: v.encode("gb18030"),
    "hex": lambda v: f"a{v}".encode().hex().encode(),
    "HEX": lambda v: v.encode().hex().upper().encode(),
    "base64": lambda v: base64.b64encode(f'{{"name":"{v}"}}'.encode()),
    "base64, shifted": lambda v: base64.b64encode(f'{{"names":"{v}"}}'.encode()),
    "base64, shifted twice": lambda v: base64.urlsafe_b64encode(f'{{"names" :"{v}"}}'.encode()),
    "base64 of utf-16": lambda v: base64.b64encode(v.encode("utf-16-le")),
    "reversed": lambda v: v[::-1].encode(),
    "sha256": lambda v: hashlib.sha256(v.encode()).hexdigest().encode(),
    "sha256, cut": lambda v: hashlib.sha256(v.encode()).hexdigest()[:32].encode(),
    "md5 in bytes": lambda v: hashlib.md5(v.encode(), usedforsecurity=False).digest(),
    "sha1 in base64": lambda v: base64.b64encode(
        hashlib.sha1(v.encode(), usedforsecurity=False).digest()
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_value_is_found_in_this_form(form: str) -> None:
    flock = Flock()
    flock.person("somebody")
    flock.words("somebody")
    for canary in flock.canaries:
        haystack = b"before " + FORMS[form](canary.value) + b" after"
        assert {hit.canary for hit in Scanner(flock.canaries).hits(haystack)} == {canary}


def test_a_phone_is_found_however_people_group_it() -> None:
    flock = Flock()
    phone = flock.person("somebody").phone
    for mark in (" ", "-"):
        grouped = mark.join((phone[:3], phone[3:7], phone[7:]))
        assert Scanner(flock.of(*CLASS_1)).hits(f"tel {grouped}".encode())


def test_other_people_masks_keyed_hashes_and_hashes_of_long_secrets_are_no_hit() -> None:
    flock = Flock()
    mine = flock.person("somebody")
    token = flock.secret("somebody", "fqs_Zm9yZ2V0IG1lIG5vdCwgbXkgdG9rZW4")
    others = Flock(people=People(5))
    stranger = others.person("a stranger")
    keyed = hashlib.blake2b(mine.phone.encode(), key=b"a key").hexdigest()
    masked = f"{mine.name[0]}** {mine.phone[:3]}****{mine.phone[-4:]} {mine.id_number[:4]}****"
    kept = hashlib.sha256(token.encode()).hexdigest()
    haystack = (
        f"{stranger.name} {stranger.phone} {stranger.id_number} {masked} {keyed} {kept}".encode()
    )
    assert Scanner(flock.canaries).hits(haystack) == set()
    assert Scanner([Canary("somebody", SECRET, token)]).hits(token.encode())
