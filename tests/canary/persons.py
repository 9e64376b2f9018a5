"""Synthetic people and words that exist nowhere else: whatever shows one of them has leaked it."""

from dataclasses import dataclass, field
from typing import Any

from fengqiao_host.people import People

CLASS_1 = ("id_number", "phone", "address")
"""Encrypted in every table. Health has no field of its own: words on health stand in free words
and are judged as these are."""

CLASS_2 = ("name", "words", "health")
"""Clear only in the columns of `allowed.ALLOWED`."""

SECRET, CODE = "secret", "code"
"""Passwords and keys, and the short codes of receipts: clear nowhere at all."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A marked value, whose it is, and what kind of personal data."""

    owner: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A person of whom everything is marked."""

    owner: str
    name: str
    id_number: str
    phone: str
    address: str
    health: str

    def party(self, role: str) -> dict[str, Any]:
        """The person as a party of a registration; the phone as people write it."""
        spaced = f"{self.phone[:3]} {self.phone[3:7]} {self.phone[7:]}"
        return {
            "role": role,
            "kind": "person",
            "name": self.name,
            "id_number": self.id_number,
            "phone": spaced,
            "address": self.address,
        }


@dataclass
class Flock:
    """All canaries; each call makes new ones."""

    canaries: list[Canary] = field(default_factory=list)
    people: People = field(default_factory=lambda: People(77, start=900))
    _made: int = 0

    def person(self, owner: str) -> Marked:
        """A new person."""
        one = self.people.take()
        token = self._token()
        marked = Marked(
            owner,
            one.name,
            one.id_number,
            one.phone,
            f"成都市锦江区{token}巷37号9单元1204室",
            f"确诊{self._token()}症",
        )
        for kind in (*CLASS_1, "name", "health"):
            value = getattr(marked, kind)
            self._add(owner, kind, f"{token}巷37号9单元" if kind == "address" else value)
        return marked

    def words(self, owner: str, text: str = "") -> str:
        """A marked phrase, and behind it `text`, ended by another marked phrase."""
        first, last = self._token(), self._token()
        self._add(owner, "words", first)
        if not text:
            return first
        self._add(owner, "words", last)
        return f"{first}。{text}{last}。"

    def secret(self, owner: str, value: str) -> str:
        """Mark a password, key or code that the platform made or was given."""
        return self._add(owner, SECRET, value)

    def of(self, *kinds: str, owners: str = "") -> list[Canary]:
        """The canaries of these kinds whose owner begins with `owners`."""
        return [c for c in self.canaries if c.kind in kinds and c.owner.startswith(owners)]

    def _add(self, owner: str, kind: str, value: str) -> str:
        self.canaries.append(Canary(owner, kind, value))
        return value

    def _token(self) -> str:
        """Five characters of the block of rare birds (U+9CE5 and up): no other text has them."""
        self._made += 1
        number, token = self._made * 7919, ""
        for _ in range(5):
            number, place = divmod(number * 31 + 17, 180)
            token += chr(0x9CF4 + place)
        return token
