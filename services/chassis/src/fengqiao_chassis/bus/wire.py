"""A fact as a Kafka record: a CloudEvent 1.0 in binary content mode, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from fengqiao_contracts.envelope import Envelope

Header = tuple[str, bytes]

CONTENT_TYPE = ("content-type", b"application/json")
SPEC_VERSION = ("ce_specversion", b"1.0")
_TEXTS = {
    "ce_id": "id",
    "ce_source": "source",
    "ce_type": "type",
    "ce_subject": "subject",
    "ce_correlationid": "correlation_id",
    "ce_actor": "actor",
    "ce_area": "area",
}
_NUMBERS = {
    "ce_sequence": "sequence",
    "ce_order": "order",
    "ce_position": "position",
    "ce_lognumber": "log_number",
}
_OPTIONAL = {
    "ce_causationid": "causation_id",
    "ce_traceparent": "traceparent",
    "ce_pii": "pii",
}


class NotReadable(ValueError):
    """A record is no fact; the text is a code and the name of a header, never content."""


def to_kafka(envelope: Envelope) -> tuple[bytes, bytes, list[Header]]:
    """Key, value and headers of a fact.

    The key is the subject; the value the data without personal part, which travels encrypted in
    the header `ce_pii`.
    """
    moment = envelope.time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    headers = [SPEC_VERSION, CONTENT_TYPE, ("ce_time", moment.encode())]
    headers += [(name, getattr(envelope, of).encode()) for name, of in _TEXTS.items()]
    headers += [(name, b"%d" % getattr(envelope, of)) for name, of in _NUMBERS.items()]
    for name, of in _OPTIONAL.items():
        value: str | None = getattr(envelope, of)
        if value is not None:
            headers.append((name, value.encode()))
    return envelope.subject.encode(), envelope.data, headers


def from_kafka(
    topic: str,
    partition: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[Header],
) -> Envelope:
    """The fact of a record of `topic` (without prefix). Raises NotReadable."""
    given = dict(headers)
    if given.get("ce_specversion") != b"1.0":
        raise NotReadable("bad-header:ce_specversion")
    texts = {of: _text(given, name) for name, of in _TEXTS.items()}
    if key != texts["subject"].encode():
        raise NotReadable("key-is-not-the-subject")
    numbers = {of: _number(given, name) for name, of in _NUMBERS.items()}
    optional = {of: _text(given, name) if name in given else None for name, of in _OPTIONAL.items()}
    return Envelope(
        id=texts["id"],
        source=texts["source"],
        type=texts["type"],
        time=_moment(given),
        subject=texts["subject"],
        topic=topic,
        partition=partition,
        sequence=numbers["sequence"],
        order=numbers["order"],
        position=numbers["position"],
        log_number=numbers["log_number"],
        correlation_id=texts["correlation_id"],
        causation_id=optional["causation_id"],
        traceparent=optional["traceparent"],
        actor=texts["actor"],
        area=texts["area"],
        data=value or b"",
        pii=optional["pii"],
    )


def _text(headers: Mapping[str, bytes], name: str) -> str:
    try:
        return headers[name].decode()
    except KeyError:
        raise NotReadable(f"no-header:{name}") from None
    except (UnicodeDecodeError, AttributeError):
        raise NotReadable(f"bad-header:{name}") from None


def _number(headers: Mapping[str, bytes], name: str) -> int:
    text = _text(headers, name)
    if not (text.isascii() and text.isdecimal()):
        raise NotReadable(f"bad-header:{name}")
    return int(text)


def _moment(headers: Mapping[str, bytes]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(headers, "ce_time"))
    except ValueError as error:
        raise (
            error if isinstance(error, NotReadable) else NotReadable("bad-header:ce_time")
        ) from None
    if moment.tzinfo is None:
        raise NotReadable("bad-header:ce_time")
    return moment.astimezone(UTC)
