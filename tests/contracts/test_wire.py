"""A fact on Kafka is a CloudEvent in binary mode, as the CloudEvents SDK reads it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat

from fengqiao_chassis.bus.wire import from_kafka, to_kafka
from fengqiao_contracts import schemas
from fengqiao_contracts.docs import HEADERS
from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.facts import FACTS
from fengqiao_contracts.ids import new_id

WHOLE = Envelope(
    id=new_id(),
    source="/intake",
    type="case.registered.v1",
    time=datetime(2026, 3, 2, 1, 12, 3, 120000, tzinfo=UTC),
    subject="01890a5d-ac96-774b-bcce-b302099a8057",
    topic="fengqiao.cases",
    partition=7,
    sequence=3,
    order=41,
    position=12,
    log_number=2,
    correlation_id=new_id(),
    causation_id=new_id(),
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    actor="account:01890a5d",
    area="/510100/510104/510104018/",
    data=json.dumps(schemas.example("case.registered.v1")["data"], ensure_ascii=False).encode(),
    pii="k1.AAAA.BBBB",
)
BARE = replace(WHOLE, causation_id=None, traceparent=None, pii=None)


def message(envelope: Envelope) -> KafkaMessage:
    """The fact as the SDK's Kafka message; no header may come twice."""
    key, value, headers = to_kafka(envelope)
    assert len(dict(headers)) == len(headers)
    return KafkaMessage(headers=dict(headers), key=key, value=value)


@pytest.mark.parametrize("envelope", [WHOLE, BARE], ids=["whole", "bare"])
def test_the_sdk_reads_the_attributes_that_were_meant(envelope: Envelope) -> None:
    event = from_binary(message(envelope), JSONFormat())

    assert event.get_specversion() == "1.0"
    assert event.get_id() == envelope.id
    assert event.get_source() == envelope.source
    assert event.get_type() == envelope.type
    assert event.get_time() == envelope.time
    assert event.get_subject() == envelope.subject
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == schemas.example("case.registered.v1")["data"]
    extensions = {
        "sequence": envelope.sequence,
        "order": envelope.order,
        "position": envelope.position,
        "lognumber": envelope.log_number,
        "correlationid": envelope.correlation_id,
        "causationid": envelope.causation_id,
        "traceparent": envelope.traceparent,
        "actor": envelope.actor,
        "area": envelope.area,
    }
    for name, value in extensions.items():
        assert event.get_extension(name) == (None if value is None else str(value)), name


def test_the_key_is_the_subject() -> None:
    assert message(WHOLE).key == WHOLE.subject.encode()


@pytest.mark.parametrize("envelope", [WHOLE, BARE], ids=["whole", "bare"])
def test_what_was_sent_is_read_back_equal(envelope: Envelope) -> None:
    key, value, headers = to_kafka(envelope)

    assert from_kafka(envelope.topic, envelope.partition, key, value, headers) == envelope


def test_what_the_sdk_writes_again_is_read_back_equal() -> None:
    event = from_binary(message(WHOLE), JSONFormat())
    again = to_binary(event, JSONFormat(), key_mapper=lambda e: e.get_subject())
    assert isinstance(again.key, str)

    read = from_kafka(
        WHOLE.topic, WHOLE.partition, again.key.encode(), again.value, list(again.headers.items())
    )

    assert replace(read, data=b"") == replace(WHOLE, data=b"")
    assert json.loads(read.data) == json.loads(WHOLE.data)


def test_every_header_that_is_documented_is_sent() -> None:
    sent = message(WHOLE).headers

    assert {name for name, _ in HEADERS} <= sent.keys()


def test_the_personal_part_is_not_in_the_value() -> None:
    assert b"BBBB" not in message(WHOLE).value


@pytest.mark.parametrize("type_", sorted(FACTS))
def test_every_fact_travels(type_: str) -> None:
    data = schemas.example(type_)["data"]
    fact = FACTS[type_].model_validate(data)
    encoded = fact.model_dump_json(exclude={"pii"}).encode()
    envelope = replace(BARE, type=type_, topic=fact.TOPIC, subject=fact.subject, data=encoded)

    event = from_binary(message(envelope), JSONFormat())

    assert event.get_type() == type_
    assert FACTS[type_].model_validate(event.get_data()) == fact
