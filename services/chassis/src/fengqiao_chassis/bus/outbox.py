"""Facts out: the end of every transaction gives its facts their sequence, position and order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
from sqlalchemy import TextClause, bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Integer, String

from ..store import tables as t
from ..store.tx import Stated, Tx
from ..telemetry import FACTS_STATED
from . import codec

SEQUENCES = {
    "sqlite": text(
        "INSERT INTO bus_sequences (source, subject, value)"
        " SELECT :source, json_extract(value, '$[0]'), json_extract(value, '$[1]')"
        " FROM json_each(:rows) WHERE true"
        " ON CONFLICT (source, subject) DO UPDATE SET value = bus_sequences.value + excluded.value"
        " RETURNING subject, value"
    ),
    "postgresql": text(
        "INSERT INTO bus_sequences (source, subject, value)"
        " SELECT :source, r.s, r.n FROM unnest(:subjects, :counts) AS r(s, n)"
        " ON CONFLICT (source, subject) DO UPDATE SET value = bus_sequences.value + excluded.value"
        " RETURNING subject, value"
    ).bindparams(
        bindparam("subjects", type_=ARRAY(String)), bindparam("counts", type_=ARRAY(BigInteger))
    ),
}

SEEN = text(
    "SELECT topic, partition, max(order_seen) FROM bus_offsets WHERE grp = :grp"
    " GROUP BY topic, partition"
)

# A row's proposed last_order is seen + n, so excluded.last_order - excluded.position is `seen`.
POSITIONS: dict[str, TextClause] = {
    "sqlite": text(
        "INSERT INTO bus_positions (source, topic, partition, position, last_order)"
        " SELECT :source, json_extract(value, '$[0]'), json_extract(value, '$[1]'),"
        " json_extract(value, '$[2]'), json_extract(value, '$[3]')"
        " FROM json_each(:rows) WHERE true"
        " ON CONFLICT (source, topic, partition) DO UPDATE SET"
        " position = bus_positions.position + excluded.position,"
        " last_order = max(bus_positions.last_order, excluded.last_order - excluded.position)"
        " + excluded.position RETURNING topic, partition, position, last_order"
    ),
    "postgresql": text(
        "INSERT INTO bus_positions (source, topic, partition, position, last_order)"
        " SELECT :source, r.t, r.p, r.n, r.o"
        " FROM unnest(:topics, :partitions, :counts, :orders) AS r(t, p, n, o)"
        " ON CONFLICT (source, topic, partition) DO UPDATE SET"
        " position = bus_positions.position + excluded.position,"
        " last_order = greatest(bus_positions.last_order,"
        " excluded.last_order - excluded.position)"
        " + excluded.position RETURNING topic, partition, position, last_order"
    ).bindparams(
        bindparam("topics", type_=ARRAY(String)),
        bindparam("partitions", type_=ARRAY(Integer)),
        bindparam("counts", type_=ARRAY(BigInteger)),
        bindparam("orders", type_=ARRAY(BigInteger)),
    ),
}


def source_of(service: str, incarnation: int = 0) -> str:
    """A service's CloudEvents source; an incarnation is added after a restore."""
    return f"/{service}" if incarnation == 0 else f"/{service}/{incarnation}"


async def flush(tx: Tx, source: str) -> int:
    """Write the transaction's facts to the outbox, its very last statements. Returns their number.

    Locks the subjects' sequence rows in key order, then the (source, topic, partition) rows in
    ascending order; both are held to the commit, so positions become visible in order.
    """
    stated = tx.pending.facts
    if not stated:
        return 0
    encoded = [codec.encode(s.fact, s.id, tx.keys) for s in stated]
    sequences = await _take_sequences(tx, source, stated)
    places = await _take_positions(tx, source, stated)
    rows = [_row(tx, source, s, e, sequences, places) for s, e in zip(stated, encoded, strict=True)]
    rows.sort(key=lambda r: (r["topic"], r["partition"], r["position"]))
    await tx.run(insert(t.outbox), rows)
    for s in stated:
        FACTS_STATED.labels(service=tx.service, type=s.fact.TYPE).inc()
    return len(rows)


async def _take_sequences(tx: Tx, source: str, stated: list[Stated]) -> dict[str, int]:
    counts = Counter(s.fact.subject for s in stated)
    subjects = sorted(counts)
    if tx.dialect == "sqlite":
        params: dict[str, Any] = {"rows": orjson.dumps([[s, counts[s]] for s in subjects]).decode()}
    else:
        params = {"subjects": subjects, "counts": [counts[s] for s in subjects]}
    rows = await tx.all(SEQUENCES[tx.dialect], {"source": source, **params})
    return {row[0]: row[1] - counts[row[0]] for row in rows}


async def _take_positions(
    tx: Tx, source: str, stated: list[Stated]
) -> dict[tuple[str, int], list[int]]:
    counts = Counter((s.fact.TOPIC, codec.partition_of(s.fact.subject)) for s in stated)
    keys = sorted(counts)
    seen = {(r[0], r[1]): r[2] for r in await tx.all(SEEN, {"grp": tx.service})}
    orders = [seen.get(k, 0) + counts[k] for k in keys]
    if tx.dialect == "sqlite":
        rows = [[*k, counts[k], o] for k, o in zip(keys, orders, strict=True)]
        params: dict[str, Any] = {"rows": orjson.dumps(rows).decode()}
    else:
        params = {
            "topics": [k[0] for k in keys],
            "partitions": [k[1] for k in keys],
            "counts": [counts[k] for k in keys],
            "orders": orders,
        }
    taken = await tx.all(POSITIONS[tx.dialect], {"source": source, **params})
    return {(r[0], r[1]): [r[2] - counts[r[0], r[1]], r[3] - counts[r[0], r[1]]] for r in taken}


def _row(
    tx: Tx,
    source: str,
    stated: Stated,
    encoded: tuple[bytes, str | None],
    sequences: dict[str, int],
    places: dict[tuple[str, int], list[int]],
) -> dict[str, Any]:
    subject, topic = stated.fact.subject, stated.fact.TOPIC
    partition = codec.partition_of(subject)
    place = places[topic, partition]
    place[0] += 1
    place[1] += 1
    sequences[subject] += 1
    cause = stated.cause.envelope if stated.cause else None
    return {
        "source": source,
        "topic": topic,
        "partition": partition,
        "position": place[0],
        "fact_order": place[1],
        "sequence": sequences[subject],
        "subject": subject,
        "fact_id": stated.id,
        "type": stated.fact.TYPE,
        "time": tx.now,
        "correlation_id": cause.correlation_id if cause else tx.correlation or stated.id,
        "causation_id": cause.id if cause else None,
        "traceparent": cause.traceparent if cause else tx.traceparent,
        "actor": stated.actor,
        "area": stated.area,
        "data": encoded[0],
        "pii": encoded[1],
    }


_FORGET = text(
    "UPDATE bus_outbox SET pii = NULL"
    " WHERE subject = :subject AND (source = :source OR source LIKE :sources)"
)


async def forget(tx: Tx, subject: str) -> None:
    """Null the personal part of everything this service stated about a subject (erasure)."""
    source = source_of(tx.service)
    await tx.run(_FORGET, {"subject": subject, "source": source, "sources": source + "/%"})
