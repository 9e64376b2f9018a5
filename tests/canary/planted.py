"""Facts stated by hand: such as a handler rejects, records nobody can read, and planted leaks."""

import asyncio
import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from canary.persons import Flock, Marked
from canary.places import Column, connected, service_of
from canary.town import Town
from flow.desk import Stack
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    MetaData,
    String,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from fengqiao_chassis.bus import codec, wire
from fengqiao_chassis.keys import Keyring
from fengqiao_chassis.store import tables
from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.facts import CASES, CaseSupplemented, SupplementPii
from fengqiao_contracts.ids import new_id
from fengqiao_contracts.values import PartyIdentity, PartyRef

AREA = "/510100/510105/"


def supplement(town: Town, person: Marked, words: str, position: int) -> Envelope:
    """A readable fact with a sealed personal part, of a case that no service knows."""
    case_id, party = new_id(), new_id()
    who = PartyIdentity(
        party_id=party,
        name=person.name,
        id_number=person.id_number,
        phone=person.phone,
        address=person.address,
    )
    fact = CaseSupplemented(
        case_id=case_id,
        supplement_id=new_id(),
        number=1,
        kind="facts",
        received_at=datetime.now(UTC),
        parties=(PartyRef(party_id=party, role="third", kind="person"),),
        pii=SupplementPii(text=words, parties=(who,)),
    )
    fact_id = new_id()
    keys = Keyring.load(Path(town.stack.environment["FENGQIAO_DATA_DIR"]) / "keys/pii.json")
    data, sealed = codec.encode(fact, fact_id, keys)
    return envelope(case_id, fact_id, data, position, pii=sealed, type_=fact.TYPE)


def envelope(
    subject: str,
    fact_id: str,
    data: bytes,
    position: int,
    *,
    pii: str | None = None,
    type_: str = "personal_data.erased.v1",
) -> Envelope:
    return Envelope(
        id=fact_id,
        source=f"/byhand-{position}",
        type=type_,
        time=datetime.now(UTC),
        subject=subject,
        topic=CASES,
        partition=codec.partition_of(subject),
        sequence=1,
        order=1,
        position=1,
        log_number=1,
        correlation_id=fact_id,
        causation_id=None,
        traceparent=None,
        actor="byhand",
        area=AREA,
        data=data,
        pii=pii,
    )


async def state(town: Town, envelopes: Iterable[Envelope], *, keep: bool = True) -> None:
    """Put facts on the bus; with `keep` into the outbox too, which in one process is the bus."""
    facts = list(envelopes)
    if keep:
        async with connected(town.stack) as connection:
            await connection.execute(insert(tables.outbox), [_row(fact) for fact in facts])
            await connection.commit()
    if town.stack.mode == "servers":
        for fact in facts:
            key, value, headers = wire.to_kafka(fact)
            await send(town, key, value, headers, fact.partition)


async def send(
    town: Town,
    key: bytes,
    value: bytes,
    headers: Iterable[wire.Header] = (),
    partition: int = 0,
) -> None:
    """One record of the topic of cases, by a producer that is not ours."""
    bootstrap = town.stack.environment["FENGQIAO_KAFKA_BOOTSTRAP"]
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(CASES, value, key, partition=partition, headers=list(headers))


def _row(fact: Envelope) -> dict[str, object]:
    row = {name: getattr(fact, name) for name in Envelope.__slots__ if name != "log_number"}
    row["fact_id"], row["fact_order"] = row.pop("id"), row.pop("order")
    return row


async def park(town: Town, flock: Flock) -> None:
    """Park facts of each kind: rejected, with a foreign personal part, no JSON, no fact at all."""
    rejected = supplement(town, flock.person("parked"), flock.words("parked.rejected"), 1)
    foreign = supplement(town, flock.person("parked.sealed"), flock.words("parked.sealed"), 2)
    await state(town, [rejected, replace(foreign, id=new_id())])
    if town.stack.mode == "servers":
        loose = flock.person("foreign")
        told = flock.words("foreign.told")
        record = json.dumps({"name": loose.name, "phone": loose.phone, "text": told})
        for number, data in ((3, record[:-1]), (4, f"{told} {loose.name} {loose.id_number}")):
            fact = envelope(new_id(), new_id(), data.encode(), number)
            await state(town, [fact], keep=False)
        await send(town, loose.name.encode(), record.encode(), [(loose.phone, told.encode())])
    await town.settle()


NO_TEXT = {"gateway_places"}
"""Tables without a text column long enough for a canary."""


async def in_tables(connection: AsyncConnection, value: str) -> set[Column]:
    """Put a value into every text column of one row of every table; which columns these are."""
    metadata = MetaData()
    await connection.run_sync(metadata.reflect)
    filled = set()
    for name, table in metadata.tables.items():
        wide = [column for column in table.columns if _holds(column.type, value)]
        if not wide or name.startswith("intake_search"):
            continue
        if not (await connection.execute(select(func.count()).select_from(table))).scalar():
            needed = [column for column in table.columns if not column.nullable]
            row = {column.name: _any_value(column.type) for column in needed}
            await connection.execute(insert(table).values(row))
        place: ColumnElement[str] = literal_column(
            "ctid" if connection.dialect.name == "postgresql" else "rowid"
        )
        first = select(place).select_from(table).limit(1).scalar_subquery()
        row = {c.name: value.encode() if isinstance(c.type, LargeBinary) else value for c in wide}
        await connection.execute(update(table).where(place == first).values(row))
        filled |= {(service_of(name), name, column.name) for column in wide}
    return filled


@contextlib.contextmanager
def in_a_status(stack: Stack, case_id: str, value: str) -> Iterator[None]:
    """Let the register show a value as the status of a case, for the time of the block."""
    before = asyncio.run(_swap_status(stack, case_id, value))
    try:
        yield
    finally:
        asyncio.run(_swap_status(stack, case_id, before))


async def _swap_status(stack: Stack, case_id: str, value: str) -> str:
    """Set the status and return what it was."""
    async with connected(stack) as connection:
        one = {"id": case_id, "status": value}
        asked = text("SELECT status FROM intake_cases WHERE id = :id")
        before = (await connection.execute(asked, one)).one()
        await connection.execute(
            text("UPDATE intake_cases SET status = :status WHERE id = :id"), one
        )
        await connection.commit()
        return str(before.status)


def _holds(kind: Any, value: str) -> bool:
    if isinstance(kind, LargeBinary):
        return True
    return isinstance(kind, String) and (kind.length is None or kind.length >= len(value))


def _any_value(kind: Any) -> object:
    if isinstance(kind, LargeBinary):
        return b"x"
    return "x" if isinstance(kind, String) else _VALUES.get(kind.python_type, 1)


_VALUES: dict[type, object] = {
    bool: False,
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    date: date(2026, 1, 1),
}
