"""Named crash points: in test mode `FENGQIAO_CRASH_AT` ends the process at the n-th pass of one.

`<point>:<n>` counts every pass; `<point>@<service>:<n>` only those of that service, for a process that
holds them all.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

POINTS = (
    "outbox.after_commit",
    "relay.after_publish",
    "consumer.after_prepare",
    "consumer.after_commit",
    "document.after_write",
    "webhook.after_2xx",
    "replay.before_commit",
)
"""Committed but not published; published but not marked; prepared but not committed; committed but
not fetched on; document written but not recorded; webhook answered 2xx but not marked;
projections exchanged but not committed."""

_passed: Counter[str] = Counter()


def crash_point(point: str, service: str) -> None:
    """Pass a named point as a service; ends the process with 137 where a test asked for it.

    `FENGQIAO_CRASH_LOG` names a file that gets `<point>@<service>` before the end, so a test can assert
    that the point was passed. Without `FENGQIAO_TEST_MODE=1` this does nothing.
    """
    if os.environ.get("FENGQIAO_TEST_MODE") != "1":
        return
    wanted, _, nth = os.environ.get("FENGQIAO_CRASH_AT", "").partition(":")
    if wanted not in (point, f"{point}@{service}"):
        return
    _passed[wanted] += 1
    if _passed[wanted] == int(nth or 1):
        if log := os.environ.get("FENGQIAO_CRASH_LOG"):
            with Path(log).open("a", encoding="utf-8") as f:
                f.write(f"{point}@{service}\n")
                f.flush()
                os.fsync(f.fileno())
        os._exit(137)
