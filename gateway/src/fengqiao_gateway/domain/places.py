"""A reader's place in every partition, and its compact text: the id of the stream and the cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_contracts.errors import Invalid
from fengqiao_contracts.facts.base import TOPICS

SLOTS = len(TOPICS) * PARTITIONS
"""One slot per partition of every topic; new topics are added at the end."""

Place = tuple[int, ...]
"""How many facts of each slot a reader has passed."""

START: Place = (0,) * SLOTS

_MAX_TEXT = 700
_MAX_BITS = 63


def slot_of(topic: str, partition: int) -> int:
    """The slot of a partition. Raises ValueError for a topic that is not published."""
    return TOPICS.index(topic) * PARTITIONS + partition


def encode(place: Place) -> str:
    """The place as URL-safe text: one varint per slot, trailing zeros left out; "0" is the start."""
    numbers = list(place)
    while numbers and numbers[-1] == 0:
        numbers.pop()
    if not numbers:
        return "0"
    raw = b"".join(_varint(n) for n in numbers)
    return "1" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> Place:
    """The place a text names. Raises Invalid for anything that `encode` did not write."""
    if text == "0":
        return START
    if not text.startswith("1") or len(text) > _MAX_TEXT:
        raise _bad_cursor()
    body = text[1:]
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        numbers = list(_numbers(raw))
    except (binascii.Error, ValueError):
        raise _bad_cursor() from None
    if not 0 < len(numbers) <= SLOTS:
        raise _bad_cursor()
    return (*numbers, *(0,) * (SLOTS - len(numbers)))


def moved(place: Place, steps: Iterable[tuple[int, int]]) -> Place:
    """The place after passing (slot, place) steps; never backwards."""
    numbers = list(place)
    for slot, number in steps:
        numbers[slot] = max(numbers[slot], number)
    return tuple(numbers)


def older(place: Place, floor: Mapping[int, int]) -> bool:
    """Whether facts after `place` are no longer kept; `floor` = last dropped place per slot."""
    return any(place[slot] < number for slot, number in floor.items())


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _numbers(raw: bytes) -> Iterable[int]:
    value = shift = 0
    for byte in raw:
        value |= (byte & 0x7F) << shift
        shift += 7
        if value >> _MAX_BITS:
            raise ValueError("number too large")
        if byte < 0x80:
            yield value
            value = shift = 0
    if shift:
        raise ValueError("cut off")


def _bad_cursor() -> Invalid:
    return Invalid(
        "bad-cursor",
        "游标无效: 请原样使用上一次返回的 next 或事件的 id",
        "The cursor is not one of ours: send back `next` (or the event's id) unchanged",
        "after",
    )
