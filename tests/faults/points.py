"""Which service passes which crash point, in which mode; each such pass ends a process in a test."""

from fengqiao_host.services import NAMES

CONSUMES = tuple(NAMES)
STATES = ("intake", "triage", "routing", "mediator-registry", "mediation", "analytics")
PASSES: dict[str, dict[str, tuple[str, ...]]] = {
    "outbox.after_commit": {"servers": STATES},
    "relay.after_publish": {"servers": STATES},
    "consumer.after_prepare": {"servers": CONSUMES, "embedded": CONSUMES},
    "consumer.after_commit": {"servers": CONSUMES, "embedded": CONSUMES},
    "webhook.after_2xx": {"servers": ("gateway",), "embedded": ("gateway",)},
}
"""Point, mode, services."""

_NO_RELAY = "the embedded log is the outbox itself: what is committed is published"
_NOT_SENT = "only the gateway sends webhooks"
EXEMPT: dict[tuple[str, str, str], str] = {
    **{
        (point, "embedded", service): _NO_RELAY
        for point in ("outbox.after_commit", "relay.after_publish")
        for service in NAMES
    },
    **{
        (point, "servers", "gateway"): "the gateway states no fact"
        for point in ("outbox.after_commit", "relay.after_publish")
    },
    **{
        ("webhook.after_2xx", mode, service): _NOT_SENT
        for mode in ("servers", "embedded")
        for service in NAMES
        if service != "gateway"
    },
    **{
        ("document.after_write", mode, service): "no service writes documents yet"
        for mode in ("servers", "embedded")
        for service in NAMES
    },
    **{
        ("replay.before_commit", mode, service): "a command's point: tests/flow/test_replay.py"
        for mode in ("servers", "embedded")
        for service in NAMES
    },
}
"""(Point, mode, service) that is passed by nobody, and why."""


def pairs(mode: str) -> list[tuple[str, str]]:
    """Every (point, service) of a mode."""
    return [(point, service) for point, by in PASSES.items() for service in by.get(mode, ())]


def _falls(mode: str, size: int) -> list[tuple[str, tuple[str, ...]]]:
    """The tests of a mode: a point, and the services that fall at it in the same test."""
    return [
        (point, by[mode][n : n + size])
        for point, by in PASSES.items()
        if mode in by
        for n in range(0, len(by[mode]), size)
    ]


EMBEDDED, SERVERS = _falls("embedded", 1), _falls("servers", 2)
