"""Renders `docs/events.md` and `docs/asyncapi.yaml`: contracts, and the services' subscriptions.

`python -m fengqiao_host.docs` writes them, `--check` fails with the difference where they are stale.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from pathlib import Path

from fengqiao_analytics.app import build as analytics
from fengqiao_chassis.service import Service
from fengqiao_contracts.docs import render_asyncapi, render_events
from fengqiao_contracts.facts import FACTS
from fengqiao_gateway.app import build as gateway
from fengqiao_intake.app import build as intake
from fengqiao_mediation.app import build as mediation
from fengqiao_mediator_registry.app import build as mediator_registry
from fengqiao_routing.app import build as routing
from fengqiao_triage.app import build as triage

BUILDERS = (intake, triage, routing, mediator_registry, mediation, analytics, gateway)


def hearers(services: Iterable[Service]) -> dict[str, list[str]]:
    """The services that hear each fact, by its full type; one that projects every fact hears all."""
    heard: dict[str, list[str]] = {type_: [] for type_ in FACTS}
    for service in services:
        subscribed = service.subscriptions
        if subscribed is None:
            continue
        for type_ in FACTS if subscribed.every else subscribed.types:
            if service.name not in heard[type_]:  # once, however many handlers of it hear the fact
                heard[type_].append(service.name)
    return heard


def render() -> dict[str, str]:
    """The documents by their path in the repository."""
    by_type = hearers(build() for build in BUILDERS)
    return {
        "docs/events.md": render_events(by_type),
        "docs/asyncapi.yaml": render_asyncapi(by_type),
    }


def main(arguments: list[str]) -> int:
    """Write the documents into the checkout at hand; with `--check` only compare them."""
    stale = []
    for name, text in render().items():
        path = Path(name)
        old = path.read_text("utf-8") if path.exists() else ""
        if old == text:
            continue
        stale.append(name)
        if "--check" in arguments:
            found = difflib.unified_diff(old.splitlines(), text.splitlines(), name, "rendered", n=1)
            sys.stdout.write("\n".join([*found][:40]) + "\n")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    if "--check" in arguments and stale:
        sys.stdout.write("stale: run python -m fengqiao_host.docs and commit the result\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
