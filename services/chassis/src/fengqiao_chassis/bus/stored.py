"""An outbox row as the envelope that it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fengqiao_contracts.envelope import Envelope

LOG_NUMBER = 1
"""The log number of the embedded mode, whose log is never made anew."""


def envelope_of(row: Row[Any], log_number: int = LOG_NUMBER) -> Envelope:
    """The envelope of an outbox row."""
    return Envelope(
        id=row.fact_id,
        source=row.source,
        type=row.type,
        time=row.time,
        subject=row.subject,
        topic=row.topic,
        partition=row.partition,
        sequence=row.sequence,
        order=row.fact_order,
        position=row.position,
        log_number=log_number,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        traceparent=row.traceparent,
        actor=row.actor,
        area=row.area,
        data=row.data,
        pii=row.pii,
    )
