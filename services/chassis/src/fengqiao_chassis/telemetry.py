"""Metrics, logs and trace context: every metric's name and unit is listed here and nowhere else."""

from __future__ import annotations

import logging
import os
import re
import sys

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

FACTS_STATED = Counter(
    "fengqiao_facts_stated_total", "Facts stated", ["service", "type"], registry=REGISTRY
)
FACTS_APPLIED = Counter(
    "fengqiao_facts_applied_total",
    "Facts applied or skipped",
    ["service", "group"],
    registry=REGISTRY,
)
HTTP_REQUESTS = Counter(
    "fengqiao_http_requests_total",
    "Requests answered",
    ["service", "method", "route", "status"],
    registry=REGISTRY,
)
HTTP_SECONDS = Histogram(
    "fengqiao_http_request_seconds",
    "Time to answer, seconds",
    ["service", "method", "route"],
    registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
OUTBOX_AGE = Gauge(
    "fengqiao_outbox_age_seconds", "Age of the oldest unsent fact", ["service"], registry=REGISTRY
)
OUTBOX_ROWS = Gauge(
    "fengqiao_outbox_rows", "Facts not yet acknowledged by the bus", ["service"], registry=REGISTRY
)
BUS_LAG = Gauge(
    "fengqiao_bus_lag", "Facts a group has not passed yet", ["service", "group"], registry=REGISTRY
)
PARKED = Gauge("fengqiao_parked", "Parked facts", ["service", "group"], registry=REGISTRY)
COMMAND_QUEUE = Gauge(
    "fengqiao_command_queue", "Commands waiting for the store", ["service"], registry=REGISTRY
)
WAITING = Gauge("fengqiao_waiting_cases", "Cases that wait", ["service"], registry=REGISTRY)
CASES = Gauge("fengqiao_cases", "Cases by status", ["service", "status"], registry=REGISTRY)

_TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


def traceparent(given: str | None) -> str:
    """The caller's W3C trace context continued by a new span, or a new trace."""
    if given and _TRACEPARENT.match(given):
        return f"{given[:36]}{os.urandom(8).hex()}{given[52:]}"
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


def configure_logging(level: str = "INFO") -> None:
    """JSON lines on standard error: a fixed message and attributes, ids instead of objects."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(message)s", force=True)
    for noisy in ("aiokafka", "kafka", "uvicorn.access", "httpx", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL if "kafka" in noisy else logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger(service: str) -> structlog.typing.FilteringBoundLogger:
    """The log of a service. Never log personal data: ids, codes and counts only."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger(service=service)
    return log
